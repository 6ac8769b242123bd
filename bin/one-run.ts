/** One run from its plan to its report, shared by `run` and `replay`. */

import type { ExitCode, Plan, RunResult, TraceEvent } from '#runs'
import { withPlan } from './failure.ts'
import type { Io } from './io.ts'

/** How the run is to be shown. */
export interface Showing {
  readonly json: boolean
  readonly format: 'story' | 'events'
  /** The command that repeats it. */
  readonly repeat: string
}

/** Runs a plan in full, and writes its trace to a file if asked to. */
export const record = async (
  plan: Plan,
  tracePath: string | undefined,
): Promise<{ readonly result: RunResult; readonly events: readonly TraceEvent[] }> => {
  const { openTrace, run, settle } = await import('#runs')
  // A plan that cannot be run must not overwrite a file.
  settle(plan)
  const events: TraceEvent[] = []
  const writer = tracePath === undefined ? undefined : openTrace(tracePath, plan)
  let result: RunResult
  try {
    result = withPlan(plan, () =>
      run(plan, {
        record(event) {
          events.push(event)
          writer?.event(event)
        },
      }),
    )
  } catch (error) {
    writer?.abandon()
    throw error
  }
  writer?.end(result)
  return { result, events }
}

/** Writes the report and gives the exit code. */
export const report = async (
  result: RunResult,
  events: readonly TraceEvent[],
  { json, format, repeat }: Showing,
  io: Io,
): Promise<ExitCode> => {
  const { eventList, outcomeOf, runJson, runReport } = await import('#runs')
  const { styleOf, writePage } = await import('./paint.ts')
  const { plan, algorithm, verdicts, landed } = result
  if (json) io.out(`${JSON.stringify(runJson(result), null, 2)}\n`)
  else if (format === 'events') writePage(eventList(events, styleOf(io)), io)
  else writePage(runReport({ ...result, events, repeat }, styleOf(io)), io)
  return outcomeOf(algorithm, plan, verdicts, landed).exitCode
}
