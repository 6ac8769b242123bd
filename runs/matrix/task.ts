/** One task of the matrix: a stretch of the seeds of one lock under one class of faults, by name, so that it can be sent to a thread. */

import { faultClassNamed } from '../fault-classes/index.ts'
import { algorithmNamed } from '../settle.ts'
import type { ClassOverrides } from '../draw.ts'
import { withTraps } from '../traps.ts'
import { runCampaign } from './campaign.ts'
import type { CampaignResult } from './campaign.ts'

/** What to run. */
export interface MatrixTask {
  readonly algorithm: string
  readonly fault: string
  readonly from: number
  readonly to: number
  readonly overrides: ClassOverrides
}

/** Runs it, with the traps set once. */
export const runTask = (task: MatrixTask): CampaignResult | { readonly skip: string } =>
  withTraps(() =>
    runCampaign(
      algorithmNamed(task.algorithm),
      faultClassNamed(task.fault),
      task.from,
      task.to,
      task.overrides,
    ),
  )
