/** What a run comes to: what it broke, what it never put to the test, and the exit code that says so. */

import type { AnyAlgorithm } from '#algorithms'
import { checkers } from '#checkers'
import type { Verdict } from '#checkers'
import type { Plan } from './plan.ts'

/** Exit codes of every command, worst last but for 2 and 3, which are about the question and the tool. */
export const EXIT = { held: 0, broken: 1, input: 2, bug: 3, inconclusive: 4 } as const

/** One of them. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What the exit code is made from. */
export interface Outcome {
  readonly exitCode: ExitCode
  /** Violated promises that the lock claims, and `exclusion/effect`, or `agreement`, which every user needs. */
  readonly broken: readonly Verdict<string>[]
  /** Why a run without a broken promise proves little, in words. */
  readonly untested: readonly string[]
}

/** What nobody can do without: of a lock, and of a commit protocol. */
const NEEDED_BY_ALL: readonly string[] = ['exclusion/effect', 'agreement']

/** Whether a run fails when this promise is broken: the lock claims it, or everybody needs it. */
export const decides = (algorithm: AnyAlgorithm, promise: string): boolean =>
  NEEDED_BY_ALL.includes(promise) || algorithm.claims.some((claim) => claim.promise === promise)

/** Whether a promise takes a run made for it: where it is vacuous it decides nothing. */
export const isOccasional = (promise: string): boolean =>
  checkers.find((checker) => checker.promise === promise)?.occasional === true

const isDoubtful = (promise: string, verdict: string): boolean =>
  verdict === 'inconclusive' || (verdict === 'vacuous' && !isOccasional(promise))

/** Whether a lock claims a promise of which its model shows nothing that could be judged. */
const isMissing = (algorithm: AnyAlgorithm, promise: string, verdict: string): boolean =>
  verdict === 'not offered' && algorithm.claims.some((claim) => claim.promise === promise)

/** Faults that never struck. Somebody who wrote one down wanted to see it; of drawn ones, one that struck will do. */
const missed = (plan: Plan, landed: readonly number[]): readonly string[] => {
  if (plan.drawn) {
    return plan.faults.length > 0 && landed.length === 0 ? ['none of the faults struck'] : []
  }
  return plan.faults.flatMap((fault, index) =>
    landed.includes(index) ? [] : [`fault ${index} (${fault.kind}) never struck`],
  )
}

/** Sums up a run. */
export const outcomeOf = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  verdicts: readonly Verdict<string>[],
  landed: readonly number[],
): Outcome => {
  const deciding = verdicts.filter(({ promise }) => decides(algorithm, promise))
  const broken = deciding.filter(({ verdict }) => verdict === 'violated')
  const untested = deciding
    .filter(
      ({ promise, verdict }) =>
        isDoubtful(promise, verdict) || isMissing(algorithm, promise, verdict),
    )
    .map(({ promise, verdict }) => `${promise} is ${verdict}`)
  untested.push(...missed(plan, landed))
  return {
    exitCode: broken.length > 0 ? EXIT.broken : untested.length > 0 ? EXIT.inconclusive : EXIT.held,
    broken,
    untested,
  }
}

/** The exit code of several questions asked at once: a bug, then bad input, then a broken promise, then doubt. */
export const worstOf = (codes: readonly ExitCode[]): ExitCode =>
  ([EXIT.bug, EXIT.input, EXIT.broken, EXIT.inconclusive] as const).find((code) =>
    codes.includes(code),
  ) ?? EXIT.held
