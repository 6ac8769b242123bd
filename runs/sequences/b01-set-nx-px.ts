/** Sequences of the single-server Redis lock with a random value (SET NX PX, compare-and-delete). */

import { defineSequences } from './sequence.ts'

/** redis docs/manual/patterns/distributed-locks.md, commands/set.md, and what follows from them. */
export const b01 = defineSequences('B1', 'Redis SET NX PX and compare-and-delete', [
  {
    row: 'B1.2',
    tells: 'the holder stands still past its lease and writes after another got the lock',
    lock: 'redis-set-px',
    plan: { scenario: 'gc-pause' },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated', ownership: 'held' },
  },
])
