/** Everything that is one step weaker than a plan: a fault less, a client less, a round less. */

import type { AnyAlgorithm } from '#algorithms'
import type { Plan } from '../plan.ts'

const without = <Item>(items: readonly Item[], index: number): Item[] =>
  items.filter((_item, at) => at !== index)

/** Plans that are one step weaker, the boldest steps first. All of them can be run. */
export function* weakenings(plan: Plan, _algorithm: AnyAlgorithm): Generator<Plan, void, void> {
  for (const index of plan.faults.keys()) yield { ...plan, faults: without(plan.faults, index) }
  if (plan.rounds > 1) yield { ...plan, rounds: plan.rounds - 1 }
}
