/** One task of the matrix: a stretch of the seeds of one lock under one class of faults, by name or path, so that it can be sent to a thread. */

import { faultClassNamed } from '../fault-classes/index.ts'
import { beat } from '../guard/heartbeat.ts'
import { lockOf } from '../guard/locks.ts'
import type { ClassOverrides } from '../draw.ts'
import { withTraps } from '../traps.ts'
import { runCampaign } from './campaign.ts'
import type { CampaignResult } from './campaign.ts'

/** What to run. */
export interface MatrixTask {
  /** Name of the lock, or the path of its module: a thread loads a module of its own. */
  readonly algorithm: string
  readonly fault: string
  readonly from: number
  readonly to: number
  /** Seeds that are left out: they took their thread with them. */
  readonly skip: readonly number[]
  readonly overrides: ClassOverrides
}

/** Runs it, with the traps set once. */
export const runTask = async ({
  algorithm,
  fault,
  from,
  to,
  skip,
  overrides,
}: MatrixTask): Promise<CampaignResult | { readonly skip: string }> => {
  const { lock } = await lockOf(algorithm)
  return withTraps(() =>
    runCampaign(lock, faultClassNamed(fault), from, to, overrides, { skip, begun: beat }),
  )
}
