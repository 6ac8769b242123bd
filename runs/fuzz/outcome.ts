/** What a campaign comes to: its exit code, and what it never put to the test. */

import type { PromiseName } from '#checkers'
import { decides, EXIT, isOccasional } from '../outcome.ts'
import type { ExitCode } from '../outcome.ts'
import type { Found, FuzzResult } from './request.ts'

/** Promises of which no run said anything, though the lock shows what they could be judged by. */
export const untestedIn = ({ coverage }: FuzzResult): readonly PromiseName[] =>
  (Object.keys(coverage.verdicts) as PromiseName[]).filter((promise) => {
    const counts = coverage.verdicts[promise] ?? {}
    const isOffered = (counts.vacuous ?? 0) + (counts.inconclusive ?? 0) > 0
    return isOffered && (counts.held ?? 0) + (counts.violated ?? 0) === 0
  })

/** 1 if a promise that decides was broken, 2 if the lock's own code failed, 4 if the runs prove little. */
export const fuzzExitCode = (result: FuzzResult): ExitCode => {
  const { algorithm, found, runs, mishapCount, nondeterminism } = result
  // What was found may not come again.
  if (nondeterminism.length > 0) return EXIT.input
  if (found.some((one) => one.decides)) return EXIT.broken
  if (mishapCount > 0) return EXIT.input
  const isDoubtful = untestedIn(result).some(
    (promise) => decides(algorithm, promise) && !isOccasional(promise),
  )
  return runs === 0 || isDoubtful ? EXIT.inconclusive : EXIT.held
}

const sizeOf = ({ counterexample: { plan } }: Found): number => plan.faults?.length ?? 0

/** The one to tell: of those that decide, if there are any, the one with the fewest faults. */
export const mostTelling = (found: readonly Found[]): Found | undefined => {
  const deciding = found.filter((one) => one.decides)
  const candidates = deciding.length > 0 ? deciding : found
  return [...candidates].sort((one, other) => sizeOf(one) - sizeOf(other))[0]
}
