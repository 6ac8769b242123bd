/** Rechecking: whether a counterexample still breaks its promise after the lock has been edited, and if not, why. */

import { isLock } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { inMs } from '#checkers'
import type { Verdict } from '#checkers'
import { describeMoment, SimulationError } from '#sim'
import type { FactEvent } from '#sim'
import { InputError } from '../errors.ts'
import { parsePlan } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'
import { algorithmNamed, parametersOf } from '../settle.ts'
import { breaks } from '../shrink/shrink.ts'
import type { Counterexample } from './counterexample.ts'
import { nearby } from './nearby.ts'
import { firstDifference, firstMissing, inWords, linesOf, storyOf } from './story.ts'

/** What became of a counterexample. */
export type Recheck =
  /** The promise is broken. `identical`: by the very same run. */
  | {
      readonly outcome: 'still broken'
      readonly identical: boolean
      /** In words, for people. */
      readonly message: string
      /** A plan that breaks it now: the recorded one, or one nearby. */
      readonly plan: Plan
    }
  /** Everything happened that should, and the promise held, under plans nearby too. */
  | { readonly outcome: 'no longer broken'; readonly message: string }
  /** Something that it needs did not happen. */
  | { readonly outcome: 'does not apply'; readonly message: string }

interface Attempt {
  readonly result: RunResult
  readonly facts: readonly FactEvent[]
  readonly verdict: Verdict | undefined
}

/** Runs a plan; says what is wrong where the lock cannot be run by it any more. */
const attempt = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  promise: string,
): Attempt | { readonly failure: string } => {
  const facts: FactEvent[] = []
  try {
    const result = run(plan, { algorithm, fact: (event) => facts.push(event) })
    return { result, facts, verdict: result.verdicts.find((one) => one.promise === promise) }
  } catch (error) {
    // A node or a parameter that is gone, or a mistake that the edit has made.
    if (error instanceof InputError || error instanceof SimulationError)
      return { failure: error.message }
    throw error
  }
}

/** The first fault that did not strike. Of drawn ones that nobody shrank, one that strikes is enough. */
const missedFault = (plan: Plan, landed: readonly number[]): string | undefined => {
  if (plan.drawn && landed.length > 0) return undefined
  const missed = plan.faults.findIndex((_fault, index) => !landed.includes(index))
  const fault = plan.faults[missed]
  return fault === undefined ? undefined : `fault ${missed} (${fault.kind}) never struck`
}

/** Why a promise was not put to the test as it had been. Undefined if it was. */
const untested = (
  { story, promise }: Counterexample,
  plan: Plan,
  { result, facts, verdict }: Attempt,
): string | undefined => {
  const fault = missedFault(plan, result.landed)
  if (fault === undefined && verdict?.verdict === 'held') return undefined
  const missing = firstMissing(story, linesOf(facts))
  const expected =
    missing === undefined ? '' : `expected ${inWords(missing.line)} at step ${missing.step}`
  const why = fault ?? `${promise} is ${verdict?.verdict ?? 'judged by nobody'}`
  return expected === '' ? why : `${expected}; ${why}`
}

const differenceWords = (recorded: readonly string[], story: readonly string[]): string => {
  const found = firstDifference(recorded, story)
  return found === undefined
    ? 'the same story, with other messages or times in between'
    : `the story differs from step ${found.step} on: ${found.line}`
}

/**
 * Runs a counterexample again. Where it does not break its promise any more, plans nearby are tried before that is said:
 * an edit that adds a message should not lose a counterexample.
 *
 * @throws InputError when its lock is gone
 */
export const recheck = (
  counterexample: Counterexample,
  algorithm: AnyAlgorithm = algorithmNamed(counterexample.algorithm),
): Recheck => {
  const { promise, hash, story } = counterexample
  const plan = parsePlan(counterexample.plan)
  const now = attempt(algorithm, plan, promise)
  if (!('failure' in now) && now.verdict?.verdict === 'violated') {
    const identical = now.result.hash === hash
    const message = identical
      ? 'still broken, by the same run'
      : `still broken; ${differenceWords(story, storyOf(now.facts, now.verdict.witness))}`
    return { outcome: 'still broken', identical, message, plan }
  }

  const isBroken = breaks(algorithm, promise)
  let tried = 0
  for (const near of nearby(plan, leaseOf(algorithm, plan))) {
    tried++
    if (canRun(isBroken, near)) {
      const message = `still broken, by a plan nearby (no. ${tried}): ${changeOf(plan, near)}`
      return { outcome: 'still broken', identical: false, message, plan: near }
    }
  }
  const why = 'failure' in now ? now.failure : untested(counterexample, plan, now)
  return why === undefined
    ? {
        outcome: 'no longer broken',
        message: `no longer broken: ${promise} was put to the test and held, also under ${tried} plans nearby`,
      }
    : {
        outcome: 'does not apply',
        message: `does not apply any more: ${why}; nor does any of ${tried} plans nearby break ${promise}`,
      }
}

/** How long the lock outlives a silent holder, by the parameters of the plan; nobody knows for those that it has no more. */
const leaseOf = (algorithm: AnyAlgorithm, { parameters }: Plan): number => {
  if (!isLock(algorithm)) return Infinity
  const known = Object.entries(parameters).filter(([name]) =>
    Object.hasOwn(algorithm.parameters, name),
  )
  return algorithm.leaseMs(parametersOf(algorithm, Object.fromEntries(known)) as never)
}

/** Whether a plan nearby breaks the promise. One that names what is gone does not. */
const canRun = (isBroken: (plan: Plan) => boolean, plan: Plan): boolean => {
  try {
    return isBroken(plan)
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}

/** What a plan nearby has changed, in words. */
const changeOf = (plan: Plan, near: Plan): string => {
  const moved = near.faults.flatMap((fault, index) =>
    fault === plan.faults[index] ? [] : [`fault ${index} ${describeMoment(fault.at)}`],
  )
  const faults = moved.length > 1 ? ['faults of other lengths, at other times'] : moved
  const { workMs } = near.workload
  return [
    ...faults,
    ...(workMs === plan.workload.workMs ? [] : [`work of ${inMs(workMs)}`]),
    ...(near.seed === plan.seed ? [] : [`seed ${near.seed}`]),
  ].join(', ')
}
