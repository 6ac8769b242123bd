/** Checking a folder: every lock that it names is held against what is recorded of it; any difference, in either direction, is told. */

import { didYouMean, InputError } from '../errors.ts'
import { algorithmNamed } from '../settle.ts'
import { failedCheck } from './check-lock.ts'
import type { LockCheck, LockTask } from './check-lock.ts'
import { runCheckTask } from './check-task.ts'
import { crewOfOne, inOrder, openCrew } from './crew.ts'
import { readFolder } from './folder.ts'
import type { KeptLock } from './folder.ts'
import type { Budget } from './fresh.ts'
import { wantsThreads } from '../guard/pool.ts'
import { applyUpdates } from './update.ts'
import type { Change } from './update.ts'

/** What is asked. */
export interface CheckRequest {
  readonly folder: string
  /** The first seed of the fresh runs, and their number; as recorded if left out. */
  readonly seed?: number
  readonly runs?: number
  readonly workers: number
  /** Writes down how things are now. */
  readonly update?: boolean
  /** Only these locks. With `update` they may be ones that the folder does not know yet. */
  readonly only?: readonly string[]
  readonly signal?: AbortSignal
  /** Called for each lock, in order; `all` is what the locks of the folder are called. */
  readonly lock?: (check: LockCheck, all: readonly string[]) => void
  readonly progress?: (share: number) => void
}

/** What came of it. */
export interface CheckResult {
  readonly folder: string
  readonly locks: readonly LockCheck[]
  /** What `update` changed. */
  readonly changes: readonly Change[]
  /** Whether there are locks that were not reached. Then nothing was written. */
  readonly interrupted: boolean
}

/** Fresh runs for each lock of which nothing is recorded. All of our locks together take seconds. */
export const FRESH_RUNS = 200

/** The locks that are asked for. */
const chosen = (
  { folder, only, update }: CheckRequest,
  locks: readonly KeptLock[],
): readonly KeptLock[] => {
  if (only === undefined) return locks
  return [...new Set(only)].map((reference) => {
    const found = locks.find(({ algorithm }) => algorithm === reference)
    if (found !== undefined) return found
    if (update === true) {
      algorithmNamed(reference)
      return { algorithm: reference, files: [], record: undefined }
    }
    const names = locks.map(({ algorithm }) => algorithm)
    throw new InputError(
      `${folder} knows no lock "${reference}"${didYouMean(reference, names)}; it has ${names.join(', ') || 'none'}`,
    )
  })
}

const budgetOf = ({ seed, runs }: CheckRequest, { record }: KeptLock): Budget => ({
  seed: seed ?? record?.seed ?? 0,
  runs: runs ?? record?.runs ?? FRESH_RUNS,
  parameters: record?.parameters ?? {},
})

/**
 * Checks a folder. The number of threads changes nothing but the time.
 *
 * @throws InputError when the folder or a file in it is wrong, or cannot be written
 */
export const check = async (request: CheckRequest): Promise<CheckResult> => {
  const { folder, workers, update = false, signal } = request
  const known = await readFolder(folder)
  const locks = chosen(request, known)
  if (locks.length === 0) {
    throw new InputError(
      `nothing is kept in ${folder}; \`npx locksim fuzz <lock> --out ${folder}\` looks for counterexamples and writes them there`,
    )
  }
  const names = locks.map(({ algorithm }) => algorithm)
  const tasks = locks.map((lock): LockTask => ({
    ...lock,
    budget: budgetOf(request, lock),
    update,
  }))
  const isAlone = !wantsThreads(
    tasks.map(({ algorithm }) => algorithmNamed(algorithm)),
    workers,
  )
  const crew = isAlone
    ? crewOfOne(runCheckTask)
    : openCrew<LockTask, LockCheck>(
        new URL('./check-task.js', import.meta.url),
        'runCheckTask',
        workers,
      )
  const stop = (): void => void crew.close()
  signal?.addEventListener('abort', stop)
  let checks: readonly LockCheck[]
  try {
    checks = await inOrder(tasks, crew.run, {
      lanes: isAlone ? 1 : workers + 1,
      mishap: failedCheck,
      signal,
      answered: (one) => request.lock?.(one, names),
      progress: (share) => request.progress?.(share),
    })
  } finally {
    signal?.removeEventListener('abort', stop)
    await crew.close()
  }
  const interrupted = checks.length < tasks.length
  const changes = update && !interrupted ? applyUpdates(folder, known, checks) : []
  return { folder, locks: checks, changes, interrupted }
}
