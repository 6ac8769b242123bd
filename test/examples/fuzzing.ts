/** Properties of one’s own over the plans of fuzzing. */

import fc from 'fast-check'
import { algorithmNamed, plansFor, run } from 'locksim'

const lock = algorithmNamed('zk-sequential')
const plans = plansFor(lock, { faults: ['pause', 'message'], fencing: 'all' })
const isEffectKept = ({ promise, verdict }: { promise: string; verdict: string }): boolean =>
  promise !== 'exclusion/effect' || verdict !== 'violated'

fc.assert(fc.property(plans, (plan) => run(plan).verdicts.every(isEffectKept)))
