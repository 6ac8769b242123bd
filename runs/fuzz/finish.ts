/** What becomes of the smallest plan that broke a promise: it is shrunk, and made a counterexample. */

import type { AnyAlgorithm } from '#algorithms'
import type { PromiseName } from '#checkers'
import { COUNTEREXAMPLE_FORMAT } from '../keep/counterexample.ts'
import type { Counterexample, CounterexampleInput } from '../keep/counterexample.ts'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import { breaks, shrink } from '../shrink/shrink.ts'
import { referenceOf } from './locks.ts'
import type { PlanOptions } from './plans.ts'
import { planOfRun } from './stretch.ts'

/** Which run of a campaign, counted from 0, broke which promise. */
export interface Finish {
  readonly seed: number
  readonly run: number
  readonly promise: PromiseName
}

/** A plan as drawn, and what was made of it. */
export interface Finished {
  readonly plan: Plan
  readonly counterexample: Counterexample
}

const counterexampleOf = ({
  algorithm,
  promise,
  plan,
  minimal,
}: CounterexampleInput): Counterexample => {
  const { hash, verdicts } = run(plan, { algorithm })
  const broken = verdicts.find((verdict) => verdict.promise === promise)
  return {
    format: COUNTEREXAMPLE_FORMAT,
    algorithm: referenceOf(algorithm),
    promise,
    sentence: broken?.witness?.proof[0] ?? broken?.evidence ?? '',
    necessary: [],
    minimal,
    hash,
    plan,
    story: [],
  }
}

/** Shrinks the plan of a run for as long as it breaks the promise. */
export const finish = (
  algorithm: AnyAlgorithm,
  options: PlanOptions,
  { seed, run: number, promise }: Finish,
  begun?: () => void,
): Finished => {
  const plan = planOfRun(algorithm, options, seed, number)
  const fails = breaks(algorithm, promise)
  const smallest = shrink(algorithm, plan, (candidate) => {
    begun?.()
    return fails(candidate)
  })
  const { plan: shrunk, minimal } = smallest
  return { plan, counterexample: counterexampleOf({ algorithm, promise, plan: shrunk, minimal }) }
}
