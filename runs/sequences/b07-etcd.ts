/** Sequences of the mutex of etcd's client library. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS } from './timelines.ts'

const pause = {
  network: ONE_MS,
  parameters: { sessionTtlMs: 2_000 },
  workload: { startMs: [0, 500], workMs: 6_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 }, forMs: 5_100 }],
} satisfies SequencePlan

const expiresWaiting = {
  clients: 3,
  network: ONE_MS,
  workload: { startMs: [0, 100, 200], workMs: 20_000 },
  // Longer than the TTL, while it waits: its key goes, and then everybody before it.
  faults: [{ kind: 'pause', node: 'client-2', at: 1_000, forMs: 13_000 }],
} satisfies SequencePlan

const holderDies = { kind: 'crash', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 } } as const

const takeover = {
  network: ONE_MS,
  workload: { startMs: [0, 100], workMs: 5_000 },
  faults: [holderDies],
  progressWithinMs: 12_000,
} satisfies SequencePlan

const lateUnlock = {
  servers: 1,
  rounds: 2,
  network: ONE_MS,
  parameters: { unanswered: 'say-again' },
  workload: { startMs: [0, 10_000], workMs: 3_000, thinkMs: 1_000 },
  faults: [
    {
      kind: 'message',
      action: 'delay',
      from: 'client-1',
      to: 'etcd',
      operation: 'delete',
      at: 0,
      count: 1,
      byMs: 8_500,
    },
  ],
} satisfies SequencePlan

const lateLock = {
  servers: 1,
  network: ONE_MS,
  parameters: { unanswered: 'say-again' },
  workload: { startMs: [0, 10_000], workMs: 1_000 },
  faults: [
    {
      kind: 'message',
      action: 'delay',
      from: 'client-1',
      to: 'etcd',
      operation: 'txn',
      at: 0,
      count: 1,
      byMs: 8_000,
    },
  ],
} satisfies SequencePlan

/** etcd client/v3/concurrency; etcd.io, docs/learning/why; Jepsen, etcd 3.4.3. */
export const b07 = defineSequences('B7', 'etcd concurrency.Mutex', [
  {
    row: 'B7.1',
    tells:
      'the holder stands still past its lease and writes before it hears that the session is done',
    lock: 'etcd-mutex',
    plan: pause,
    shows: {
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
      'lost-update': 'violated',
    },
    repaired: {
      how: 'the revision of its key goes with every action, and the store refuses an older one',
      plan: { ...pause, store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'B7.2',
    tells:
      'a waiter’s lease runs out while it waits; all who were before it leave, and it believes',
    lock: 'etcd-mutex',
    plan: { ...expiresWaiting, parameters: { checkOwnKey: false } },
    shows: { 'exclusion/service': 'held', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'it looks whether its own key is still there (#11408)',
      plan: expiresWaiting,
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B7.3',
    tells: 'the same session locks twice, and the first unlock frees the lock for others',
    lock: 'etcd-mutex',
    plan: { network: ONE_MS, workload: { startMs: [0, 10], workMs: 1_000, nested: true } },
    shows: {
      reentrancy: 'violated',
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
    },
  },
  {
    row: 'B7.4',
    tells:
      'the holder dies, then the leader: its successor gives every lease its full time again, and more',
    lock: 'etcd-mutex',
    plan: {
      ...takeover,
      faults: [
        holderDies,
        { kind: 'crash', node: 'etcd-1', at: { ...GRANTED, afterMs: 9_000 }, silent: true },
      ],
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'the leader stays',
      plan: takeover,
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'With a TTL of 10 s the waiter gets the lock more than 20 s after the last sign of life. Checkpoints would not help: they are only made of leases longer than five minutes.',
  },
  {
    row: 'B7.5',
    tells:
      'waiters come in the order of their keys, and revisions grow, while leader and holders fail',
    lock: 'etcd-mutex',
    plan: {
      clients: 4,
      rounds: 3,
      network: ONE_MS,
      workload: { workMs: 2_000, careful: true },
      store: { fencing: 'all' },
      faults: [
        { kind: 'crash', node: 'etcd-1', at: 3_000, forMs: 5_000 },
        {
          kind: 'pause',
          node: 'client-2',
          at: { node: 'client-2', event: 'granted' },
          forMs: 15_000,
        },
        {
          kind: 'crash',
          node: 'client-3',
          at: { node: 'client-3', event: 'granted', nth: 2 },
          forMs: 1_000,
        },
      ],
    },
    shows: {
      fairness: 'held',
      fencing: 'held',
      'exclusion/service': 'held',
      'exclusion/effect': 'held',
    },
  },
  {
    row: 'B7.6',
    tells:
      'an unlock without an answer is said again, and lands when the same session holds once more',
    lock: 'etcd-mutex',
    plan: lateUnlock,
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'after an unlock without an answer the session ends, so that the next key has another name',
      plan: { ...lateUnlock, parameters: {} },
      shows: { ownership: 'held', 'exclusion/belief': 'held' },
    },
    note: 'Not in the collection: found by drawing plans. A session’s key has one name, so that a delete does not know which hold it is for.',
  },
  {
    row: 'B7.7',
    tells:
      'a lock request without an answer is said again, and lands when that client wants nothing any more',
    lock: 'etcd-mutex',
    plan: lateLock,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'after a request without an answer the session ends, and its lease refuses what comes late',
      plan: { ...lateLock, parameters: {} },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'Not in the collection: found by drawing plans. The key is made once more, and the lease that would end it is kept alive for nothing.',
  },
])
