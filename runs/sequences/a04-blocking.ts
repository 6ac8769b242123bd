/** Sequences of the primary-key lock in a loop. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { HOLDER_DIES, ONE_MS } from './timelines.ts'

const sharedPool = {
  workload: { startMs: [0, 1_000], workMs: 2_000 },
  parameters: { poolSize: 2, siblings: 2 },
} satisfies SequencePlan

/** zhisheng (2018): "a while loop, until the insert succeeds". The section is prose; its statements are numbered here. */
export const a04 = defineSequences('A4', 'primary-key insert in a loop', [
  {
    row: 'A4.1',
    tells: 'who asks right after its own release gets the lock again and again, past a waiter',
    lock: 'db-insert-blocking',
    plan: {
      rounds: 200,
      network: ONE_MS,
      parameters: { pollMs: 1_000 },
      workload: { startMs: [0, 500], workMs: 1_000, thinkMs: 0 },
      progressWithinMs: 20_000,
      horizonMs: 60_000,
    },
    shows: { starvation: 'violated' },
  },
  {
    row: 'A4.2',
    tells:
      'waiters of the holder’s own process keep the pool’s connections while they poll, so that the holder gets none to DELETE with',
    lock: 'db-insert-blocking',
    plan: sharedPool,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a waiter gives its connection back between two attempts',
      plan: { ...sharedPool, parameters: { ...sharedPool.parameters, keepConnection: false } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A4.3',
    tells: 'the holder crashes, and a waiter without a deadline hangs for ever',
    lock: 'db-insert-blocking',
    plan: {
      workload: { startMs: [0, 50] },
      faults: [HOLDER_DIES],
    },
    shows: { 'deadlock-freedom': 'violated' },
    note: 'A deadline (patienceMs) turns the hang into a refusal, but the row stays; only a lease frees it, see A1.1.',
  },
])
