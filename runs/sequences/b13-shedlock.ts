/** Sequences of ShedLock's JDBC provider: a time in a row, and whose clock it is compared with. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, HOLDER_DIES, ONE_MS } from './timelines.ts'

/** Both nodes wake at the same instant; the second's clock shows 12:03 when the first's shows 12:00. */
const skewed = (time: 'client' | 'database'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { time, lockAtMostForMs: 120_000, lockAtLeastForMs: 120_000 },
  workload: { startMs: [0, 1_000], workMs: 10_000, retryMs: 10_000 },
  clocks: { 'client-2': { offsetMs: 180_000 } },
  horizonMs: 400_000,
  progressWithinMs: 150_000,
})

const longTask = (parameters: NonNullable<SequencePlan['parameters']>): SequencePlan => ({
  clients: 3,
  network: ONE_MS,
  parameters: { lockAtMostForMs: 30_000, ...parameters },
  workload: { startMs: [0, 20_000, 20_100], workMs: 31_000, retryMs: 100 },
})

/** One extension does not get through in time. */
const failedExtension = (keepAliveGoesOn: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { lockAtMostForMs: 30_000, keepAlive: true, keepAliveGoesOn },
  workload: { startMs: [0, 1_000], workMs: 80_000, retryMs: 500 },
  horizonMs: 300_000,
  faults: [
    {
      kind: 'message',
      from: 'database',
      to: 'client-1',
      operation: 'update',
      action: 'lose',
      at: GRANTED,
    },
  ],
})

const deadNode = (lockAtMostForMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { lockAtMostForMs },
  workload: { startMs: [0, 1_000], workMs: 1_000, retryMs: 500 },
  faults: [HOLDER_DIES],
})

/** ShedLock's core and providers, its issues 74, 231 and 2583, and what follows from them. */
export const b13 = defineSequences('B13', 'ShedLock', [
  {
    row: 'B13.1',
    tells:
      'clocks differ by 3 min and lock_until is 2 min ahead: on the fast clock the lock is over as soon as it is taken',
    lock: 'shedlock',
    plan: skewed('client'),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'usingDbTime(): one clock for all',
      plan: skewed('database'),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'A task that ends before the other node wakes is simply run twice, one after the other: that breaks the schedule, not the exclusion.',
  },
  {
    row: 'B13.2',
    tells: 'lockAtMostFor is 30 s and the task takes 31 s: a second node starts at 30 s',
    lock: 'shedlock',
    plan: longTask({}),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated', ownership: 'held' },
    repaired: {
      how: 'KeepAliveLockProvider extends the lock while the task runs',
      plan: longTask({ keepAlive: true }),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B13.2b',
    tells: 'then the first node unlocks without asking for locked_by and frees the second’s lock',
    lock: 'shedlock',
    plan: longTask({ unlock: 'any' }),
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'unlock only what is locked by this host',
      plan: longTask({ unlock: 'own' }),
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'B13.3',
    tells: 'two processes with one host name: the late unlock of the first frees the second’s lock',
    lock: 'shedlock',
    plan: longTask({ identity: 'shared' }),
    shows: { ownership: 'violated' },
    repaired: {
      how: 'a locked_by of its own for each process',
      plan: longTask({ identity: 'unique' }),
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'B13.4',
    tells:
      'one extension throws, the executor drops the timer, and the lock runs out under the task',
    lock: 'shedlock',
    plan: failedExtension(false),
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the timer goes on after an error',
      plan: failedExtension(true),
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B13.5',
    tells: 'the holder dies and everybody waits for lockAtMostFor',
    lock: 'shedlock',
    plan: deadNode(2_400_000),
    shows: { 'deadlock-freedom': 'violated', 'exclusion/belief': 'held' },
    repaired: {
      how: 'a lockAtMostFor of 30 s',
      plan: deadNode(30_000),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
])
