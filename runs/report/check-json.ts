/** What a check came to as one JSON value. */

import type { CheckResult } from '../keep/check.ts'
import { EXIT } from '../outcome.ts'
import type { ExitCode } from '../outcome.ts'

/** 0 as recorded, or as it is recorded now; 1 for any difference. */
export const checkExitCode = ({ locks }: CheckResult): ExitCode =>
  locks.some(({ differences }) => differences.length > 0) ? EXIT.broken : EXIT.held

/** The value; its shape is described in docs/json.md. */
export const checkJson = (result: CheckResult) => ({
  folder: result.folder,
  exitCode: checkExitCode(result),
  locks: result.locks.map(({ algorithm, budget, files, verdicts, recorded, differences }) => ({
    algorithm,
    ...budget,
    verdicts: Object.entries(verdicts).map(([promise, verdict]) => ({
      promise,
      verdict,
      recorded: recorded?.[promise] ?? null,
    })),
    counterexamples: files.map(({ path, counterexample: { promise }, recheck }) => ({
      file: path,
      promise,
      outcome: recheck.outcome,
      identical: recheck.outcome === 'still broken' && recheck.identical,
      message: recheck.message,
    })),
    differences: differences.map(({ kind, promise, file, message, counterexample }) => ({
      kind,
      promise: promise ?? null,
      file: file ?? null,
      message,
      counterexample: counterexample ?? null,
    })),
  })),
  changes: result.changes,
})
