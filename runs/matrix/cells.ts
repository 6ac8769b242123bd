/** The cells of the matrix: what came of one promise of one lock under one class of faults, in a word, with the evidence. */

import type { PromiseName, VerdictName } from '#checkers'
import type { AnyAlgorithm } from '#algorithms'
import { decides } from '../outcome.ts'
import { checkersOf } from '../run.ts'
import type { Campaign, MatrixRow } from './matrix.ts'
import type { Example, VerdictCounts } from './campaign.ts'

/** One cell. */
export interface Cell {
  readonly algorithm: string
  readonly promise: PromiseName
  readonly fault: string
  readonly verdict: VerdictName
  /** Runs of the campaign, and of them those in which the promise was put to the test. */
  readonly runs: number
  readonly tested: number
  /** Runs that broke it. */
  readonly violated: number
  /** Faults that struck in all of these runs. */
  readonly landed: number
  /** Whether breaking it fails a run: the lock claims it, or everybody needs it. */
  readonly decides: boolean
  /** The smallest run that broke it. */
  readonly example: Example | undefined
}

/** Contention is no promise of the lock, but says whether the others were tested. */
export const matrixPromises = (algorithm: AnyAlgorithm): readonly PromiseName[] =>
  checkersOf(algorithm)
    .map(({ promise }) => promise)
    .filter((promise) => promise !== 'contention')

/** What several runs come to together: the worst of them, and held only if one put it to the test. */
export const verdictOfRuns = (counts: VerdictCounts): VerdictName =>
  (['violated', 'held', 'inconclusive', 'vacuous'] as const).find(
    (verdict) => (counts[verdict] ?? 0) > 0,
  ) ?? 'not offered'

const cellOf = (
  algorithm: AnyAlgorithm,
  promise: PromiseName,
  { fault, result }: Campaign,
): Cell => {
  const tally = result?.promises[promise]
  const counts = tally?.counts ?? {}
  const broken = counts.violated ?? 0
  const kept = counts.held ?? 0
  const verdict = result === undefined ? 'vacuous' : verdictOfRuns(counts)
  return {
    algorithm: algorithm.name,
    promise,
    fault: fault.name,
    verdict,
    runs: result?.runs ?? 0,
    tested: broken + kept,
    violated: broken,
    landed: result?.landed ?? 0,
    decides: decides(algorithm, promise),
    example: tally?.smallest,
  }
}

/** All cells of a row, promise by promise. */
export const cellsOf = ({ algorithm, campaigns }: MatrixRow): readonly Cell[] =>
  matrixPromises(algorithm).flatMap((promise) =>
    campaigns.map((campaign) => cellOf(algorithm, promise, campaign)),
  )
