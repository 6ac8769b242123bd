/** Which faults of a plan it takes to break a promise: each is left out alone, all else being equal. */

import type { AnyAlgorithm } from '#algorithms'
import type { Verdict } from '#checkers'
import { SimulationError } from '#sim'
import type { NecessaryFault } from '../keep/counterexample.ts'
import type { Plan } from '../plan.ts'
import { checkersOf, run } from '../run.ts'
import { faultWords } from './fault-words.ts'
import { without } from './part.ts'

/** What one promise comes to in a run of this plan; a message if the lock's own code breaks it off. */
export const verdictOn = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  promise: string,
): Verdict | { readonly message: string } => {
  const checkers = checkersOf(algorithm).filter((checker) => checker.promise === promise)
  try {
    const [verdict] = run(plan, { algorithm, checkers }).verdicts
    return verdict ?? { message: `nobody judges ${promise}` }
  } catch (error) {
    if (error instanceof SimulationError) return { message: error.message }
    throw error
  }
}

const WORDS = {
  held: 'holds',
  violated: 'is broken all the same',
  vacuous: 'is not put to the test',
  inconclusive: 'remains open',
  'not offered': 'is not offered',
} as const

const withoutWords = (promise: string, verdict: ReturnType<typeof verdictOn>): string =>
  'message' in verdict
    ? `the run is broken off: ${verdict.message}`
    : `${promise} ${WORDS[verdict.verdict]}: ${verdict.evidence}`

/** A fault of a plan, and whether the promise is kept without it. */
export interface Weighed extends NecessaryFault {
  readonly necessary: boolean
}

/** Every fault of a plan, weighed by leaving it out. */
export const weighedFaults = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  promise: string,
): readonly Weighed[] =>
  plan.faults.map((fault, index) => {
    const verdict = verdictOn(algorithm, { ...plan, faults: without(plan.faults, index) }, promise)
    return {
      fault: faultWords(fault),
      without: withoutWords(promise, verdict),
      necessary: 'message' in verdict || verdict.verdict !== 'violated',
    }
  })

/** Every fault of a plan, with what becomes of the promise when it alone is left out. */
export const necessaryFaults = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  promise: string,
): readonly NecessaryFault[] =>
  weighedFaults(algorithm, plan, promise).map(({ fault, without: words }) => ({
    fault,
    without: words,
  }))
