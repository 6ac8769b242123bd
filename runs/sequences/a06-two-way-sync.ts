/** Sequences of the primary-key lock on two databases that copy each other. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS } from './timelines.ts'

/** Some clients are sent to the second database while the first is well: a partition that an operator took for a death. */
const split = (clients: string[]) =>
  ({ kind: 'failover', to: 'database-2', at: 0, clients, demote: false }) as const

const copiedDelete = {
  clients: 3,
  network: ONE_MS,
  faults: [
    split(['client-2', 'client-3']),
    // The second holder takes longer, so that it still works when the DELETE of the first is copied.
    {
      kind: 'pause',
      node: 'client-2',
      at: { node: 'client-2', event: 'granted', afterMs: 500 },
      forMs: 1_000,
    },
  ],
  workload: { startMs: [0, 10, 100], workMs: 1_000, retryMs: 20 },
} satisfies SequencePlan

/** zhisheng (2018): "two databases, two-way synchronisation; once one dies switch quickly to the standby". */
export const a06 = defineSequences('A6', 'two databases with two-way synchronisation', [
  {
    row: 'A6.1',
    tells: 'the active database dies before its row was copied; the standby knows of no lock',
    lock: 'db-two-way-sync',
    plan: {
      network: ONE_MS,
      workload: { startMs: [0, 160], workMs: 1_000 },
      faults: [
        { kind: 'crash', node: 'database-1', at: 100 },
        { kind: 'failover', to: 'database-2', at: 150 },
      ],
    },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'one database without a standby: nobody asks another before it is back with its disk',
      lock: 'db-insert',
      plan: {
        // The connection of before is dead by then, so DELETE has to be said again on a new one.
        parameters: { retryRelease: true, ownerColumn: true },
        network: ONE_MS,
        workload: { startMs: [0, 160], workMs: 1_000 },
        faults: [{ kind: 'crash', node: 'database', at: 100, forMs: 500 }],
      },
      shows: { 'exclusion/belief': 'held', 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A6.2',
    tells: 'two clients ask different databases at the same time, and each is granted the lock',
    lock: 'db-two-way-sync',
    plan: { network: ONE_MS, faults: [split(['client-2'])], workload: { workMs: 500 } },
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'violated' },
  },
  {
    row: 'A6.3',
    tells:
      'after the split the first DELETE is copied and deletes the row of the second holder, and a third gets in',
    lock: 'db-two-way-sync',
    plan: { ...copiedDelete, parameters: { onConflict: 'last-writer-wins' } },
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'DELETE asks for the owner',
      plan: {
        ...copiedDelete,
        parameters: { onConflict: 'last-writer-wins', checkOwner: true },
      },
      shows: { ownership: 'held', 'exclusion/belief': 'violated' },
    },
    note: 'With onConflict: stop no DELETE is copied any more, as the conflict of the two INSERTs has ended the copying.',
  },
  {
    row: 'A6.4',
    tells:
      'the copying stops at the first conflict, and from then on there are two locks of one name',
    lock: 'db-two-way-sync',
    plan: {
      network: ONE_MS,
      rounds: 2,
      workload: { startMs: [0, 100], workMs: 1_000, thinkMs: 500, retryMs: 20 },
      faults: [
        split(['client-2']),
        // The second round of client-2 begins so late that the other's row would long have been copied.
        {
          kind: 'pause',
          node: 'client-2',
          at: { node: 'client-2', event: 'released' },
          forMs: 400,
        },
      ],
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'violated' },
    note: 'The pair stays available, as the article says, but as two lock services that know nothing of each other.',
  },
])
