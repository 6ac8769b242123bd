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

/** A story of more events is not read by anybody, and they would fill the memory; the trace file has them all. */
const EVENTS_TOLD_MAX = 500_000

/**
 * Runs a plan of a user's module where it can do no harm, before it is run here.
 *
 * @throws SimulationError when it hangs, dies, takes all memory, or its code breaks the rules
 */
export const rehearsed = async (plan: Plan): Promise<void> => {
  const { algorithmNamed, isTrusted, rehearse } = await import('#runs')
  if (isTrusted(algorithmNamed(plan.algorithm))) return
  const error = await rehearse(plan.algorithm, plan)
  if (error !== undefined) throw error
}

/** Runs a plan in full, and writes its trace to a file if asked to. */
export const runAndRecord = async (
  plan: Plan,
  tracePath: string | undefined,
  told: boolean,
): Promise<{ readonly result: RunResult; readonly events: readonly TraceEvent[] }> => {
  const { openTrace, run, settle } = await import('#runs')
  // A plan that cannot be run must not overwrite a file.
  settle(plan)
  await rehearsed(plan)
  const events: TraceEvent[] = []
  const writer = tracePath === undefined ? undefined : openTrace(tracePath, plan)
  let result: RunResult
  try {
    const record = (event: TraceEvent): void => {
      if (told && events.length < EVENTS_TOLD_MAX) events.push(event)
      writer?.event(event)
    }
    // Nothing is recorded where nobody will read it: that takes most of the time of a long run.
    const options = told || writer !== undefined ? { record } : {}
    result = withPlan(plan, () => run(plan, options))
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
  if (events.length === EVENTS_TOLD_MAX) {
    io.err(`locksim: only the first ${EVENTS_TOLD_MAX} events are told; --trace keeps them all\n`)
  }
  if (json) io.out(`${JSON.stringify(runJson(result), null, 2)}\n`)
  else if (format === 'events') writePage(eventList(events, styleOf(io)), io)
  else writePage(runReport({ ...result, events, repeat }, styleOf(io)), io)
  return outcomeOf(algorithm, plan, verdicts, landed).exitCode
}
