/** What a thread does for a campaign: a stretch of its runs, or the smallest plan that broke a promise made smaller. */

import { beat } from '../guard/heartbeat.ts'
import { lockOf } from '../guard/locks.ts'
import { finish } from './finish.ts'
import type { Finish, Finished } from './finish.ts'
import type { PlanOptions } from './plans.ts'
import { runStretch } from './stretch.ts'
import type { Stretch, StretchSum } from './stretch.ts'

/** The work itself. */
export type Work =
  { readonly stretch: Stretch; readonly skip: readonly number[] } | { readonly finish: Finish }

/** The work, and what it is about; it can be sent to a thread. */
export interface FuzzTask {
  /** By what the lock is found in the thread. */
  readonly reference: string
  readonly options: PlanOptions
  readonly work: Work
}

/** What comes of the work. */
export type FuzzAnswer = { readonly sum: StretchSum } | { readonly finished: Finished }

/** Does it. */
export const runFuzzTask = async ({ reference, options, work }: FuzzTask): Promise<FuzzAnswer> => {
  const { lock: algorithm } = await lockOf(reference)
  if ('finish' in work) {
    return { finished: finish(algorithm, options, work.finish, () => beat(work.finish.run)) }
  }
  const { stretch, skip } = work
  return { sum: runStretch(algorithm, options, stretch, { begun: beat, skip }) }
}
