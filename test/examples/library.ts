/** The example of the README: locksim as a library. */

import { parsePlan, run } from 'locksim'

const plan = parsePlan({
  format: 'locksim-plan/1',
  algorithm: 'redis-set-px',
  parameters: { ttlMs: 2_000 },
  rounds: 3,
  faults: [
    { kind: 'pause', node: 'client-1', at: { node: 'client-1', event: 'granted' }, forMs: 5_000 },
  ],
  seed: 42,
})
for (const { promise, verdict, evidence } of run(plan).verdicts) {
  console.log(promise, verdict, evidence)
}
