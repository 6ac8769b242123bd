/** The example of the page on shrinking: from a drawn plan to a smallest one, in code. */

import {
  algorithmNamed,
  breaks,
  causeOf,
  drawPlan,
  failsWhere,
  necessaryFaults,
  shrink,
  sparsePlan,
} from 'locksim'

const lock = algorithmNamed('redlock-published')
const drawn = drawPlan(lock, 28)
const { plan, minimal } = shrink(lock, drawn, breaks(lock, 'exclusion/effect'))
console.log(
  `${drawn.faults.length} faults before, ${plan.faults.length} after, minimal: ${minimal}`,
)
console.log(causeOf(lock, plan, 'exclusion/effect'))
for (const { fault, without } of necessaryFaults(lock, plan, 'exclusion/effect')) {
  console.log(`${fault}: without it ${without}`)
}

// Any question will do.
const twice = shrink(
  lock,
  drawn,
  failsWhere(lock, ({ tally }) => tally.grants >= 2),
)
console.log(JSON.stringify(sparsePlan(twice.plan)))
