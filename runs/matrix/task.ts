/** One task of the matrix: a stretch of the seeds of one lock under one class of faults, by name or path, so that it can be sent to a thread. */

import { LocksimBug } from '#sim'
import { faultClassNamed } from '../fault-classes/index.ts'
import { loadAlgorithms } from '../modules/load.ts'
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
  readonly overrides: ClassOverrides
}

/** Runs it, with the traps set once. */
export const runTask = async ({
  algorithm,
  fault,
  from,
  to,
  overrides,
}: MatrixTask): Promise<CampaignResult | { readonly skip: string }> => {
  const [lock] = await loadAlgorithms([algorithm])
  if (lock === undefined) throw new LocksimBug(`no lock came of ${algorithm}`)
  return withTraps(() => runCampaign(lock, faultClassNamed(fault), from, to, overrides))
}
