/** Sequences of the Redis lock by SETNX and EXPIRE. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { lost } from './timelines.ts'

/** The servers have the key, and client-1 dies before it can say for how long. */
export const crashBetween = {
  clients: 2,
  workload: { startMs: [0, 100] },
  faults: [{ kind: 'crash', node: 'client-1', at: { node: 'redis', event: 'service-granted' } }],
} satisfies SequencePlan

/** The key is there, and its maker never hears of it. */
export const lostSetnx = {
  clients: 2,
  workload: { startMs: [0, 100] },
  faults: [lost('setnx', 'redis', 'client-1')],
} satisfies SequencePlan

/** Everybody works longer than the lease, so that each release comes while the next one holds. */
export const slowWorkers = {
  clients: 3,
  workload: { startMs: [0, 100, 200], workMs: 12_000 },
} satisfies SequencePlan

/** Everybody wants the lock all the time, and asks once a second or less. */
export const rushHour = {
  clients: 3,
  rounds: 60,
  workload: { workMs: 1_000, thinkMs: 0, retryMs: 1_000 },
  progressWithinMs: 10_000,
} satisfies SequencePlan

/** zhisheng, 分布式锁看这篇就够了 (2018): RedisLockUtil.lock(key, expire) and unLock1. */
export const a09 = defineSequences('A9', 'Redis SETNX and EXPIRE', [
  {
    row: 'A9.1',
    tells: 'the holder crashes between SETNX and EXPIRE, and the key has no time to live',
    lock: 'redis-setnx-expire',
    plan: crashBetween,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'one command, SET with NX and EX',
      plan: { ...crashBetween, parameters: { atomic: true } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A9.2',
    tells: 'the answer to SETNX is lost: nobody owns the key, and nobody gives it a time to live',
    lock: 'redis-setnx-expire',
    plan: lostSetnx,
    shows: { 'deadlock-freedom': 'violated', 'exclusion/belief': 'vacuous' },
    repaired: {
      how: 'one command: a lost answer costs a lease, no more',
      plan: {
        clients: 2,
        workload: { startMs: [0, 100] },
        parameters: { atomic: true },
        faults: [lost('set', 'redis', 'client-1')],
      },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A9.3',
    tells: 'the holder stands still past its time to live, and another takes the lock',
    lock: 'redis-setnx-expire',
    plan: { scenario: 'gc-pause' },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
  },
  {
    row: 'A9.4',
    tells: 'a holder that is late deletes the key of the next one, and a third gets in',
    lock: 'redis-setnx-expire',
    plan: slowWorkers,
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a value of its own in the key, deleted only if it is still there; the overlap of beliefs remains',
      plan: { ...slowWorkers, parameters: { release: 'compare-and-delete' } },
      shows: { ownership: 'held', 'exclusion/belief': 'violated' },
    },
  },
  {
    row: 'A9.5',
    tells: 'the master dies before it has replicated the key, and its replica is promoted',
    lock: 'redis-setnx-expire',
    plan: { scenario: 'failover' },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a majority of independent servers',
      lock: 'redlock',
      plan: { scenario: 'calm' },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A9.6',
    tells: 'callers ask again and again in no order, and some are passed over',
    lock: 'redis-setnx-expire',
    plan: rushHour,
    shows: { starvation: 'violated', fairness: 'not offered' },
    repaired: {
      how: 'a queue in the server (BLPOP)',
      lock: 'redis-token-list',
      plan: rushHour,
      shows: { starvation: 'held', fairness: 'held' },
    },
  },
  {
    row: 'A9.7',
    tells: 'the holder asks once more and is refused by its own key',
    lock: 'redis-setnx-expire',
    plan: { clients: 2, workload: { nested: true } },
    shows: { reentrancy: 'not offered', 'exclusion/belief': 'held' },
    note: 'The article asks for a lock that can be taken again; this one gives no hint of an owner, so the judge has nothing to hold it to. The story shows that the holder is turned away.',
  },
])
