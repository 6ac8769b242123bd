/** Everything that is one step weaker than a plan: a fault less, a client less, a shorter pause, a rounder time. */

import type { AnyAlgorithm } from '#algorithms'
import type { Plan } from '../plan.ts'
import { leavesNobody } from './dead-servers.ts'
import { calmerKinds, fewerFields, smallerAmounts, smallerGroups } from './faults.ts'
import { lowerNames, noLabels, rounderSeed, underOtherSeeds } from './labels.ts'
import { fewerClients, fewerFaults, fewerRounds, fewerServers } from './members.ts'
import { simplerMoments } from './moments.ts'
import { isSimpler } from './order.ts'
import type { Part } from './part.ts'
import {
  calmerNetwork,
  exacterClocks,
  fewerSettings,
  plainerWork,
  usualBudget,
  usualForLonger,
} from './surroundings.ts'

/** Every part of a plan that can be weakened, the boldest steps first. */
const parts: readonly Part[] = [
  fewerFaults,
  fewerClients,
  fewerRounds,
  fewerServers,
  noLabels,
  exacterClocks,
  fewerSettings,
  calmerNetwork,
  plainerWork,
  usualForLonger,
  calmerKinds,
  fewerFields,
  smallerGroups,
  lowerNames,
  simplerMoments,
  smallerAmounts,
  usualBudget,
  underOtherSeeds(fewerFaults),
  underOtherSeeds(fewerClients),
  underOtherSeeds(fewerRounds),
  underOtherSeeds(fewerServers),
  underOtherSeeds(lowerNames),
  rounderSeed,
]

/** The parts, without what is no simpler than the plan that it came from: whoever goes on weakening comes to an end. */
export const weakeningsByPart: readonly Part[] = parts.map(
  (part) =>
    function* (plan, algorithm) {
      for (const weaker of part(plan, algorithm)) {
        if (isSimpler(weaker, plan, algorithm) && !leavesNobody(weaker, plan)) yield weaker
      }
    },
)

/**
 * Plans that are one step weaker, the boldest steps first: finitely many, the same for the same plan, and all of them can
 * be run. What is asked of a run (`progressWithinMs`) stays as it is, and it is never cut short earlier.
 */
export function* weakenings(plan: Plan, algorithm: AnyAlgorithm): Generator<Plan, void, void> {
  for (const part of weakeningsByPart) yield* part(plan, algorithm)
}
