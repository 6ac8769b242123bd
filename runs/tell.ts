/** A run told as text, as the command line tells it: for programs that use locksim as a library. */

import type { TraceEvent } from '#sim'
import { commandNameOf } from './origin.ts'
import type { RunResult } from './run.ts'
import { commandLine } from './report/repeat.ts'
import { runReport } from './report/run-report.ts'
import { asciiGlyphs, plainPaint, unicodeGlyphs } from './report/style.ts'
import { sparsePlan } from './sparse.ts'

/** How a run may be told. */
export interface TellOptions {
  /** Width of the page; 80 if left out. */
  readonly columns?: number
  /** Whether to do without the characters that only some terminals have. */
  readonly ascii?: boolean
}

/** The line that repeats this plan: a command, or a line of code for a lock that no command can name. */
export const repeatPlan = ({ plan, algorithm }: Pick<RunResult<string>, 'plan' | 'algorithm'>) => {
  const written = JSON.stringify(sparsePlan(plan))
  const name = commandNameOf(algorithm)
  return name === undefined
    ? `run(parsePlan(${written}), { algorithm })`
    : commandLine(['run', name, '--plan', written])
}

/**
 * Tells a run: what it was, its story, the verdicts with their proofs, and how to repeat it. `events` are what the run's
 * `record` was given, in order.
 */
export const tell = (
  result: RunResult<string>,
  events: readonly TraceEvent[],
  { columns = 80, ascii = false }: TellOptions = {},
): string =>
  runReport(
    { ...result, events, repeat: repeatPlan(result) },
    { paint: plainPaint, glyphs: ascii ? asciiGlyphs : unicodeGlyphs, columns },
  )
