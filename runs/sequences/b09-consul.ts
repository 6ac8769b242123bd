/** Sequences of Consul's api.Lock: TTL, lock-delay, and how late a holder learns of its loss. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS, READ } from './timelines.ts'

const SERVERS = ['consul-1', 'consul-2', 'consul-3'] as const

/** The holder stands still, and writes when it runs on. */
const paused = (forMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  workload: { startMs: [0, 1_000], workMs: 500 },
  faults: [{ kind: 'pause', node: 'client-1', at: READ, forMs }],
})

/**
 * The holder dies and its session runs out; half a second after that, all servers lose power for two seconds. The
 * holder is in truth only standing still.
 */
const delayLost = (restartFrom: 'log' | 'snapshot'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  services: { consul: { restartFrom } },
  parameters: { ttlMs: 10_000, lockDelayMs: 60_000 },
  workload: { startMs: [0, 1_000], workMs: 500 },
  faults: [
    { kind: 'pause', node: 'client-1', at: READ, forMs: 70_000 },
    ...SERVERS.map((node) => ({ kind: 'crash' as const, node, at: 21_000, forMs: 2_000 })),
  ],
})

/** The holder's machine is cut off from Consul, not from the store. */
const cutOff = (lostAfterTtl: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { lostAfterTtl },
  workload: { startMs: [0, 1_000], workMs: 35_000, careful: true },
  faults: [
    {
      kind: 'partition',
      groups: [['client-1'], [...SERVERS]],
      at: { ...GRANTED, afterMs: 1_000 },
      forMs: 60_000,
    },
  ],
})

const processDies = (ttlMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { ttlMs },
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  faults: [{ kind: 'crash', node: 'client-1', at: READ }],
})

const tryOnce = (lockDelayMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { tryOnce: true, waitMs: 4_000, lockDelayMs },
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  progressWithinMs: 35_000,
  faults: [{ kind: 'crash', node: 'client-1', at: READ }],
})

/** hashicorp/consul api/lock.go and the servers behind it. */
export const b09 = defineSequences('B9', 'Consul api.Lock', [
  {
    row: 'B9.1',
    tells:
      'the holder stands still for longer than two TTLs and the lock-delay, another gets the lock, the first writes',
    lock: 'consul-session',
    plan: paused(60_000),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated', fencing: 'held' },
    repaired: {
      how: 'the store checks LockIndex as a fencing token',
      plan: { ...paused(60_000), store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'B9.1b',
    tells: 'a pause of 40 s ends the session all the same, but the lock-delay hides it',
    lock: 'consul-session',
    plan: paused(40_000),
    shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
  },
  {
    row: 'B9.2',
    tells:
      'the session of a holder that stands still ends, all servers restart from a snapshot, and the lock-delay is forgotten',
    lock: 'consul-session',
    plan: delayLost('snapshot'),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'servers whose log goes back to the invalidation apply it again, and the delay begins anew',
      plan: delayLost('log'),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'A change of leader alone does not lose the delay: state/session.go notes it on every server when the invalidation is applied, and only the question whose opinion counts is the leader’s. It takes the restart of every server that could lead, after a snapshot.',
  },
  {
    row: 'B9.3',
    tells:
      'the holder is cut off: the gossip ends its session in seconds, another has the lock after the delay, and the monitor gives up only when its connection is found dead',
    lock: 'consul-session',
    plan: cutOff(false),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'report the loss when no renewal got through for a TTL (hashicorp/consul#18271)',
      plan: cutOff(true),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B9.4',
    tells:
      'a session without TTL: the process dies, the agent beside it lives, and the lock stays taken for ever',
    lock: 'consul-session',
    plan: processDies(0),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a TTL',
      plan: processDies(15_000),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B9.5',
    tells:
      'one that tries once is turned away again and again while nobody has the key: the lock-delay of a dead holder',
    lock: 'consul-session',
    plan: tryOnce(15_000),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'no lock-delay, for a lock whose token is checked at the store',
      plan: tryOnce(0),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
])
