/** `gc-pause`: the holder stands still past the end of its lease and then writes. */

import { defineScenario } from './scenario.ts'

/** C1 reads, stops the world for one and a half leases, C2 gets the lock and writes, C1 wakes and writes at once. */
export const gcPause = defineScenario({
  name: 'gc-pause',
  summary:
    'the holder stands still past its lease, another takes over, the first wakes up and writes',
  source: 'Kleppmann, How to do distributed locking (2016), first figure; also HBase',
  plan: ({ leaseMs }) => ({
    clients: 2,
    workload: { startMs: [0, leaseMs * 1.1], workMs: leaseMs / 10, retryMs: leaseMs / 100 },
    faults: [
      {
        kind: 'pause',
        node: 'client-1',
        at: { node: 'client-1', event: 'read-returned', afterMs: leaseMs / 20 },
        forMs: leaseMs * 1.5,
      },
    ],
  }),
})
