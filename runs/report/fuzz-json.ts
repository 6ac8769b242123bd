/** A campaign as one JSON value. The shape is described in docs/json.md. */

import { fuzzExitCode } from '../fuzz/outcome.ts'
import type { FuzzRequest, FuzzResult } from '../fuzz/request.ts'
import type { ExitCode } from '../outcome.ts'

/** The JSON value of some campaigns. */
export const fuzzJson = (
  results: readonly FuzzResult[],
  { seed }: Pick<FuzzRequest, 'seed'>,
  exitCode: ExitCode,
) => ({
  runs: results.reduce((sum, { runs }) => sum + runs, 0),
  seed,
  exitCode,
  found: results.flatMap(({ algorithm, found }) =>
    found.map(({ promise, decides, firstAtRun, runs, counterexample, file, plan }) => ({
      algorithm: algorithm.name,
      promise,
      decides,
      firstAtRun,
      runs,
      sentence: counterexample.sentence,
      necessary: counterexample.necessary,
      minimal: counterexample.minimal,
      hash: counterexample.hash,
      plan: counterexample.plan,
      asDrawn: plan,
      file: file ?? null,
    })),
  ),
  coverage: results.map((result) => ({
    algorithm: result.algorithm.name,
    ...result.coverage,
    mishapCount: result.mishapCount,
    mishaps: result.mishaps,
    neverReleased: { ...result.neverReleased, first: result.neverReleased.first ?? null },
    cutOff: result.cutOff,
    nondeterminism: result.nondeterminism,
    stopped: result.stopped,
    exitCode: fuzzExitCode(result),
  })),
})
