/** Runs one checker over a few events, for tests. */

import type { FactEvent } from '#sim'
import type { Checker, RunEnd, RunHeader, Verdict } from '../checker.ts'
import { startJudging } from '../fold.ts'
import { finished, header } from './traces.ts'

/** The verdict of one checker; the run ends 1,000 ms after the last event unless said otherwise. */
export const judgeEvents = (
  checker: Checker,
  events: readonly FactEvent[],
  head: Partial<RunHeader> = {},
  end: Partial<RunEnd> = {},
): Verdict => {
  const judging = startJudging([checker], { ...header, ...head })
  for (const event of events) judging.see(event)
  const atMs = (events.at(-1)?.atMs ?? 0) + 1000
  return judging.end({ ...finished(atMs), ...end })[0] as Verdict
}
