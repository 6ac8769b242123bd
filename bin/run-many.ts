/** `run` with several locks: a table. One lock that cannot be run does not keep the others from running. */

import type { AnyAlgorithm, Asked, ExitCode, RunJson, RunRequest, TableRow } from '#runs'
import { withPlan } from './failure.ts'
import { rehearsed } from './one-run.ts'
import type { Io } from './io.ts'

/** Runs each lock and gives the exit code of the worst. */
export const runMany = async (
  locks: readonly AnyAlgorithm[],
  request: RunRequest,
  asked: Asked,
  { json, everyLock }: { readonly json: boolean; readonly everyLock: boolean },
  io: Io,
): Promise<number> => {
  const { EXIT, outcomeOf, planFor, repeatLine, run, runJson, runTable, SimulationError, worstOf } =
    await import('#runs')
  const codes: ExitCode[] = []
  const rows: TableRow[] = []
  const values: (RunJson | object)[] = []

  for (const algorithm of locks) {
    // Every lock was asked for: one that runs on a fixed number of servers keeps to it.
    const { servers: _servers, ...fixed } = request
    const plan = planFor(algorithm, everyLock && algorithm.scales === undefined ? fixed : request)
    if ('skip' in plan) {
      rows.push({ algorithm, skip: plan.skip })
      values.push({
        algorithm: algorithm.name,
        scenario: request.scenario ?? null,
        skipped: plan.skip,
      })
      continue
    }
    const repeat = repeatLine(plan, asked)
    try {
      await rehearsed(plan)
      const result = withPlan(plan, () => run(plan))
      const { exitCode, untested } = outcomeOf(algorithm, plan, result.verdicts, result.landed)
      // Of every lock, those that are wrong on purpose say nothing about the others.
      if (!everyLock || algorithm.canary !== true) codes.push(exitCode)
      rows.push({ algorithm, plan, verdicts: result.verdicts, exitCode, untested, repeat })
      values.push(runJson(result))
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error
      codes.push(EXIT.input)
      rows.push({ algorithm, error: error.message, repeat })
      values.push({
        algorithm: algorithm.name,
        error: { exitCode: EXIT.input, message: error.message },
      })
    }
  }
  if (json) io.out(`${JSON.stringify(values, null, 2)}\n`)
  else {
    const { styleOf, writePage } = await import('./paint.ts')
    writePage(runTable(rows, styleOf(io)), io)
  }
  return codes.length === 0 ? EXIT.inconclusive : worstOf(codes)
}
