/** Many tasks on a few threads, their answers in the order of the tasks. */

import { setImmediate } from 'node:timers/promises'
import { openPool } from '../guard/pool.ts'
import type { Ended, Mishap } from '../guard/pool.ts'

type Runner<Task, Answer> = (task: Task) => Promise<Ended<Answer>>

/** Threads that do tasks of one kind. */
interface Crew<Task, Answer> {
  readonly run: Runner<Task, Answer>
  readonly close: () => Promise<void>
}

/** Threads that run the export `name` of a compiled module. */
export const openCrew = <Task, Answer>(
  filename: URL,
  name: string,
  workers: number,
): Crew<Task, Answer> => openPool<Task, Answer>({ filename, name, workers })

/** No threads but this one. It lets signals arrive between two tasks. */
export const crewOfOne = <Task, Answer>(
  run: (task: Task) => Promise<Answer>,
): Crew<Task, Answer> => ({
  async run(task) {
    const answer = await run(task)
    await setImmediate()
    return { answer }
  },
  close: () => Promise.resolve(),
})

/** What is asked of a crew. */
interface Orders<Task, Answer> {
  readonly lanes: number
  /** The answer for a task that has none. */
  readonly mishap: (task: Task, mishap: Mishap) => Answer
  /** Aborted, no further task is begun. */
  readonly signal: AbortSignal | undefined
  /** Called for each answer, in the order of the tasks. */
  readonly answered: (answer: Answer) => void
  readonly progress: (share: number) => void
}

/** Does all tasks. Of an interrupted list only the answers are told that no open task comes before. */
export const inOrder = async <Task, Answer>(
  tasks: readonly Task[],
  run: Runner<Task, Answer>,
  { lanes, mishap, signal, answered, progress }: Orders<Task, Answer>,
): Promise<readonly Answer[]> => {
  const waiting = new Map<number, Answer>()
  const told: Answer[] = []
  let next = 0
  let done = 0
  const isStopped = (): boolean => signal?.aborted === true
  const lane = async (): Promise<void> => {
    while (!isStopped()) {
      const index = next++
      const task = tasks[index]
      if (task === undefined) return
      const ended = await run(task)
      // Its thread was taken away because somebody did not want to wait.
      if ('mishap' in ended && isStopped()) return
      waiting.set(index, 'answer' in ended ? ended.answer : mishap(task, ended.mishap))
      progress(++done / tasks.length)
      while (waiting.has(told.length)) {
        const answer = waiting.get(told.length) as Answer
        waiting.delete(told.length)
        told.push(answer)
        answered(answer)
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return told
}
