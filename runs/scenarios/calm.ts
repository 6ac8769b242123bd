/** `calm`: no fault at all. */

import { defineScenario } from './scenario.ts'

/** Three clients take turns while nothing goes wrong. A lock that breaks here is broken. */
export const calm = defineScenario({
  name: 'calm',
  summary: 'three clients take the lock three times each and nothing goes wrong',
  source: 'the negative control',
  plan: ({ leaseMs }) => ({
    clients: 3,
    rounds: 3,
    workload: { workMs: leaseMs / 10, thinkMs: leaseMs / 100, retryMs: leaseMs / 100 },
  }),
})
