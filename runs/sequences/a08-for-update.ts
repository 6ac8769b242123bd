/** Sequences of the row lock: SELECT … FOR UPDATE. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { HOLDER_LOSES_POWER, ONE_MS } from './timelines.ts'

const powerLoss = {
  faults: [HOLDER_LOSES_POWER],
  workload: { startMs: [0, 1_000], workMs: 5_000 },
} satisfies SequencePlan

const longCall = {
  workload: { startMs: [0, 1_000], workMs: 600_000 },
  services: { sql: { idleInTransactionTimeoutMs: 350_000 } },
  horizonMs: 2_000_000,
} satisfies SequencePlan

const smallPool = {
  workload: { startMs: [0, 500], workMs: 1_000 },
  progressWithinMs: 20_000,
} satisfies SequencePlan

const nested = {
  network: ONE_MS,
  workload: { startMs: [0, 10], nested: true },
} satisfies SequencePlan

const queueing = {
  clients: 6,
  rounds: 2,
  network: ONE_MS,
  workload: { startMs: [0, 10, 20, 30, 40, 50], workMs: 200 },
} satisfies SequencePlan

/** zhisheng (2018), "exclusive lock", and the manuals of MySQL and PostgreSQL. */
export const a08 = defineSequences('A8', 'SELECT … FOR UPDATE', [
  {
    row: 'A8.1',
    tells:
      'InnoDB: the row does not exist, both get a gap lock, and code that does not look if a row came back runs twice',
    lock: 'db-for-update',
    plan: { parameters: { flavour: 'innodb', rowExists: false, checkRow: false } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the row is put there beforehand',
      plan: { parameters: { flavour: 'innodb', checkRow: false } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'A8.1b',
    tells: 'PostgreSQL: the row does not exist, and nothing at all is locked',
    lock: 'db-for-update',
    plan: { parameters: { rowExists: false, checkRow: false } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
  },
  {
    row: 'A8.2',
    tells: 'autocommit is on: the lock ends with the statement that took it',
    lock: 'db-for-update',
    plan: { parameters: { autocommit: true } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'autocommit is off',
      plan: {},
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'A8.3',
    tells:
      'InnoDB without an index that serves: a long transaction with a lock of another name locks every row it scans, ours too',
    lock: 'db-for-update',
    plan: {
      rounds: 3,
      parameters: { flavour: 'innodb', indexed: false, neighbourMs: 150_000 },
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'an index on the name that the server uses',
      plan: { rounds: 3, parameters: { flavour: 'innodb', neighbourMs: 150_000 } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A8.4',
    tells:
      'the holder’s machine loses power; no FIN is sent, and the server keeps the lock until TCP keepalive gives up after two hours',
    lock: 'db-for-update',
    plan: powerLoss,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a keepalive of seconds',
      plan: { ...powerLoss, network: { keepaliveMs: 10_000 } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A8.5',
    tells: 'InnoDB: "blocks until success" ends with an error after 50 s',
    lock: 'db-for-update',
    plan: {
      parameters: { flavour: 'innodb', statementTimeoutMs: 100_000 },
      workload: { startMs: [0, 1_000], workMs: 70_000 },
    },
    shows: { 'exclusion/belief': 'held', 'deadlock-freedom': 'held' },
    note: 'The waiter is denied 50 s after it asked and has to ask again; no promise speaks of the error. Only the statement is rolled back, so the code must end the transaction itself.',
  },
  {
    row: 'A8.6',
    tells:
      'the holder makes a call of ten minutes without touching its connection; at 350 s it is closed, another gets the row, and both effects are done',
    lock: 'db-for-update',
    plan: longCall,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the holder says something on its connection every minute',
      plan: { ...longCall, parameters: { pingMs: 60_000 } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'A8.7',
    tells:
      'the pool is empty: the holder needs a second connection, its siblings wait on all others for the holder’s row',
    lock: 'db-for-update',
    plan: {
      ...smallPool,
      parameters: { poolSize: 3, siblings: 2, connectionsOfWork: 2, statementTimeoutMs: 120_000 },
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a pool that is larger than waiters and the work’s connections together',
      plan: {
        ...smallPool,
        parameters: { poolSize: 4, siblings: 2, connectionsOfWork: 2, statementTimeoutMs: 120_000 },
      },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'It ends when HikariCP gives up after 30 s; the bound of the plan is 20 s.',
  },
  {
    row: 'A8.7b',
    tells: 'a pool of one: the holder waits for a connection that only it can give back',
    lock: 'db-for-update',
    plan: { ...smallPool, parameters: { poolSize: 1, connectionsOfWork: 2 } },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a pool of two',
      plan: { ...smallPool, parameters: { poolSize: 2, connectionsOfWork: 2 } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A8.8',
    tells:
      'two locks in opposite order: the server rolls one back, and code that forgets the error goes on with no lock at all',
    lock: 'db-for-update',
    plan: {
      network: ONE_MS,
      parameters: { flavour: 'innodb', rows: 'two-in-any-order', checkError: false },
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'everybody takes them in the same order, and an error ends the attempt',
      plan: { network: ONE_MS, parameters: { flavour: 'innodb', rows: 'two-in-order' } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'Code that looks at the error is safe in any order: it is denied and asks again.',
  },
  {
    row: 'A8.9',
    tells:
      'the holder selects again on its own connection and commits: the first COMMIT frees the outer lock as well',
    lock: 'db-for-update',
    plan: { ...nested, parameters: { reentry: 'same-connection' } },
    shows: { reentrancy: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the client counts its holds and commits with the last',
      plan: { ...nested, parameters: { reentry: 'counted' } },
      shows: { reentrancy: 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A8.9b',
    tells: 'the holder selects again on another connection of its pool and waits for itself',
    lock: 'db-for-update',
    plan: {
      ...nested,
      parameters: { flavour: 'innodb' },
    },
    shows: { reentrancy: 'not offered', 'exclusion/belief': 'held' },
    note: 'It ends with the error of InnoDB after 50 s, as the story shows (reentering, then reentry-denied). The lock does not claim to be re-entrant, so no promise is broken.',
  },
  {
    row: 'A8.10',
    tells:
      'the database fails over: row locks are not copied, the promoted replica grants the row again',
    lock: 'db-for-update',
    plan: {
      servers: 2,
      network: ONE_MS,
      workload: { startMs: [0, 150], workMs: 1_000 },
      services: { sql: { replication: 'asynchronous' } },
      faults: [
        { kind: 'crash', node: 'database-1', at: 100 },
        { kind: 'failover', to: 'database-2', at: 130 },
      ],
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
  },
  {
    row: 'A8.11',
    tells: 'the server grants the row to any waiter, not to the first',
    lock: 'db-for-update',
    plan: {
      ...queueing,
      parameters: { flavour: 'innodb' },
      services: { sql: { grantOrder: 'arbitrary' } },
    },
    shows: { fairness: 'violated' },
    repaired: {
      how: 'a server that grants in order of arrival',
      plan: { ...queueing, parameters: { flavour: 'innodb' } },
      shows: { fairness: 'held' },
    },
  },
])
