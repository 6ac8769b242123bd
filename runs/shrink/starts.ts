/** When clients begin, where some of them go or change places. */

import type { Plan } from '../plan.ts'
import { startOf } from '../play.ts'

/** When each client starts, without the repetition at the end that a plan need not spell out. */
const trimmedStarts = (starts: readonly number[]): number[] => {
  let length = starts.length
  while (length > 1 && starts[length - 1] === starts[length - 2]) length--
  return starts.slice(0, length)
}

/** When each client of a plan begins, one by one. */
export const startsOf = ({ clients, workload }: Plan): number[] =>
  Array.from({ length: clients }, (_, index) => startOf(workload.startMs, index))

/** The plan with these starts. */
export const withStarts = (plan: Plan, starts: readonly number[]): Plan => ({
  ...plan,
  workload: { ...plan.workload, startMs: trimmedStarts(starts) },
})
