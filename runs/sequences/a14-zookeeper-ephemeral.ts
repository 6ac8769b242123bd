/** Sequences of the simplest ZooKeeper lock: one ephemeral node, and all losers watch the directory. */

import { defineSequences } from './sequence.ts'
import { HOLDER_LOSES_POWER, ONE_MS, lost } from './timelines.ts'

const far = (client: string, servers: readonly string[]) =>
  servers.map((to) => ({
    kind: 'message' as const,
    from: client,
    to,
    operation: 'create',
    at: 0,
    nth: 1,
    count: 10_000,
    action: 'delay' as const,
    byMs: 50,
  }))

/** zhisheng 2018 on the ephemeral node; zookeeper recipes.md on the herd effect; what follows from them. */
export const a14 = defineSequences('A14', 'ZooKeeper, one ephemeral node', [
  {
    row: 'A14.1',
    tells: 'eight clients want the lock, and each release wakes all that wait for one to get it',
    lock: 'zk-ephemeral',
    plan: { clients: 8, network: ONE_MS, workload: { workMs: 1_000 } },
    shows: { 'exclusion/belief': 'held', 'deadlock-freedom': 'held' },
    repaired: {
      how: 'each client watches only the node before its own',
      lock: 'zk-sequential',
      plan: { clients: 8, network: ONE_MS, workload: { workMs: 1_000 } },
      shows: { 'exclusion/belief': 'held', 'deadlock-freedom': 'held', fairness: 'held' },
    },
    note: 'Nothing breaks: it is a matter of cost. The run counts it, as wake-ups and as requests of acquiring.',
  },
  {
    row: 'A14.2',
    tells: 'a client whose messages take 50 ms longer never wins the race to create the node',
    lock: 'zk-ephemeral',
    plan: {
      clients: 3,
      servers: 1,
      rounds: 30,
      network: ONE_MS,
      workload: { startMs: [0, 0, 100], workMs: 200, thinkMs: 0 },
      faults: far('client-3', ['zookeeper']),
      progressWithinMs: 10_000,
    },
    shows: { starvation: 'violated', 'exclusion/belief': 'held', fairness: 'not offered' },
    repaired: {
      how: 'a queue: sequential nodes',
      lock: 'zk-sequential',
      plan: {
        clients: 3,
        servers: 1,
        rounds: 30,
        network: ONE_MS,
        workload: { startMs: [0, 0, 100], workMs: 200, thinkMs: 0 },
        faults: far('client-3', ['zookeeper']),
        progressWithinMs: 10_000,
      },
      shows: { starvation: 'held', fairness: 'held' },
    },
  },
  {
    row: 'A14.3',
    tells:
      'the holder deletes its node after a create has failed and before the watch is set: the loser sleeps on',
    lock: 'zk-ephemeral',
    plan: {
      servers: 1,
      network: ONE_MS,
      workload: { startMs: [0, 2_000], workMs: 4_000 },
      faults: [
        {
          kind: 'pause',
          node: 'client-2',
          at: { node: 'client-2', event: 'acquiring', afterMs: 3.5 },
          forMs: 5_000,
        },
      ],
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'look once more after the watch is set',
      plan: {
        servers: 1,
        network: ONE_MS,
        workload: { startMs: [0, 2_000], workMs: 4_000 },
        parameters: { looksAgain: true },
        faults: [
          {
            kind: 'pause',
            node: 'client-2',
            at: { node: 'client-2', event: 'acquiring', afterMs: 3.5 },
            forMs: 5_000,
          },
        ],
      },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A14.4',
    tells:
      'the holder sleeps through the end of its session, another creates the node, the first writes',
    lock: 'zk-ephemeral',
    plan: { scenario: 'gc-pause' },
    shows: {
      'exclusion/service': 'held',
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
    },
    repaired: {
      how: 'the transaction that created the node goes with every operation, and the store checks it',
      plan: { scenario: 'gc-pause', parameters: { token: true }, store: { fencing: 'all' } },
      shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'A14.5',
    tells:
      'the holder loses power: its node is not gone at once, but with its session, 30 s and a tick later',
    lock: 'zk-ephemeral',
    plan: {
      workload: { startMs: [0, 1_000] },
      faults: [HOLDER_LOSES_POWER],
      progressWithinMs: 20_000,
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a session of 10 s',
      plan: {
        workload: { startMs: [0, 1_000] },
        parameters: { sessionTimeoutMs: 10_000 },
        faults: [HOLDER_LOSES_POWER],
        progressWithinMs: 20_000,
      },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A14.X1',
    tells:
      'the answer to a delete is lost, the node is the next holder’s by then, and the release deletes it again',
    lock: 'zk-ephemeral',
    plan: {
      clients: 3,
      servers: 1,
      workload: { startMs: [0, 1_000, 2_000], workMs: 30_000 },
      faults: [lost('delete', 'zookeeper', 'client-1')],
    },
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'look whose node it is before deleting again',
      plan: {
        clients: 3,
        servers: 1,
        workload: { startMs: [0, 1_000, 2_000], workMs: 30_000 },
        parameters: { checksOwner: true },
        faults: [lost('delete', 'zookeeper', 'client-1')],
      },
      shows: { ownership: 'held', 'exclusion/belief': 'held' },
    },
    note: 'Not in the collection: drawn plans found it. With one name for all, a retry cannot tell whose node it deletes.',
  },
])
