/** `run` with one lock: its story. */

import type { AnyAlgorithm, Asked, RunRequest } from '#runs'
import type { Io } from './io.ts'
import { report, runAndRecord } from './one-run.ts'

/** What to do with the run beside telling it. */
export interface OneRunOptions {
  readonly trace?: string
  readonly save?: string
  readonly format: 'story' | 'events'
  readonly json: boolean
}

/** Runs one lock and gives the exit code. */
export const runOne = async (
  lock: AnyAlgorithm,
  request: RunRequest,
  asked: Asked,
  { trace, save, format, json }: OneRunOptions,
  io: Io,
): Promise<number> => {
  const { EXIT, planFor, repeatLine, writePlan } = await import('#runs')
  const plan = planFor(lock, request)
  if ('skip' in plan) {
    const reason = `${lock.name} has no part in ${request.scenario ?? request.under ?? 'this'}: ${plan.skip}`
    io.out(
      json
        ? `${JSON.stringify({ algorithm: lock.name, scenario: request.scenario ?? null, skipped: plan.skip }, null, 2)}\n`
        : `${reason}\n`,
    )
    return EXIT.inconclusive
  }
  if (save !== undefined) writePlan(save, plan)
  const { result, events } = await runAndRecord(plan, trace, !json)
  return report(result, events, { json, format, repeat: repeatLine(plan, asked) }, io)
}
