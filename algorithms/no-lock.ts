/** No lock at all: everybody is let in at once. Shows that the alarm rings. */

import { defineAlgorithm } from './algorithm.ts'

const CLAIMED_BY = 'nobody: it is wrong on purpose'

/** Canary: grants at once, asks no server. */
export const noLock = defineAlgorithm({
  name: 'no-lock',
  summary: 'canary: grants at once and asks nobody',
  sources: ['the negative control'],
  steps: ['Acquire: return at once.', 'Release: return at once.'],
  useWhen: 'Never: it shows that the alarm rings.',
  claims: [{ promise: 'exclusion/effect', from: CLAIMED_BY }],
  canary: true,
  needs: {},
  parameters: {},
  gives: () => ({ token: false, validity: false }),
  // There is no lease; scenarios need some time to scale by.
  leaseMs: () => 10_000,

  *acquire() {
    return {}
  },

  *release() {
    return 'ok' as const
  },

  holders: () => [],
})
