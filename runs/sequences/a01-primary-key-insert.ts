/** Sequences of the primary-key lock: INSERT to take it, DELETE to free it. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, HOLDER_DIES, ONE_MS } from './timelines.ts'

const crashed = {
  workload: { startMs: [0, 50] },
  faults: [HOLDER_DIES],
} satisfies SequencePlan

const insertUnanswered = {
  network: ONE_MS,
  workload: { startMs: [0, 500], retryMs: 500 },
  faults: [
    {
      kind: 'message',
      action: 'lose',
      from: 'database',
      to: 'client-1',
      operation: 'insert',
      at: 0,
      count: 1,
    },
  ],
} satisfies SequencePlan

const deleteTwice = {
  clients: 3,
  network: ONE_MS,
  workload: { startMs: [0, 120, 130], workMs: 100, retryMs: 20 },
  faults: [
    {
      kind: 'message',
      action: 'lose',
      from: 'database',
      to: 'client-1',
      operation: 'delete',
      at: 0,
      count: 1,
    },
  ],
} satisfies SequencePlan

const failedOver = {
  servers: 2,
  workload: { startMs: [0, 200], workMs: 1_000 },
  services: { sql: { replication: 'asynchronous', replicationLagMs: 100 } },
  faults: [
    { kind: 'crash', node: 'database-1', at: { ...GRANTED, afterMs: 50 } },
    { kind: 'failover', to: 'database-2', at: { ...GRANTED, afterMs: 100 } },
  ],
} satisfies SequencePlan

/** zhisheng (2018), "database table" lock; the rows that are marked as derived are not in the article. */
export const a01 = defineSequences('A1', 'primary-key insert', [
  {
    row: 'A1.1',
    tells: 'the holder crashes, its row stays, and no later INSERT succeeds',
    lock: 'db-insert',
    plan: crashed,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a job deletes old rows',
      lock: 'db-insert-sweeper',
      plan: crashed,
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A1.2',
    tells:
      'the answer to an INSERT is lost; its client takes that for a refusal and is then refused by its own row',
    lock: 'db-insert',
    plan: insertUnanswered,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'the row names the hold, and an INSERT without an answer is taken back',
      plan: { ...insertUnanswered, parameters: { ownerColumn: true, onUnknown: 'delete' } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A1.3',
    tells:
      'the answer to a DELETE is lost; said again, it deletes the row of the next holder, and a third gets in',
    lock: 'db-insert',
    plan: { ...deleteTwice, parameters: { retryRelease: true, statementTimeoutMs: 50 } },
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'DELETE asks for the owner',
      plan: {
        ...deleteTwice,
        parameters: { retryRelease: true, statementTimeoutMs: 50, ownerColumn: true },
      },
      shows: { ownership: 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A1.4',
    tells:
      'the INSERT is part of the business transaction: the second one waits for the first instead of being refused, and a crash of the holder lets it in',
    lock: 'db-insert',
    plan: {
      parameters: { inTransaction: true, statementTimeoutMs: 60_000 },
      workload: { workMs: 5_000 },
      faults: [{ kind: 'crash', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 } }],
    },
    shows: { 'deadlock-freedom': 'held', 'exclusion/service': 'held' },
    note: 'No promise says "does not wait", so what the run shows is the other side of it: nobody is denied, and what would be an orphan row for ever is rolled back. InnoDB ends the wait after 50 s.',
  },
  {
    row: 'A1.5',
    tells:
      'InnoDB: two wait for the uncommitted row of a third with shared locks; when it goes, both want more, and one is the victim of a deadlock',
    lock: 'db-insert',
    plan: {
      clients: 3,
      parameters: { inTransaction: true, statementTimeoutMs: 60_000 },
      services: { sql: { flavour: 'innodb' } },
      workload: { startMs: [0, 100, 200], workMs: 1_000 },
      faults: [{ kind: 'crash', node: 'client-1', at: { ...GRANTED, afterMs: 500 } }],
    },
    shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    note: 'The deadlock is broken at once by its error; the victim is denied and asks again. The cost is an error, not a promise: the story has the note "the victim of a deadlock of INSERTs".',
  },
  {
    row: 'A1.6',
    tells:
      'the database fails over to a replica that has not heard of the row, and a second client inserts it',
    lock: 'db-insert',
    plan: failedOver,
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'violated' },
    repaired: {
      how: 'one database without a replica: nobody asks another before it is back with its disk',
      plan: {
        parameters: { retryRelease: true, ownerColumn: true },
        workload: failedOver.workload,
        faults: [{ kind: 'crash', node: 'database', at: { ...GRANTED, afterMs: 50 }, forMs: 500 }],
      },
      shows: { 'exclusion/belief': 'held', 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A1.6b',
    tells: 'the database is restored from a backup that is older than the row',
    lock: 'db-insert',
    plan: {
      workload: { startMs: [0, 200], workMs: 1_000 },
      faults: [
        {
          kind: 'crash',
          node: 'database',
          at: { ...GRANTED, afterMs: 50 },
          forMs: 50,
          losesDisk: true,
        },
      ],
    },
    shows: { 'exclusion/belief': 'violated' },
  },
  {
    row: 'A1.7',
    tells:
      'a client that asks again at once after each release beats one that asks once a second, as often as it likes',
    lock: 'db-insert',
    plan: {
      rounds: 200,
      network: ONE_MS,
      workload: { startMs: [0, 500], workMs: 1_000, thinkMs: 0, retryMs: 1_000 },
      progressWithinMs: 20_000,
      horizonMs: 60_000,
    },
    shows: { starvation: 'violated', fairness: 'not offered' },
    repaired: {
      how: 'a queue table: the one that waits is the first',
      lock: 'db-queue',
      plan: {
        parameters: { orderBy: 'number' },
        rounds: 20,
        network: ONE_MS,
        workload: { startMs: [0, 500], workMs: 1_000, thinkMs: 0, retryMs: 1_000 },
        progressWithinMs: 20_000,
      },
      shows: { starvation: 'held', fairness: 'held' },
    },
  },
])
