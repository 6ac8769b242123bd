/** What is claimed of the recipe with ephemeral sequential nodes, claim by claim. */

import { defineSequences } from './sequence.ts'
import { GRANTED, HOLDER_LOSES_POWER } from './timelines.ts'

const SERVERS = ['zookeeper-1', 'zookeeper-2', 'zookeeper-3']

/** zhisheng 2018; zookeeper recipes.md. With its third step honoured the recipe keeps all but one of its claims. */
export const a15 = defineSequences('A15', 'ZooKeeper, ephemeral sequential nodes', [
  {
    row: 'A15.1',
    tells:
      'claimed fair: four clients take turns in the order of their nodes, also when one of them dies',
    lock: 'zk-sequential',
    plan: {
      clients: 4,
      rounds: 3,
      workload: { workMs: 1_000, thinkMs: 10 },
      faults: [{ kind: 'crash', node: 'client-3', at: 2_500 }],
    },
    shows: { fairness: 'held', starvation: 'held', 'exclusion/belief': 'held' },
  },
  {
    row: 'A15.2',
    tells: 'claimed without a herd: a release wakes the one client that watches the node',
    lock: 'zk-sequential',
    plan: { clients: 8, workload: { workMs: 1_000 } },
    shows: { fairness: 'held', 'deadlock-freedom': 'held' },
    note: 'Compare the wake-ups with those of A14.1.',
  },
  {
    row: 'A15.3',
    tells: 'claimed without a single point of failure: the leader dies while the lock is held',
    lock: 'zk-sequential',
    plan: {
      clients: 3,
      rounds: 2,
      workload: { workMs: 2_000 },
      faults: [{ kind: 'crash', node: 'zookeeper-3', at: GRANTED }],
    },
    shows: { availability: 'held', 'exclusion/belief': 'held', 'deadlock-freedom': 'held' },
  },
  {
    row: 'A15.4',
    tells: 'claimed reentrant: the holder asks again and stands behind itself in the queue',
    lock: 'zk-sequential-published',
    plan: {
      parameters: { awaitResult: 'obeyed' },
      workload: { nested: true, startMs: [0, 100] },
      progressWithinMs: 20_000,
    },
    shows: { reentrancy: 'violated' },
    repaired: {
      how: 'a count on the client: Curator',
      lock: 'curator-mutex',
      plan: { workload: { nested: true, startMs: [0, 100] }, progressWithinMs: 20_000 },
      shows: { reentrancy: 'held', 'exclusion/belief': 'held' },
    },
    note: 'The recipe itself says nothing of re-entry; zk-sequential does not offer it.',
  },
  {
    row: 'A15.5',
    tells: 'claimed to block: who waits gets the lock as soon as it is free, without asking again',
    lock: 'zk-sequential',
    plan: { clients: 4, workload: { workMs: 5_000 }, progressWithinMs: 1_000 },
    shows: { 'deadlock-freedom': 'held', starvation: 'held' },
  },
  {
    row: 'A15.6',
    tells: 'claimed never to stay locked: the holder dies, and its node goes with its session',
    lock: 'zk-sequential',
    plan: {
      workload: { startMs: [0, 1_000] },
      faults: [HOLDER_LOSES_POWER],
      progressWithinMs: 35_000,
    },
    shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
  },
  {
    row: 'A15.7',
    tells: 'exclusive only up to the end of the session: the holder sleeps through it and writes',
    lock: 'zk-sequential',
    plan: { scenario: 'gc-pause' },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the transaction that created the node as a token that the store checks',
      plan: { scenario: 'gc-pause', store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'A15.8',
    tells:
      'cut off from all servers the holder goes on believing until it is told what nobody can tell it',
    lock: 'zk-sequential',
    plan: {
      parameters: { stopOnDisconnect: false },
      workload: { startMs: [0, 1_000], workMs: 45_000 },
      faults: [
        {
          kind: 'partition',
          groups: [['client-1'], SERVERS],
          at: { ...GRANTED, afterMs: 1_000 },
          forMs: 60_000,
        },
      ],
    },
    shows: { 'exclusion/service': 'held', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'stop when the connection is gone: that is at two thirds of the session',
      plan: {
        workload: { startMs: [0, 1_000], workMs: 45_000 },
        faults: [
          {
            kind: 'partition',
            groups: [['client-1'], SERVERS],
            at: { ...GRANTED, afterMs: 1_000 },
            forMs: 60_000,
          },
        ],
      },
      shows: { 'exclusion/belief': 'held' },
    },
  },
])
