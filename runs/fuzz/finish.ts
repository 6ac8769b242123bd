/** What becomes of the smallest plan that broke a promise: it is shrunk, and made a counterexample. */

import type { AnyAlgorithm } from '#algorithms'
import type { PromiseName } from '#checkers'
import { SimulationError } from '#sim'
import { InputError } from '../errors.ts'
import { WORN_CAUSE } from '../guard/worn.ts'
import { counterexampleOf } from '../keep/counterexample.ts'
import type { Counterexample } from '../keep/counterexample.ts'
import type { Plan } from '../plan.ts'
import { breaks, shrink } from '../shrink/shrink.ts'
import { FAULT_KINDS } from './kinds.ts'
import type { PlanOptions } from './plans.ts'
import { planOfRun } from './stretch.ts'

/** Which run of a campaign, counted from 0, broke which promise. */
export interface Finish {
  readonly seed: number
  readonly run: number
  readonly promise: PromiseName
  /** The plan is left as it was drawn: a weaker one has taken a thread with it. */
  readonly asDrawn?: boolean
}

/** A plan as drawn, and what was made of it; or why it could not be, where it did not break the promise again. */
export type Finished =
  | { readonly plan: Plan; readonly counterexample: Counterexample }
  | { readonly unrepeatable: string }

/** What was asked for is part of the question, and is not shrunk away. */
const askedFor = ({ parameters, fencing }: PlanOptions): readonly (keyof Plan)[] => [
  ...(parameters === undefined ? [] : (['parameters'] as const)),
  ...(fencing === undefined ? [] : (['store'] as const)),
]

/** Shrinks the plan of a run for as long as it breaks the promise. */
export const finish = (
  algorithm: AnyAlgorithm,
  options: PlanOptions,
  { seed, run: number, promise, asDrawn = false }: Finish,
  begun?: () => void,
): Finished => {
  const plan = planOfRun(algorithm, options, seed, number)
  const isBroken = breaks(algorithm, promise)
  const kinds = options.faults ?? FAULT_KINDS
  // Shrinking puts a calmer kind in the place of another, which may be one that nobody asked for.
  const fails = (candidate: Plan): boolean =>
    candidate.faults.every(({ kind }) => kinds.includes(kind)) && isBroken(candidate)
  const { plan: shrunk, minimal } = shrink(
    algorithm,
    plan,
    (candidate) => {
      begun?.()
      return fails(candidate)
    },
    { keep: askedFor(options), ...(asDrawn ? { triesMax: 0 } : {}) },
  )
  try {
    return { plan, counterexample: counterexampleOf({ algorithm, promise, plan: shrunk, minimal }) }
  } catch (error) {
    if (!(error instanceof InputError || error instanceof SimulationError)) throw error
    // Both plans broke the promise when they were run before: so this is not about the plan.
    const what = `${algorithm.name}, seed ${plan.seed}: broke ${promise} in run ${number + 1}, and not every time that the same plan was run`
    return { unrepeatable: `${what}\n${WORN_CAUSE}` }
  }
}
