/** Fresh runs: a fixed number of random plans of a lock, to be compared with what such runs came to before. */

import type { AnyAlgorithm } from '#algorithms'
import type { PromiseName, VerdictName } from '#checkers'
import { drawPlan } from '../draw.ts'
import { runPlans } from '../matrix/campaign.ts'
import { verdictOfRuns } from '../matrix/cells.ts'
import { parsePlan } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { checkersOf } from '../run.ts'

/** Which plans are drawn. */
export interface Budget {
  /** The first seed. */
  readonly seed: number
  readonly runs: number
  /** Parameters of the lock that differ from its defaults. */
  readonly parameters: Readonly<Record<string, number | boolean | string>>
}

/** What fresh runs came to. */
export interface Fresh {
  /** What each promise came to, in the order of the judges. */
  readonly verdicts: ReadonlyMap<PromiseName, VerdictName>
  /** The smallest plan that broke each. */
  readonly broken: ReadonlyMap<PromiseName, Plan>
  /** Runs that the lock's own code broke off, and what it said the first time. */
  readonly errors: number
  readonly firstError: { readonly seed: number; readonly message: string } | undefined
}

const planOf = (algorithm: AnyAlgorithm, seed: number, parameters: Budget['parameters']): Plan => {
  const plan = drawPlan(algorithm, seed)
  return Object.keys(parameters).length === 0 ? plan : parsePlan({ ...plan, parameters })
}

function* plansOf(algorithm: AnyAlgorithm, budget: Budget): Generator<Plan, void, void> {
  for (let index = 0; index < budget.runs; index++) {
    yield planOf(algorithm, budget.seed + index, budget.parameters)
  }
}

/** Runs them. */
export const runFresh = (algorithm: AnyAlgorithm, budget: Budget): Fresh => {
  const { promises, errors, firstError } = runPlans(algorithm, plansOf(algorithm, budget))
  const verdicts = new Map<PromiseName, VerdictName>()
  const broken = new Map<PromiseName, Plan>()
  for (const { promise } of checkersOf(algorithm)) {
    const tally = promises[promise]
    verdicts.set(promise, verdictOfRuns(tally?.counts ?? {}))
    if (tally?.smallest !== undefined) {
      broken.set(promise, planOf(algorithm, tally.smallest.seed, budget.parameters))
    }
  }
  return { verdicts, broken, errors, firstError }
}
