/** Sequences of Curator's InterProcessMutex: its listener, its local re-entry, its protected creates and its deletes. */

import type { SequencePlan } from './sequence.ts'
import { defineSequences, withParameters } from './sequence.ts'
import { GRANTED } from './timelines.ts'

const lock = 'curator-mutex'
const SERVERS = ['zookeeper-1', 'zookeeper-2', 'zookeeper-3']

/** Session 15 s, tick 2 s: SUSPENDED after 10 s of silence, the end of the session after 15 to 17 s. */
const cutHolder: SequencePlan = {
  parameters: { sessionTimeoutMs: 15_000, stopOn: 'lost' },
  workload: { startMs: [0, 1_000], workMs: 40_000 },
  faults: [{ kind: 'partition', groups: [['client-1'], SERVERS], at: GRANTED, forMs: 60_000 }],
}

const sleepsBeforeReentry: SequencePlan = {
  parameters: { token: true },
  workload: { nested: true, startMs: [0, 1_000], workMs: 1_000 },
  faults: [
    {
      kind: 'pause',
      node: 'client-1',
      at: { node: 'client-1', event: 'read-returned' },
      forMs: 33_000,
    },
  ],
}

const cutRelease: SequencePlan = {
  workload: { startMs: [0, 1_000], workMs: 5_000 },
  faults: [
    {
      kind: 'partition',
      groups: [['client-1'], SERVERS],
      at: { node: 'client-1', event: 'releasing' },
      forMs: 14_000,
    },
  ],
  progressWithinMs: 10_000,
}

const adopted: SequencePlan = {
  clients: 2,
  servers: 1,
  parameters: { sessionTimeoutMs: 15_000, lostAfterPercent: 10, checksSession: false },
  workload: { startMs: [14_000, 1_000], workMs: 10_000 },
  faults: [
    {
      kind: 'message',
      from: 'zookeeper',
      to: 'client-2',
      operation: 'create',
      at: 0,
      nth: 3,
      action: 'lose',
    },
    { kind: 'partition', groups: [['client-2'], ['zookeeper']], at: 2_000, forMs: 10_300 },
  ],
}

/** The follower stands still, so that the leader, to whom client-1 talks, can commit nothing for 20 s. */
const staleList: SequencePlan = {
  servers: 2,
  rounds: 2,
  parameters: { sessionTimeoutMs: 12_000 },
  services: { zookeeper: { syncLimit: 20 } },
  workload: { startMs: [0, 15_000] },
  faults: [
    { kind: 'partition', groups: [['client-1'], ['zookeeper-1']], at: 0, forMs: 10_000 },
    {
      kind: 'pause',
      node: 'zookeeper-1',
      at: { node: 'client-1', event: 'acquiring', nth: 2 },
      forMs: 20_000,
    },
  ],
  progressWithinMs: 20_000,
}

/** curator-recipes and curator-framework; apache/curator issues; what follows from them. */
export const b05 = defineSequences('B5', 'Curator InterProcessMutex', [
  {
    row: 'B5.1',
    tells:
      'the holder sleeps through its session and writes before its event thread hears SUSPENDED',
    lock,
    plan: { scenario: 'gc-pause' },
    shows: {
      'exclusion/service': 'held',
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
    },
    repaired: {
      how: 'the transaction that created the node as a token that the store checks',
      plan: { scenario: 'gc-pause', parameters: { token: true }, store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'B5.2',
    tells:
      'cut off, the holder hears SUSPENDED at 10 s and LOST at 25 s: its session ends at 15 to 17 s',
    lock,
    plan: cutHolder,
    shows: { 'exclusion/service': 'held', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'stop on SUSPENDED',
      plan: withParameters(cutHolder, { stopOn: 'suspended' }),
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B5.3',
    tells:
      'the session is over unnoticed, and the same thread gets in again from its own map, without a word to ZooKeeper',
    lock,
    plan: sleepsBeforeReentry,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the store checks the token, which re-entry hands out unchanged',
      plan: { ...sleepsBeforeReentry, store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
    note: 'Re-entry itself is granted as it always is, 33 s after the first: no server is asked.',
  },
  {
    row: 'B5.4',
    tells: 'the delete of a release fails; it goes on in the background until it is done',
    lock,
    plan: cutRelease,
    shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
  },
  {
    row: 'B5.5',
    tells:
      'four clients take turns in the order of their nodes, and a waiter that dies costs nobody his turn',
    lock,
    plan: {
      clients: 4,
      rounds: 3,
      workload: { workMs: 1_000, thinkMs: 10 },
      faults: [{ kind: 'crash', node: 'client-3', at: 2_500 }],
    },
    shows: { fairness: 'held', starvation: 'held', 'exclusion/belief': 'held' },
  },
  {
    row: 'B5.6',
    tells: 'no token in the interface: as it comes, a store that wants one refuses everybody',
    lock,
    plan: { store: { fencing: 'all' } },
    shows: { fencing: 'not offered', 'lost-update': 'vacuous' },
    repaired: {
      how: 'read the transaction of the node after acquire, and use that',
      plan: { scenario: 'gc-pause', parameters: { token: true }, store: { fencing: 'all' } },
      shows: { fencing: 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B5.D12',
    tells: 'the same cut with LOST after a whole session timeout, and after a third of it',
    lock,
    plan: cutHolder,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'simulatedSessionExpirationPercent 33: LOST at 15 s, before any server ends the session',
      plan: withParameters(cutHolder, { lostAfterPercent: 33 }),
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B5.D32',
    tells:
      'no listener at all: a cut longer than the session, and the holder’s thread is never interrupted',
    lock,
    plan: withParameters(cutHolder, { stopOn: 'nothing' }),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'a listener that stops on SUSPENDED, and a worker that asks before it writes',
      plan: {
        ...withParameters(cutHolder, { stopOn: 'suspended' }),
        workload: { startMs: [0, 1_000], workMs: 40_000, careful: true },
      },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B5.D33',
    tells:
      'the delete of a release fails and the process ends before the background has done it: the node lives as long as the session',
    lock,
    plan: {
      ...cutRelease,
      faults: [
        ...(cutRelease.faults ?? []),
        {
          kind: 'crash',
          node: 'client-1',
          at: { node: 'client-1', event: 'releasing', afterMs: 1_000 },
        },
      ],
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'the process lives on, and so does the background delete',
      plan: cutRelease,
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B5.D34',
    tells:
      'after the loss of its session a client finds the node of the old one by its GUID, adopts it, and the servers delete it',
    lock,
    plan: adopted,
    shows: { 'exclusion/service': 'held', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a node of an earlier session is deleted, not adopted (CURATOR-498)',
      plan: withParameters(adopted, { checksSession: true }),
      shows: { 'exclusion/belief': 'held' },
    },
    note: 'LOST after 10 % of the session timeout makes room between the new session and the end of the old one.',
  },
  {
    row: 'B5.X1',
    tells:
      'the list in which a retry looks for its GUID is older than its create: two nodes of one owner, who waits for himself',
    lock,
    plan: staleList,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'sync before looking',
      plan: withParameters(staleList, { syncsFirst: true }),
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'Not in the collection: drawn plans found it. It is CURATOR-264 (apache/curator#784), seen in leader election.',
  },
])
