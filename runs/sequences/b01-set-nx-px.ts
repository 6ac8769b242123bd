/** Sequences of the single-server Redis lock with a random value (SET NX PX, compare-and-delete). */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { lost } from './timelines.ts'

const MONOTONIC = { services: { redis: { expiryClock: 'monotonic' } } }

const jumpAhead = {
  clients: 2,
  workload: { startMs: [0, 100], workMs: 5_000 },
  faults: [{ kind: 'clock', node: 'redis', at: 2_000, jumpMs: 10_000 }],
} satisfies SequencePlan

const jumpBack = {
  clients: 2,
  workload: { startMs: [0, 100], workMs: 5_000 },
  faults: [
    { kind: 'clock', node: 'redis', at: 1_000, jumpMs: -3_600_000 },
    { kind: 'crash', node: 'client-1', at: 2_000 },
  ],
} satisfies SequencePlan

/** The replica has the key, and a clock that is 20 s ahead. */
const replicaAhead = {
  clients: 2,
  servers: 2,
  workload: { startMs: [0, 5_100], workMs: 8_000 },
  services: { redis: { replication: 'asynchronous' } },
  clocks: { 'redis-2': { offsetMs: 20_000 } },
  faults: [
    { kind: 'crash', node: 'redis-1', at: 4_000 },
    { kind: 'failover', to: 'redis-2', at: 5_000 },
  ],
} satisfies SequencePlan

const lostAnswer = {
  clients: 2,
  workload: { startMs: [0, 100] },
  progressWithinMs: 5_000,
  faults: [lost('set', 'redis', 'client-1')],
} satisfies SequencePlan

/** redis docs/manual/patterns/distributed-locks.md, commands/set.md, and what follows from them. */
export const b01 = defineSequences('B1', 'Redis SET NX PX and compare-and-delete', [
  {
    row: 'B1.1',
    tells: 'without faults nobody gets in beside another, and everybody gets in',
    lock: 'redis-set-px',
    plan: { scenario: 'calm' },
    shows: {
      'exclusion/belief': 'held',
      'exclusion/effect': 'held',
      'deadlock-freedom': 'held',
      ownership: 'held',
    },
  },
  {
    row: 'B1.2',
    tells: 'the holder stands still past its lease and writes after another got the lock',
    lock: 'redis-set-px',
    plan: { scenario: 'gc-pause' },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated', ownership: 'held' },
  },
  {
    row: 'B1.3',
    tells: 'the server’s clock is set ahead, and the key expires under its holder',
    lock: 'redis-set-px',
    plan: jumpAhead,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'a server that expires keys by its monotonic clock, which no Redis does',
      plan: { ...jumpAhead, ...MONOTONIC },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B1.4',
    tells:
      'the server’s clock is set back an hour, and the key of a dead holder lives an hour longer',
    lock: 'redis-set-px',
    plan: jumpBack,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a server that expires keys by its monotonic clock',
      plan: { ...jumpBack, ...MONOTONIC },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B1.5',
    tells: 'the master dies before it has replicated the key, and its replica is promoted',
    lock: 'redis-set-px',
    plan: { scenario: 'failover' },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
  },
  {
    row: 'B1.6',
    tells:
      'the replica has the key with an instant of the master’s clock, and its own is 20 s ahead',
    lock: 'redis-set-px',
    plan: replicaAhead,
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'clocks that agree',
      plan: { ...replicaAhead, clocks: {} },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B1.7',
    tells: 'the server crashes before the key is on its disk, and comes back without it',
    lock: 'redis-set-px',
    plan: { scenario: 'crash-restart' },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'appendfsync always',
      plan: { scenario: 'crash-restart', services: { redis: { persistence: 'always' } } },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B1.8',
    tells: 'the answer to SET is lost, and its sender waits a lease for its own key',
    lock: 'redis-set-px',
    plan: lostAnswer,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'read the key, and take the lock if the value is ours',
      plan: { ...lostAnswer, parameters: { onUnknown: 'read-back' } },
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
    note: '5 s without the lock are allowed; the lease is 10 s.',
  },
  {
    row: 'B1.9',
    tells: 'the release is done and its answer lost: nobody can say whether it was ours to release',
    lock: 'redis-set-px',
    plan: {
      clients: 2,
      workload: { startMs: [0, 100] },
      faults: [lost('eval', 'redis', 'client-1')],
    },
    shows: { ownership: 'held', 'deadlock-freedom': 'held' },
    note: 'No promise of the lock is broken; the story shows released: unknown. A library that says the script again gets 0 and tells its caller that the lock was lost (swarthy/redis-semaphore#205).',
  },
  {
    row: 'B1.10',
    tells: 'nobody waits in any order, and the holder cannot take the lock again',
    lock: 'redis-set-px',
    plan: { clients: 2, workload: { nested: true } },
    shows: { fairness: 'not offered', reentrancy: 'not offered', 'exclusion/belief': 'held' },
  },
])
