/** `calm` and `slow-holder`: no fault at all. */

import { defineScenario } from './scenario.ts'

/** Three clients take turns while nothing goes wrong. A lock that breaks here is broken. */
export const calm = defineScenario({
  name: 'calm',
  summary: 'three clients take the lock three times each and nothing goes wrong',
  source: 'the negative control',
  plan: () => ({
    clients: 3,
    rounds: 3,
    workload: { workMs: 1_000, thinkMs: 100, retryMs: 100 },
  }),
})

/** No fault either, but the work takes longer than the lease, or than others are prepared to wait. */
export const slowHolder = defineScenario({
  name: 'slow-holder',
  summary: 'nothing goes wrong, but the holder works longer than its lease lasts',
  source: 'what every lease without renewal is asked in the end',
  plan: ({ leaseMs }) => ({
    clients: 2,
    workload: { startMs: [0, leaseMs / 100], workMs: leaseMs * 1.2, retryMs: leaseMs / 100 },
  }),
})
