/** Sequences of the two Redis locks that keep their waiters in a queue. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, HOLDER_DIES, lost } from './timelines.ts'

const WATCHED = { repushAfterMs: 10_000 }

const crashedHolder = {
  clients: 2,
  workload: { startMs: [0, 100] },
  faults: [HOLDER_DIES],
} satisfies SequencePlan

const lostPop = {
  clients: 2,
  workload: { startMs: [0, 100] },
  faults: [lost('blpop', 'redis', 'client-1')],
} satisfies SequencePlan

/** client-1 stands still for two leases; the watchdog puts in a token, and client-1 another when it wakes up. */
const slowHolder = {
  clients: 3,
  rounds: 2,
  parameters: WATCHED,
  workload: { startMs: [0, 100, 200], workMs: 9_000, thinkMs: 0 },
  faults: [{ kind: 'pause', node: 'client-1', at: GRANTED, forMs: 20_000 }],
} satisfies SequencePlan

/** The answer to client-1's release is lost, and it releases again. */
const doubleRelease = {
  clients: 3,
  parameters: { retryRelease: true },
  workload: { startMs: [0, 100, 200], workMs: 5_000 },
  faults: [lost('rpush', 'redis', 'client-1')],
} satisfies SequencePlan

/** client-2 waits behind client-1 and dies; client-3 waits behind both. */
const deadWaiter = {
  clients: 3,
  parameters: { staleAfterMs: 0 },
  workload: { startMs: [0, 100, 200], workMs: 1_000 },
  faults: [{ kind: 'crash', node: 'client-2', at: 500 }],
} satisfies SequencePlan

/** client-3's clock is a minute ahead, so that it finds everybody's time over. */
const skewedWaiter = {
  clients: 3,
  parameters: { staleAfterMs: 30_000 },
  workload: { startMs: [0, 100, 200], workMs: 5_000 },
  clocks: { 'client-3': { offsetMs: 61_000 } },
} satisfies SequencePlan

/** The holder takes longer than its entry is good for, and then pops whoever is first. */
const latePop = {
  clients: 3,
  parameters: { staleAfterMs: 10_000 },
  workload: { startMs: [0, 5_000, 6_000], workMs: 12_000 },
} satisfies SequencePlan

/** 极客时间, 分布式技术原理与算法解析, Q&A no. 14: the lock with a queue that its readers ask for, in two ways. */
export const a18 = defineSequences('A18', 'Redis locks with a waiting queue', [
  {
    row: 'A18.1',
    tells: 'the holder of the token crashes, and the token with it',
    lock: 'redis-token-list',
    plan: crashedHolder,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a watchdog that puts in a new one after a while; see A18.1b for its price',
      plan: { ...crashedHolder, parameters: WATCHED },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A18.1b',
    tells: 'the watchdog takes a slow holder for a dead one: two tokens, for good',
    lock: 'redis-token-list',
    plan: slowHolder,
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a release puts back only a token that is recorded as its own; the overlap of beliefs remains, the second token does not',
      plan: { ...slowHolder, parameters: { ...WATCHED, release: 'compare-and-push' } },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'violated' },
    },
  },
  {
    row: 'A18.2',
    tells: 'the token is popped and the answer lost: nobody has it, without any crash',
    lock: 'redis-token-list',
    plan: lostPop,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a watchdog that puts in a new one after a while',
      plan: { ...lostPop, parameters: WATCHED },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A18.3',
    tells: 'the answer to RPUSH is lost, it is said again, and there are two tokens for ever',
    lock: 'redis-token-list',
    plan: doubleRelease,
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a release that looks in the record whether the token is still its own',
      plan: {
        ...doubleRelease,
        parameters: { retryRelease: true, release: 'compare-and-push' },
        faults: [
          {
            kind: 'message',
            action: 'lose',
            from: 'redis',
            to: 'client-1',
            operation: 'eval',
            at: 0,
            nth: 2,
          },
        ],
      },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A18.4',
    tells: 'a client whose patience ends, or whose connection does, goes to the end of the queue',
    lock: 'redis-token-list',
    plan: {
      clients: 4,
      parameters: { patienceMs: 7_000 },
      workload: { startMs: [0, 100, 200, 300], workMs: 5_000, retryMs: 2_000 },
    },
    shows: { fairness: 'held', 'exclusion/belief': 'held' },
    note: 'First come, first served holds for those who stay: whoever was unblocked has left the queue, and the judge, too, counts its new place only.',
  },
  {
    row: 'A18.5',
    tells: 'a waiter dies in the queue, and everybody behind it waits for it',
    lock: 'redis-queue',
    plan: deadWaiter,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'entries that are good for 30 s only',
      plan: { ...deadWaiter, parameters: { staleAfterMs: 30_000 } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A18.6',
    tells: 'a client whose clock is a minute ahead drops the entry of the holder, who is alive',
    lock: 'redis-queue',
    plan: skewedWaiter,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a key for each entry that expires by the server’s clock',
      plan: { ...skewedWaiter, parameters: { staleAfterMs: 30_000, pruneBy: 'server-expiry' } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A18.6b',
    tells: 'a holder that was dropped pops the head of the queue, which is the next holder by then',
    lock: 'redis-queue',
    plan: latePop,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'remove the own entry, not the first',
      plan: { ...latePop, parameters: { staleAfterMs: 10_000, release: 'remove' } },
      shows: { ownership: 'held' },
    },
  },
])
