/** The threads of a campaign. */

import { Piscina } from 'piscina'
import type { FuzzAnswer, FuzzTask } from './task.ts'

/** What a thread came to that did not end its task. */
interface ThreadMishap {
  /** The last run that it began, if any. */
  readonly beat: number | undefined
  readonly message: string
}

/** How a task ended. */
type Ended = { readonly answer: FuzzAnswer } | { readonly mishap: ThreadMishap }

/** Threads that do tasks. */
export interface Threads {
  run(task: FuzzTask): Promise<Ended>
  close(): Promise<void>
}

/** In a thread: the run of this number begins. */
export const beat = (_run: number): void => undefined

/** Sources that were not compiled cannot be loaded by a thread. */
export const hasThreads = import.meta.url.endsWith('.js')

/** Starts threads; they are kept for all the locks of a campaign. */
export const openThreads = (workers: number): Threads => {
  const pool = new Piscina<FuzzTask, FuzzAnswer>({
    filename: new URL('./task.js', import.meta.url).href,
    name: 'runFuzzTask',
    minThreads: workers,
    maxThreads: workers,
  })
  return {
    run: async (task) => ({ answer: await pool.run(task) }),
    close: () => pool.destroy(),
  }
}
