/** Sequences of the optimistic version column. */

import { defineSequences } from './sequence.ts'
import { late } from './timelines.ts'

/** zhisheng (2018): optimistic lock. It is a compare-and-set at the resource; nobody is kept out. */
export const a07 = defineSequences('A7', 'optimistic version column', [
  {
    row: 'A7.1',
    tells:
      'under a pause, a jump of the clock and a delayed write no increment of the row is lost, though everybody is inside at once',
    lock: 'db-version',
    plan: {
      clients: 3,
      rounds: 3,
      faults: [
        { kind: 'pause', node: 'client-1', at: 60, forMs: 5_000 },
        { kind: 'clock', node: 'client-2', at: 100, jumpMs: 60_000 },
        late('write', 'client-3', 'store', 2_000),
      ],
    },
    shows: { 'lost-update': 'held', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'for comparison: the same without the column loses increments',
      lock: 'no-lock',
      plan: { clients: 3, rounds: 3 },
      shows: { 'lost-update': 'violated' },
    },
    note: 'What holds is the weaker form of exclusion/effect: the sections that took effect can be put in a row. The strict form is broken, as the reads of the losers fall between those of the winners.',
  },
  {
    row: 'A7.2',
    tells: 'a client that works ten times as long as the others loses every race',
    lock: 'db-version',
    plan: {
      clients: 3,
      rounds: 5_000,
      // A machine that takes ten times as long for everything, so that 10 ms of work are 100.
      clocks: { 'client-1': { driftPpm: -900_000 } },
      workload: { workMs: 10, thinkMs: 0, retryMs: 0 },
      horizonMs: 20_000,
    },
    shows: { 'lost-update': 'held' },
    note: 'The slow client writes nothing in 20 s, while the others write more than a thousand times. The judge of starvation does not see it, as it counts grants, and this lock grants at once.',
  },
  {
    row: 'A7.3',
    tells:
      'the UPDATE is done and its answer lost; said again it finds another version and reports a conflict, though it was its own',
    note: 'The workload does not say a write again whose answer is lost, since nothing tells it that it may; it counts the write as unknown. To repeat it, the row would need the id of the request beside its version.',
  },
  {
    row: 'A7.4',
    tells: 'two rows with a rule between them, each checked alone: both writes pass (write skew)',
    note: 'The protected store is one counter, so there is no rule over two rows to break.',
  },
])
