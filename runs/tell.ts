/** A run told as text, as the command line tells it: for programs that use locksim as a library. */

import type { TraceEvent } from '#sim'
import { InputError } from './errors.ts'
import { commandNameOf } from './origin.ts'
import { run } from './run.ts'
import type { RunResult } from './run.ts'
import { commandLine } from './report/repeat.ts'
import { runReport } from './report/run-report.ts'
import { asciiGlyphs, plainPaint, unicodeGlyphs } from './report/style.ts'
import { sparsePlan } from './shrink/sparse.ts'

/** How a run may be told. */
export interface TellOptions {
  /** What the run's `record` was given, in order. If left out the run is had again from its plan. */
  readonly events?: readonly TraceEvent[]
  /** Width of the page; 80 if left out. */
  readonly columns?: number
  /** Whether to do without the characters that only some terminals have. */
  readonly ascii?: boolean
}

/** The events of a run that nobody recorded; undefined if its plan alone does not give it again. */
export const eventsOf = ({
  plan,
  algorithm,
  hash,
}: RunResult<string>): readonly TraceEvent[] | undefined => {
  const events: TraceEvent[] = []
  const again = run(plan, { algorithm, record: (event) => events.push(event) })
  return again.hash === hash ? events : undefined
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
 * Tells a run: what it was, its story, the verdicts with their proofs, and how to repeat it.
 *
 * @throws InputError for a run without its events whose chance came from elsewhere than its seed
 */
export const tell = (
  result: RunResult<string>,
  { events = eventsOf(result), columns = 80, ascii = false }: TellOptions = {},
): string => {
  if (events === undefined) {
    throw new InputError(
      'the plan of this run does not give it again, as its chance came from elsewhere: record its events, and pass them as `events`',
    )
  }
  return runReport(
    { ...result, events, repeat: repeatPlan(result) },
    { paint: plainPaint, glyphs: ascii ? asciiGlyphs : unicodeGlyphs, columns },
  )
}
