/** The threads of a campaign: guarded, as a lock of anybody's may hang, die or take all memory. */

import { openPool } from '../guard/pool.ts'
import type { GuardedPool } from '../guard/pool.ts'
import type { FuzzAnswer, FuzzTask } from './task.ts'

/** Threads that do tasks of campaigns. */
export type Threads = GuardedPool<FuzzTask, FuzzAnswer>

/** Starts threads; they are kept for all the locks of a campaign. */
export const openThreads = (workers: number): Threads =>
  openPool({ filename: new URL('./task.js', import.meta.url), name: 'runFuzzTask', workers })
