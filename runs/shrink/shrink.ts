/** Shrinking: from a plan on which something goes wrong to a smallest one on which it still does. */

import type { AnyAlgorithm } from '#algorithms'
import { SimulationError } from '#sim'
import type { Plan } from '../plan.ts'
import { checkersOf, run } from '../run.ts'
import type { RunOptions, RunResult } from '../run.ts'
import { isSame } from '../plan-defaults.ts'
import { waitsInVain } from './dead-servers.ts'
import { weakenings, weakeningsByPart } from './weaken.ts'

/** Whether what is looked for still happens on a plan. Any question will do: a promise broken, a user's function. */
export type Fails = (plan: Plan) => boolean

/** What came of shrinking. */
export interface Shrunk {
  readonly plan: Plan
  /** Plans that were tried. */
  readonly tries: number
  /** Whether each single weakening of what is left was tried and makes it hold: 1-minimal. False if the tries ran out. */
  readonly minimal: boolean
  /** How many plans are one step weaker than this one: if it is minimal, each of them was tried. */
  readonly weaker: number
}

/** A question about the result of a run, as one about its plan. A plan on which the lock's own code fails is no answer. */
export const failsWhere =
  (
    algorithm: AnyAlgorithm,
    wanted: (result: RunResult) => boolean,
    options: Pick<RunOptions, 'checkers'> = {},
  ): Fails =>
  (plan) => {
    try {
      return wanted(run(plan, { ...options, algorithm }))
    } catch (error) {
      if (error instanceof SimulationError) return false
      throw error
    }
  }

/**
 * Whether a plan breaks this promise, and not only because the plan waits in vain for a promotion. Nobody else is asked to
 * judge: that would be half of the time.
 */
export const breaks = (algorithm: AnyAlgorithm, promise: string): Fails =>
  failsWhere(
    algorithm,
    ({ verdicts, plan, landed }) =>
      verdicts[0]?.verdict === 'violated' && !waitsInVain(plan, landed),
    { checkers: checkersOf(algorithm).filter((checker) => checker.promise === promise) },
  )

/** How far to go. */
export interface ShrinkOptions {
  /** Plans that are tried at the most. */
  readonly triesMax?: number
  /** Fields of the plan that belong to the question and stay as they are: parameters that were asked for, say. */
  readonly keep?: readonly (keyof Plan)[]
}

const keeps = (candidate: Plan, plan: Plan, fields: readonly (keyof Plan)[]): boolean =>
  fields.every((field) => isSame(candidate[field], plan[field]))

const weakerThan = (plan: Plan, algorithm: AnyAlgorithm, fields: readonly (keyof Plan)[]): number =>
  new Set(
    [...weakenings(plan, algorithm)]
      .filter((weaker) => keeps(weaker, plan, fields))
      .map((weaker) => JSON.stringify(weaker)),
  ).size

/** Tries that one plan is worth. */
const TRIES_MAX = 20_000

/**
 * Weakens a plan one part at a time for as long as it fails. The same plan and question give the same smallest plan.
 *
 * After a step that worked it goes on where it was, with the same part of the plan, and not from the top: what failed
 * a moment ago mostly still fails. It ends when all parts have been gone through and no step works any more.
 */
export const shrink = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  fails: Fails,
  { triesMax = TRIES_MAX, keep = [] }: ShrinkOptions = {},
): Shrunk => {
  let smallest = plan
  let tries = 0
  // Questions have one answer, so that what has held need not be asked again.
  const held = new Set<string>()
  const stillFails = (candidate: Plan): boolean => {
    if (!keeps(candidate, plan, keep)) return false
    const text = JSON.stringify(candidate)
    if (held.has(text)) return false
    tries++
    if (fails(candidate)) return true
    held.add(text)
    return false
  }

  const count = weakeningsByPart.length
  for (let part = 0, inVain = 0; inVain < count; part = (part + 1) % count) {
    const weaken = weakeningsByPart[part] as (typeof weakeningsByPart)[number]
    let worked = false
    let from = 0
    for (let goOn = true; goOn;) {
      goOn = false
      let index = 0
      for (const candidate of weaken(smallest, algorithm)) {
        if (index++ < from) continue
        if (tries === triesMax)
          return {
            plan: smallest,
            tries,
            minimal: false,
            weaker: weakerThan(smallest, algorithm, keep),
          }
        if (!stillFails(candidate)) continue
        smallest = candidate
        from = index - 1
        goOn = true
        worked = true
        break
      }
    }
    inVain = worked ? 0 : inVain + 1
  }
  return { plan: smallest, tries, minimal: true, weaker: weakerThan(smallest, algorithm, keep) }
}
