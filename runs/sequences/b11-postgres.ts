/** Sequences of PostgreSQL advisory locks: the lock is as good as the session, and the session as the connection. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, HOLDER_DIES, HOLDER_LOSES_POWER, ONE_MS } from './timelines.ts'

/** The holder's section is a transaction of its own, which has the backend with the lock when the unlock comes. */
const unlockElsewhere = (scope: 'session' | 'transaction'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { scope, pooler: 'transaction', sectionTransaction: true },
  workload: { startMs: [0, 50], workMs: 100 },
  progressWithinMs: 10_000,
  horizonMs: 30_000,
})

const sharedBackend = (scope: 'session' | 'transaction'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { scope, pooler: 'transaction' },
  workload: { startMs: [0, 50], workMs: 200 },
})

/** The holder's process dies, and its connection to the pooler with it; two others come a second later. */
const diedBehindPooler = (pooler: 'session' | 'transaction'): SequencePlan => ({
  clients: 3,
  network: ONE_MS,
  parameters: { pooler },
  workload: { startMs: [0, 1_000, 1_050], workMs: 200 },
  faults: [HOLDER_DIES],
})

const powerCut = (keepaliveMs: number): SequencePlan => ({
  clients: 2,
  network: { ...ONE_MS, keepaliveMs },
  workload: { startMs: [0, 50], workMs: 1_000 },
  faults: [HOLDER_LOSES_POWER],
})

/** The section does not touch the connection, and what lies between closes it. */
const idle = (checkMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { checkMs },
  services: { sql: { idleConnectionTimeoutMs: 350_000 } },
  workload: { startMs: [0, 1_000], workMs: 600_000 },
  horizonMs: 1_300_000,
  progressWithinMs: 700_000,
})

const failover = (checkMs: number): SequencePlan => ({
  clients: 2,
  servers: 2,
  network: ONE_MS,
  parameters: { checkMs },
  services: { sql: { replication: 'asynchronous' } },
  workload: { startMs: [0, 50], workMs: 20_000, careful: true },
  faults: [
    { kind: 'crash', node: 'database-1', at: { ...GRANTED, afterMs: 1_000 } },
    { kind: 'failover', to: 'database-2', at: 5_000 },
  ],
})

/** PostgreSQL manual explicit-locking and pgbouncer.org, and what follows from them. */
export const b11 = defineSequences('B11', 'PostgreSQL advisory locks', [
  {
    row: 'B11.1',
    tells:
      'behind a pooler in transaction mode the unlock reaches another backend; the lock stays with the first and nobody gets it',
    lock: 'postgres-advisory',
    plan: unlockElsewhere('session'),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a lock of the transaction: pg_advisory_xact_lock, which has its backend to itself until COMMIT',
      plan: unlockElsewhere('transaction'),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B11.2',
    tells:
      'the pooler hands the second client the backend that has the lock, and its lock call succeeds at once',
    lock: 'postgres-advisory',
    plan: sharedBackend('session'),
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'violated' },
    repaired: {
      how: 'a lock of the transaction',
      plan: sharedBackend('transaction'),
      shows: { 'exclusion/belief': 'held', 'exclusion/service': 'held' },
    },
  },
  {
    row: 'B11.2b',
    tells:
      'the holder dies, the pooler keeps its backend with the lock, and all who come later enter through it',
    lock: 'postgres-advisory',
    plan: diedBehindPooler('transaction'),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'session pooling: DISCARD ALL frees what a client leaves behind',
      plan: diedBehindPooler('session'),
      shows: {
        'exclusion/belief': 'held',
        'exclusion/effect': 'held',
        'deadlock-freedom': 'held',
      },
    },
    note: 'authentik#23876 and pgbouncer#102 saw others wait for as long as the backend lived (server_lifetime, server_idle_timeout): that is B11.1. Which of the two it is depends on which backend the pooler picks.',
  },
  {
    row: 'B11.3',
    tells: 'the holder’s machine loses power, and the server waits for its TCP keepalive',
    lock: 'postgres-advisory',
    plan: powerCut(7_875_000),
    shows: { 'deadlock-freedom': 'violated', 'exclusion/belief': 'held' },
    repaired: {
      how: 'TCP keepalive of the server set to 30 s',
      plan: powerCut(30_000),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B11.4',
    tells:
      'an idle timeout closes the holder’s connection in the middle of its work; the server frees the lock and the holder does not know',
    lock: 'postgres-advisory',
    plan: idle(0),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the holder asks for its connection every minute, which also keeps it from being idle',
      plan: idle(60_000),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B11.4b',
    tells:
      'the primary dies and a replica is promoted: advisory locks are of one server, so the next client gets it there',
    lock: 'postgres-advisory',
    plan: failover(0),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the holder asks for its connection every second and stops believing when it is gone',
      plan: failover(1_000),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'The repair narrows the gap to one interval; effects outside of the database that are under way are not called back.',
  },
  {
    row: 'B11.5',
    tells: 'the planner evaluates pg_advisory_lock for rows that LIMIT then leaves out',
    note: 'The server takes statements as plain objects without a planner, so the order of LIMIT and of a function in the select list does not exist here. Its effect, a lock that no one knows of in a pooled session, is that of B11.1.',
  },
])
