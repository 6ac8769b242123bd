/** Sequences of the primary-key lock with a job that removes rows which have become too old. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, HOLDER_DIES, ONE_MS } from './timelines.ts'

const longWork = {
  workload: { startMs: [0, 5_000], workMs: 45_000, retryMs: 200 },
} satisfies SequencePlan

const deletesAnothers = {
  clients: 3,
  network: ONE_MS,
  workload: { startMs: [0, 5_000, 42_000], workMs: 45_000, retryMs: 200 },
} satisfies SequencePlan

const slowClock = {
  clocks: { 'client-1': { offsetMs: -60_000 } },
  workload: { startMs: [0, 1_000], workMs: 15_000, retryMs: 200 },
} satisfies SequencePlan

const fastClock = {
  clocks: { 'client-1': { offsetMs: 3_600_000 } },
  workload: { startMs: [0, 50] },
  faults: [HOLDER_DIES],
} satisfies SequencePlan

const lateDelete = {
  clients: 3,
  network: ONE_MS,
  workload: { startMs: [1_000, 40_100, 40_300], workMs: 5_000, retryMs: 50 },
  faults: [
    // The first outstays its lease, so that the job finds its row old, but lets go before another comes.
    { kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 100 }, forMs: 38_950 },
    {
      kind: 'message',
      action: 'delay',
      from: 'sweeper',
      to: 'database',
      operation: 'delete',
      at: 39_000,
      count: 1,
      byMs: 400,
    },
  ],
} satisfies SequencePlan

/** zhisheng (2018): "a scheduled job that removes timed-out rows". Nobody says who runs it, by whose clock and how. */
export const a02 = defineSequences('A2', 'primary-key insert with a sweeper', [
  {
    row: 'A2.1',
    tells: 'the holder works longer than the lease, the job removes its row, another inserts',
    lock: 'db-insert-sweeper',
    plan: longWork,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the holder dates its row anew while it works',
      plan: { ...longWork, parameters: { renew: true } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'Renewal helps whoever works long. A holder that stands still renews nothing: see the scenario gc-pause.',
  },
  {
    row: 'A2.2',
    tells:
      'the holder that was swept away deletes, without asking for an owner, the row of the next one, and a third gets in',
    lock: 'db-insert-sweeper',
    plan: deletesAnothers,
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'DELETE asks for the owner',
      plan: { ...deletesAnothers, parameters: { checkOwner: true } },
      shows: { ownership: 'held', 'exclusion/belief': 'violated' },
    },
    note: 'The repair ends the chain of wrong deletes; that the first overlaps with the second remains.',
  },
  {
    row: 'A2.3',
    tells:
      'the row is dated by a client whose clock is a minute slow: the first sweep takes it for old',
    lock: 'db-insert-sweeper',
    plan: slowClock,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the database dates the row',
      plan: { ...slowClock, parameters: { stampedBy: 'database' } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A2.4',
    tells: 'the row is dated by a client whose clock is an hour fast, which then crashes',
    lock: 'db-insert-sweeper',
    plan: fastClock,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'the database dates the row',
      plan: { ...fastClock, parameters: { stampedBy: 'database' } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A2.5',
    tells:
      'the job finds an old row and deletes it by key a moment later, when the key is another holder’s',
    lock: 'db-insert-sweeper',
    plan: { ...lateDelete, parameters: { checkOwner: true } },
    shows: { 'exclusion/belief': 'violated', ownership: 'held' },
    repaired: {
      how: 'the job deletes with the condition in the same statement',
      plan: { ...lateDelete, parameters: { checkOwner: true, sweep: 'one-statement' } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A2.6',
    tells: 'the job is dead, and with it every lease: the row of a crashed holder stays',
    lock: 'db-insert-sweeper',
    plan: {
      workload: { startMs: [0, 50] },
      faults: [{ kind: 'crash', node: 'sweeper', at: 1_000 }, HOLDER_DIES],
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'somebody starts the job again',
      plan: {
        workload: { startMs: [0, 50] },
        faults: [{ kind: 'crash', node: 'sweeper', at: 1_000, forMs: 30_000 }, HOLDER_DIES],
      },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
])
