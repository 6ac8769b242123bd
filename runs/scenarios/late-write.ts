/** `late-write`: the holder's write is held up by the network until long after its lease. */

import { defineScenario } from './scenario.ts'

/** The client did nothing wrong: it was valid when it sent. Only a check at the store can tell. */
export const lateWrite = defineScenario({
  name: 'late-write',
  summary: 'the network holds up the holder’s write for three leases; meanwhile the holder crashed',
  source: 'github.blog, incident of 22 December 2012 (packets delayed by some 90 s)',
  plan: ({ leaseMs }) => ({
    clients: 2,
    workload: { startMs: [0, leaseMs / 2], workMs: leaseMs / 30, retryMs: leaseMs / 100 },
    faults: [
      {
        kind: 'message',
        action: 'delay',
        from: 'client-1',
        to: 'store',
        operation: 'write',
        at: 0,
        byMs: leaseMs * 3,
      },
      {
        kind: 'crash',
        node: 'client-1',
        at: { node: 'client-1', event: 'write-sent', afterMs: leaseMs / 300 },
      },
    ],
  }),
})
