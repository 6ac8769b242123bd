/** Checking one lock in a thread of its own. */

import { withTraps } from '../traps.ts'
import { checkLock } from './check-lock.ts'
import type { LockCheck, LockTask } from './check-lock.ts'
import { loadAlgorithms } from '../modules/load.ts'

/** Loads the lock, which another thread has not, and checks it. */
export const runCheckTask = async (task: LockTask): Promise<LockCheck> => {
  const [algorithm] = await loadAlgorithms([task.algorithm])
  if (algorithm === undefined) throw new Error(`no lock came of ${task.algorithm}`)
  return withTraps(() => checkLock(algorithm, task))
}
