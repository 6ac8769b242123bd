/** Checking one lock in a thread of its own. */

import { lockOf } from '../guard/locks.ts'
import { withTraps } from '../traps.ts'
import { checkLock } from './check-lock.ts'
import type { LockCheck, LockTask } from './check-lock.ts'

/** Loads the lock, which another thread has not, and checks it. */
export const runCheckTask = async (task: LockTask): Promise<LockCheck> => {
  const { lock: algorithm } = await lockOf(task.algorithm)
  return withTraps(() => checkLock(algorithm, task))
}
