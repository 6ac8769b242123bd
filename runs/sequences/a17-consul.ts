/** Sequences of the Consul lock that the article links to: a session with a name, and nothing else. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS, READ } from './timelines.ts'

const SERVERS = ['consul-1', 'consul-2', 'consul-3']

/** The process dies, its machine lives. */
const processDies: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  horizonMs: 90_000,
  faults: [{ kind: 'crash', node: 'client-1', at: READ }],
}

const tryLock = (destroyOnFailure: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { blocking: false, destroyOnFailure },
  workload: { startMs: [0, 500], workMs: 1_000, retryMs: 1_000 },
  progressWithinMs: 10_000,
  horizonMs: 60_000,
})

/** The machine of the holder is cut off from Consul for ten seconds, and works on. */
const falseAlarm: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  workload: { startMs: [0, 1_000], workMs: 40_000 },
  faults: [
    {
      kind: 'partition',
      groups: [['client-1'], SERVERS],
      at: { ...GRANTED, afterMs: 1_000 },
      forMs: 10_000,
    },
  ],
}

const paused: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  parameters: { ttlMs: 10_000 },
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: READ, forMs: 42_000 }],
}

const takeover = (lockDelayMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { ttlMs: 10_000, lockDelayMs },
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  progressWithinMs: 25_000,
  faults: [{ kind: 'crash', node: 'client-1', at: READ }],
})

/** jianshu.com/p/67a2d8f18476 and the servers' documentation. */
export const a17 = defineSequences('A17', 'Consul sessions', [
  {
    row: 'A17.1',
    tells: 'the process dies, the agent on its machine lives, and the lock is held for ever',
    lock: 'consul-session-published',
    plan: { ...processDies, parameters: { pauseMs: 100 } },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a session with a TTL that the process has to renew',
      lock: 'consul-session',
      plan: processDies,
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A17.2',
    tells:
      'an attempt that did not want to wait leaves its session in the object, which then says "already locked" to every later one',
    lock: 'consul-session-published',
    plan: tryLock(false),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'destroy the session of an attempt that failed',
      plan: tryLock(true),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A17.3',
    tells:
      'one that waits asks again without a pause, every few ms, and each time through the log of all servers',
    lock: 'consul-session-published',
    plan: {
      clients: 2,
      network: ONE_MS,
      workload: { startMs: [0, 100], workMs: 5_000 },
    },
    shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    repaired: {
      how: 'wait with a blocking read, as api.Lock does',
      lock: 'consul-session',
      plan: { clients: 2, network: ONE_MS, workload: { startMs: [0, 100], workMs: 5_000 } },
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
    note: 'The difference is no promise but the load: compare the requests that the two runs count.',
  },
  {
    row: 'A17.4',
    tells:
      'the gossip takes a machine that was cut off for ten seconds for dead: its session ends, another gets the lock after the delay, nobody tells the first',
    lock: 'consul-session-published',
    plan: { ...falseAlarm, parameters: { pauseMs: 100 } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'a token that the store checks',
      lock: 'consul-session',
      plan: { ...falseAlarm, store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'A17.5',
    tells:
      'TTL 10 s: twice that by the leader’s timer and 15 s of delay, so a pause of 42 s overlaps with the next holder',
    lock: 'consul-session',
    plan: paused,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'a token that the store checks',
      plan: { ...paused, store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'A17.6',
    tells: 'an honest takeover after a crash has to wait as long: 20 s and 15 s',
    lock: 'consul-session',
    plan: takeover(15_000),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'no lock-delay',
      plan: takeover(0),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
])
