/** Sequences of MySQL's GET_LOCK: one lock a session before 5.7, one server, one connection. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, HOLDER_LOSES_POWER, ONE_MS } from './timelines.ts'

const secondName = (version: '5.6' | '5.7'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { version, secondName: true },
  workload: { startMs: [0, 50], workMs: 200 },
})

const nested = (version: '5.6' | '5.7'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { version },
  workload: { startMs: [0, 50], workMs: 200, nested: true },
})

const twoPrimaries = (faults: SequencePlan['faults']): SequencePlan => ({
  clients: 2,
  servers: 2,
  network: ONE_MS,
  services: { sql: { replication: 'two-way' } },
  workload: { startMs: [0, 50], workMs: 200 },
  faults,
})

const longName = (nameLength: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { nameLength },
  workload: { startMs: [0, 50], workMs: 200 },
  progressWithinMs: 10_000,
  horizonMs: 30_000,
})

/** The server restarts in the middle of the section. */
const restart = (autoReconnect: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { autoReconnect, checkMs: 1_000 },
  workload: { startMs: [0, 50], workMs: 20_000, careful: true },
  faults: [{ kind: 'crash', node: 'database', at: { ...GRANTED, afterMs: 2_500 }, forMs: 2_000 }],
})

const powerCut = (keepaliveMs: number): SequencePlan => ({
  clients: 2,
  network: { ...ONE_MS, keepaliveMs },
  workload: { startMs: [0, 50], workMs: 1_000 },
  faults: [HOLDER_LOSES_POWER],
})

const waitTimeout = (checkMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { checkMs },
  services: { sql: { idleConnectionTimeoutMs: 60_000 } },
  workload: { startMs: [0, 1_000], workMs: 90_000 },
  horizonMs: 300_000,
  progressWithinMs: 100_000,
})

/** MySQL manual locking-functions, and what follows from it. */
export const b12 = defineSequences('B12', 'MySQL GET_LOCK', [
  {
    row: 'B12.1',
    tells: 'before 5.7 the section’s GET_LOCK of another name silently releases the first',
    lock: 'mysql-get-lock',
    plan: secondName('5.6'),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'MySQL 5.7, in which a session has several',
      plan: secondName('5.7'),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B12.1b',
    tells: 'before 5.7 nothing is counted: the inner RELEASE_LOCK frees the outer lock',
    lock: 'mysql-get-lock',
    plan: nested('5.6'),
    shows: { reentrancy: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'MySQL 5.7, which counts',
      plan: nested('5.7'),
      shows: { reentrancy: 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B12.2',
    tells: 'two primaries that copy each other’s rows know nothing of each other’s named locks',
    lock: 'mysql-get-lock',
    plan: twoPrimaries([
      { kind: 'failover', to: 'database-2', at: 0, clients: ['client-2'], demote: false },
    ]),
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'violated' },
    repaired: {
      how: 'all clients lock at one server',
      plan: twoPrimaries([]),
      shows: { 'exclusion/belief': 'held', 'exclusion/service': 'held' },
    },
  },
  {
    row: 'B12.3',
    tells: 'a name of more than 64 characters is an error since 5.7, and nobody ever gets the lock',
    lock: 'mysql-get-lock',
    plan: longName(65),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a name of 64 characters',
      plan: longName(64),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B12.4',
    tells: 'a driver that reconnects by itself goes on without the lock and says nothing',
    lock: 'mysql-get-lock',
    plan: restart(true),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'no automatic reconnect: the end of the connection is the end of the lock',
      plan: restart(false),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B12.5',
    tells: 'the holder’s machine loses power, and the server waits for its TCP keepalive',
    lock: 'mysql-get-lock',
    plan: powerCut(7_875_000),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'TCP keepalive of the server set to 30 s',
      plan: powerCut(30_000),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B12.6',
    tells: 'wait_timeout closes the connection of a holder that works without a statement',
    lock: 'mysql-get-lock',
    plan: waitTimeout(0),
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a statement now and then',
      plan: waitTimeout(10_000),
      shows: { 'exclusion/belief': 'held' },
    },
  },
])
