/** Shrinking: from a plan on which something goes wrong to a smallest one on which it still does. */

import type { AnyAlgorithm } from '#algorithms'
import { SimulationError } from '#sim'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'
import { weakenings } from './weaken.ts'

/** Whether what is looked for still happens on a plan. Any question will do: a promise broken, a user's function. */
export type Fails = (plan: Plan) => boolean

/** What came of shrinking. */
export interface Shrunk {
  readonly plan: Plan
  /** Plans that were tried. */
  readonly tries: number
  /** Whether each single weakening of what is left was tried and makes it hold: 1-minimal. False if the tries ran out. */
  readonly minimal: boolean
}

/** A question about the result of a run, as one about its plan. A plan on which the lock's own code fails is no answer. */
export const failsWhere =
  (algorithm: AnyAlgorithm, wanted: (result: RunResult) => boolean): Fails =>
  (plan) => {
    try {
      return wanted(run(plan, { algorithm }))
    } catch (error) {
      if (error instanceof SimulationError) return false
      throw error
    }
  }

/** Whether a plan breaks this promise. */
export const breaks = (algorithm: AnyAlgorithm, promise: string): Fails =>
  failsWhere(algorithm, ({ verdicts }) =>
    verdicts.some((verdict) => verdict.promise === promise && verdict.verdict === 'violated'),
  )

/** Tries that one plan is worth. */
const TRIES_MAX = 5_000

/** Weakens a plan one part at a time for as long as it fails. The same plan and question give the same smallest plan. */
export const shrink = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  fails: Fails,
  { triesMax = TRIES_MAX }: { readonly triesMax?: number } = {},
): Shrunk => {
  let smallest = plan
  let tries = 0
  for (;;) {
    let next: Plan | undefined
    for (const candidate of weakenings(smallest, algorithm)) {
      if (tries === triesMax) return { plan: smallest, tries, minimal: false }
      tries++
      if (!fails(candidate)) continue
      next = candidate
      break
    }
    if (next === undefined) return { plan: smallest, tries, minimal: true }
    smallest = next
  }
}
