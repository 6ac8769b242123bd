/** Fresh runs: the first runs of a campaign of a lock, to be compared with what they came to before. */

import type { AnyAlgorithm } from '#algorithms'
import type { PromiseName, VerdictName } from '#checkers'
import { addSum, emptySum, planOfRun, runStretch, STRETCH } from '../fuzz/stretch.ts'
import { verdictOfRuns } from '../matrix/cells.ts'
import type { Plan } from '../plan.ts'
import { checkersOf } from '../run.ts'

/** Which runs: those of `fuzz --seed <seed> --runs <runs>`. */
export interface Budget {
  /** The seed of the campaign. */
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
  /** Runs that the lock's own code broke off, and what it said the first time; runs are counted from 1. */
  readonly errors: number
  readonly firstError:
    { readonly run: number; readonly seed: number; readonly message: string } | undefined
}

/** Runs them; `begun` is told the number of each, from 0 on. */
export const runFresh = (
  algorithm: AnyAlgorithm,
  { seed, runs, parameters }: Budget,
  begun: (run: number) => void,
): Fresh => {
  const options = { parameters }
  const sum = emptySum()
  for (let from = 0; from < runs; from += STRETCH) {
    const stretch = { seed, from, to: Math.min(runs, from + STRETCH) }
    addSum(sum, runStretch(algorithm, options, stretch, { begun }))
  }
  const verdicts = new Map<PromiseName, VerdictName>()
  const broken = new Map<PromiseName, Plan>()
  for (const { promise } of checkersOf(algorithm)) {
    const found = sum.promises[promise]
    verdicts.set(promise, verdictOfRuns(found?.counts ?? {}))
    if (found?.smallest !== undefined) {
      broken.set(promise, planOfRun(algorithm, options, seed, found.smallest.run))
    }
  }
  const [firstError] = sum.mishaps
  return { verdicts, broken, errors: sum.mishapCount, firstError }
}
