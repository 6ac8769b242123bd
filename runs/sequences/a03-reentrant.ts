/** Sequences of the primary-key lock with host and thread in the row. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS, late } from './timelines.ts'

const nested = {
  network: ONE_MS,
  workload: { startMs: [0, 10], nested: true, retryMs: 10 },
} satisfies SequencePlan

const restarted = {
  clients: 1,
  workload: { workMs: 1_000 },
  faults: [{ kind: 'crash', node: 'client-1', at: GRANTED, forMs: 50 }],
} satisfies SequencePlan

const reentryAtTheEnd = {
  network: ONE_MS,
  workload: { startMs: [0, 5_000], workMs: 3_000, nested: true, retryMs: 50 },
  faults: [
    // The read of the store takes so long that the second acquire comes right before the sweep.
    late('read', 'store', 'client-1', 9_900),
  ],
} satisfies SequencePlan

const staleReplica = {
  servers: 2,
  rounds: 2,
  network: ONE_MS,
  services: { sql: { replication: 'asynchronous', replicationLagMs: 500 } },
  workload: { startMs: [0, 50], workMs: 600, thinkMs: 100, retryMs: 20 },
} satisfies SequencePlan

/** zhisheng (2018): record host and thread, and look at them before inserting. */
export const a03 = defineSequences('A3', 'primary-key insert with host and thread', [
  {
    row: 'A3.1',
    tells: 'no hold is counted: the inner unlock deletes the row under the outer section',
    lock: 'db-insert-reentrant',
    plan: nested,
    shows: {
      reentrancy: 'violated',
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
    },
    repaired: {
      how: 'the row counts its holds',
      plan: { ...nested, parameters: { holdCount: true } },
      shows: { reentrancy: 'held', 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'A3.2',
    tells: 'two processes have the same host name and thread, and each takes the row for its own',
    lock: 'db-insert-reentrant',
    plan: { parameters: { identity: 'shared' }, workload: { startMs: [0, 20] } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'held' },
    repaired: {
      how: 'each process has a name that no other ever had',
      plan: { parameters: { identity: 'process' }, workload: { startMs: [0, 20] } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A3.3',
    tells:
      'the holder crashes; its next process has the same host and thread and is let in as if it had never been away',
    lock: 'db-insert-reentrant',
    plan: restarted,
    shows: { reentrancy: 'violated', ownership: 'violated' },
    repaired: {
      how: 'each process has a name that no other ever had, and a job frees what the dead one left',
      plan: { ...restarted, parameters: { identity: 'process', leaseMs: 10_000 } },
      shows: { reentrancy: 'vacuous', ownership: 'held', 'deadlock-freedom': 'held' },
    },
    note: 'The published form has a merit here: without the job, the repair alone leaves the row for ever.',
  },
  {
    row: 'A3.4',
    tells:
      'the SELECT finds the own row, the job deletes it, and the holder goes on as re-entered while another inserts',
    lock: 'db-insert-reentrant',
    plan: { ...reentryAtTheEnd, parameters: { leaseMs: 10_000 } },
    shows: { 'exclusion/belief': 'violated', reentrancy: 'violated' },
    repaired: {
      how: 're-entry is one UPDATE, which makes the row young again or finds it gone',
      plan: { ...reentryAtTheEnd, parameters: { leaseMs: 10_000, holdCount: true } },
      shows: { 'exclusion/belief': 'held', reentrancy: 'held' },
    },
  },
  {
    row: 'A3.5',
    tells: 'the SELECT goes to a replica that still shows the old row after it was deleted',
    lock: 'db-insert-reentrant',
    plan: { ...staleReplica, parameters: { readsFrom: 'replica', checkOwner: true } },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the SELECT goes to the primary',
      plan: { ...staleReplica, parameters: { readsFrom: 'primary', checkOwner: true } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
])
