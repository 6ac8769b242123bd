/** Sequences of the Redis lock whose value is a stamp, taken over with GETSET. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { HOLDER_DIES, ONE_MS } from './timelines.ts'

const SECONDS = { unitMs: 1_000 }

/** Half a second of work under a lease of 60 ms that should be 60 s. */
export const milliseconds = {
  clients: 2,
  workload: { workMs: 500, retryMs: 20 },
} satisfies SequencePlan

/** client-2 is a minute ahead. */
export const skewed = {
  clients: 2,
  parameters: SECONDS,
  workload: { startMs: [0, 100], workMs: 5_000 },
  clocks: { 'client-2': { offsetMs: 61_000 } },
} satisfies SequencePlan

/** client-1 is late by half a lease, and releases while client-2 holds. */
export const lateRelease = {
  clients: 3,
  parameters: { ...SECONDS, expire: 10 },
  workload: { startMs: [0, 100, 200], workMs: 15_000 },
} satisfies SequencePlan

/** What client-1 sends to free the lock is a tenth of a second late. */
export const heldUp = (operation: string) =>
  ({
    kind: 'message',
    action: 'delay',
    from: 'client-1',
    to: 'redis',
    operation,
    at: 0,
    byMs: 100,
  }) as const

/** The DEL of client-1 is held up just long enough for client-2 to take the lock over between GET and DEL. */
export const betweenGetAndDel = {
  clients: 2,
  network: ONE_MS,
  parameters: { ...SECONDS, expire: 1 },
  workload: { startMs: [0, 100], workMs: 980, retryMs: 5 },
  faults: [heldUp('del')],
} satisfies SequencePlan

/**
 * client-1 dies with the lock; two minutes later client-2 takes it over, and client-3, whose clock is 50 s behind,
 * loses the race and leaves its own stamp; client-4 finds that one expired while client-2 works.
 */
export const shortened = {
  clients: 4,
  network: ONE_MS,
  parameters: { ...SECONDS, expire: 60 },
  workload: { startMs: [0, 120_000, 120_000, 135_000], workMs: 30_000 },
  clocks: { 'client-3': { offsetMs: -50_000 } },
  faults: [HOLDER_DIES],
  horizonMs: 400_000,
} satisfies SequencePlan

/** client-1's DEL arrives between client-2's SETNX and its GET. */
const deletedBeforeGet = {
  clients: 2,
  network: ONE_MS,
  parameters: { ...SECONDS, expire: 60 },
  workload: { startMs: [0, 1_007], workMs: 1_000 },
  progressWithinMs: 10_000,
} satisfies SequencePlan

/** client-1's clock is an hour ahead, and it dies with the lock. */
const hourAhead = {
  clients: 2,
  workload: { startMs: [0, 100] },
  clocks: { 'client-1': { offsetMs: 3_600_000 } },
  faults: [HOLDER_DIES],
} satisfies SequencePlan

const jumping = {
  clients: 2,
  workload: { startMs: [0, 100], workMs: 5_000 },
  faults: [{ kind: 'clock', node: 'client-2', at: 1_000, jumpMs: 120_000 }],
} satisfies SequencePlan

/** zhisheng, 分布式锁看这篇就够了 (2018): RedisLockUtil.lock2 and unLock2; redis docs/commands/setnx.md. */
export const a10 = defineSequences('A10', 'Redis SETNX, GET and GETSET', [
  {
    row: 'A10.1',
    tells: 'a timeout in seconds is added to a clock in ms, and the lease ends after 60 ms',
    lock: 'redis-setnx-getset-published',
    plan: milliseconds,
    shows: { 'exclusion/belief': 'violated', 'lost-update': 'violated' },
    repaired: {
      how: 'the unit',
      plan: { ...milliseconds, parameters: SECONDS },
      shows: { 'exclusion/belief': 'held', 'lost-update': 'held' },
    },
  },
  {
    row: 'A10.2',
    tells: 'a client whose clock is a minute ahead finds a fresh stamp expired',
    lock: 'redis-setnx-getset-published',
    plan: skewed,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the server’s clock decides (SET with PX)',
      lock: 'redis-set-px',
      plan: { ...skewed, parameters: {} },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A10.3',
    tells: 'one client’s clock is set two minutes ahead, and it takes over a lock that is held',
    lock: 'redis-setnx-getset',
    plan: jumping,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the server’s clock decides (SET with PX)',
      lock: 'redis-set-px',
      plan: jumping,
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A10.4',
    tells:
      'a client whose clock is an hour ahead dies with the lock, and all others wait for an hour',
    lock: 'redis-setnx-getset',
    plan: hourAhead,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'the server’s clock decides (SET with PX)',
      lock: 'redis-set-px',
      plan: hourAhead,
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A10.5',
    tells: 'a late holder deletes the lock of the one who took it over, as its stamp lies ahead',
    lock: 'redis-setnx-getset-published',
    plan: lateRelease,
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'delete only if less than the lease has gone by since we took it (the text, step 5)',
      plan: { ...lateRelease, parameters: { ...lateRelease.parameters, release: 'own-elapsed' } },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'A10.6',
    tells: 'the lease ends between GET and DEL, and DEL removes the key of the next one',
    lock: 'redis-setnx-getset-published',
    plan: betweenGetAndDel,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'compare and delete in one step',
      plan: {
        ...betweenGetAndDel,
        parameters: { ...betweenGetAndDel.parameters, release: 'compare-and-delete' },
        faults: [heldUp('eval')],
      },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'A10.7',
    tells: 'the loser of a race overwrites the winner’s stamp with one that ends earlier',
    lock: 'redis-setnx-getset-published',
    plan: shortened,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the server keeps the time, and nobody else can change it',
      lock: 'redis-set-px',
      plan: { ...shortened, parameters: { ttlMs: 60_000 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A10.8',
    tells: 'the key goes between SETNX and GET; GETSET makes one that nobody owns',
    lock: 'redis-setnx-getset-published',
    plan: deletedBeforeGet,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a key that is gone is no expired one: begin again',
      plan: {
        ...deletedBeforeGet,
        parameters: { ...deletedBeforeGet.parameters, absentIsExpired: false },
      },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'The orphan lasts until its stamp is past, 60 s here; 10 s are allowed.',
  },
  {
    row: 'A10.9',
    tells: 'a release that finds its stamp past leaves the key, which has no time to live',
    lock: 'redis-setnx-getset-published',
    plan: { clients: 2, workload: { startMs: [0, 5_000], workMs: 500 } },
    shows: { 'deadlock-freedom': 'held', ownership: 'held' },
    note: 'A leak breaks no promise of a lock: the next caller takes the key over. It shows in the story (released: not-held) and in the time for which the servers have the lock granted to somebody who is gone.',
  },
  {
    row: 'A10.10',
    tells: 'with redis.io’s fourth step a second racer with a faster clock wins as well',
    lock: 'redis-setnx-getset',
    plan: {
      clients: 3,
      network: ONE_MS,
      parameters: { takeover: 'still-expired' },
      workload: { startMs: [0, 20_000], workMs: 5_000 },
      clocks: { 'client-3': { offsetMs: 61_000 } },
      faults: [HOLDER_DIES],
    },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the article’s own fourth step, equality, decides this race; the next look at the clock is as wrong as ever',
      plan: {
        clients: 3,
        network: ONE_MS,
        workload: { startMs: [0, 20_000], workMs: 5_000, retryMs: 10_000 },
        clocks: { 'client-3': { offsetMs: 61_000 } },
        faults: [HOLDER_DIES],
      },
      shows: { 'exclusion/belief': 'held' },
    },
    note: 'The tenth row says that the article never mentions the assumption that all clocks agree; what the two forms of step 4 make of that.',
  },
])
