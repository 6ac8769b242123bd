/** Whether memory grows with the number of runs: the live heap after a full collection, early and late. */

import { redlockRuns } from './runs.ts'

const EARLY = 10_000
const LATE = 100_000

/** The live heap after a full collection, in bytes. */
export const liveBytes = (): number => {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('start node with --expose-gc')
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

/** The live heap after 10,000 and after 100,000 runs, in bytes. */
export const heapOverRuns = (): { readonly early: number; readonly late: number } => {
  redlockRuns(EARLY)
  const early = liveBytes()
  redlockRuns(LATE - EARLY)
  return { early, late: liveBytes() }
}
