/** `pause-after-check`: the client stands still between its last look at the clock and the first use of the lock. */

import { defineScenario } from './scenario.ts'

/** No look at a clock catches this: the pause falls behind it. */
export const pauseAfterCheck = defineScenario({
  name: 'pause-after-check',
  summary: 'the client stands still right after it found its lease valid',
  source: 'Kleppmann and antirez (2016) agree on this window: every lock that frees itself has it',
  plan: ({ leaseMs }) => ({
    clients: 2,
    workload: { startMs: [0, leaseMs * 1.1], workMs: leaseMs / 2, retryMs: leaseMs / 100 },
    faults: [
      {
        kind: 'pause',
        node: 'client-1',
        at: { node: 'client-1', event: 'granted' },
        forMs: leaseMs * 1.5,
      },
    ],
  }),
})
