/** Sequences of the database lock with a table of those who wait. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS, late } from './timelines.ts'

const deadHead = {
  clients: 3,
  network: ONE_MS,
  workload: { startMs: [0, 10, 200], workMs: 1_000 },
  faults: [{ kind: 'crash', node: 'client-2', at: 100 }],
} satisfies SequencePlan

const slowClock = {
  clients: 3,
  network: ONE_MS,
  clocks: { 'client-3': { offsetMs: -500 } },
  workload: { startMs: [1_000, 1_200, 1_400], workMs: 1_000 },
} satisfies SequencePlan

const lateCommit = {
  network: ONE_MS,
  workload: { startMs: [0, 5], workMs: 500 },
  faults: [late('commit', 'client-1', 'database', 50)],
} satisfies SequencePlan

const sameSecond = {
  network: ONE_MS,
  workload: { startMs: [100, 300], workMs: 500 },
} satisfies SequencePlan

const sameSecondQueue = {
  clients: 3,
  network: ONE_MS,
  workload: { startMs: [0, 1_100, 1_300], workMs: 1_950 },
} satisfies SequencePlan

/** zhisheng (2018): "another table records all waiting threads, ordered by creation time". */
export const a05 = defineSequences('A5', 'primary-key insert with a queue table', [
  {
    row: 'A5.1',
    tells: 'a waiter at the head of the queue crashes, and everybody behind it waits for ever',
    lock: 'db-queue',
    plan: { ...deadHead, parameters: { orderBy: 'number', rule: 'lock-row' } },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'who waits dates its row anew, and rows of the silent are removed',
      plan: {
        ...deadHead,
        parameters: { orderBy: 'number', rule: 'lock-row', removeAfterMs: 5_000 },
      },
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A5.2',
    tells:
      'a client with a slow clock writes itself before the holder, and the first of the queue has the lock',
    lock: 'db-queue',
    plan: { ...slowClock, parameters: { rule: 'smallest' } },
    shows: { 'exclusion/belief': 'violated', fairness: 'violated' },
    repaired: {
      how: 'the table numbers its rows',
      plan: { ...slowClock, parameters: { orderBy: 'number', rule: 'smallest' } },
      shows: { 'exclusion/belief': 'held', fairness: 'held' },
    },
  },
  {
    row: 'A5.2b',
    tells: 'the same where the unique row of the lock is required as well: only the order breaks',
    lock: 'db-queue',
    plan: { ...slowClock, parameters: { rule: 'lock-row' } },
    shows: { 'exclusion/belief': 'held', fairness: 'violated' },
  },
  {
    row: 'A5.3',
    tells:
      'a number is taken before another and committed after it: each client sees itself as the first',
    lock: 'db-queue',
    plan: {
      ...lateCommit,
      parameters: { orderBy: 'number', rule: 'smallest', inTransaction: true },
    },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the first of the queue needs the unique row of the lock as well',
      plan: {
        ...lateCommit,
        parameters: { orderBy: 'number', inTransaction: true, rule: 'lock-row' },
      },
      shows: { 'exclusion/belief': 'held' },
    },
    note: 'By the rule of the smallest number the servers never grant it twice: the late row takes the lock away from its holder, who is not told. The repair leaves the order: the late row still goes before one that was there first.',
  },
  {
    row: 'A5.4',
    tells: 'times are whole seconds, two rows have the same, and the later one goes first',
    lock: 'db-queue',
    plan: {
      ...sameSecondQueue,
      parameters: { orderBy: 'client-seconds', rule: 'lock-row', pollMs: 400 },
    },
    shows: { fairness: 'violated', 'exclusion/belief': 'held' },
    repaired: {
      how: 'the table numbers its rows',
      plan: {
        ...sameSecondQueue,
        parameters: { orderBy: 'number', rule: 'lock-row', pollMs: 400 },
      },
      shows: { fairness: 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A5.4b',
    tells: 'the same where the first of the queue has the lock: both are the first',
    lock: 'db-queue',
    plan: { ...sameSecond, parameters: { orderBy: 'client-seconds', rule: 'smallest' } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'violated' },
    repaired: {
      how: 'the table numbers its rows',
      plan: { ...sameSecond, parameters: { orderBy: 'number', rule: 'smallest' } },
      shows: { 'exclusion/belief': 'held', 'exclusion/service': 'held' },
    },
  },
])
