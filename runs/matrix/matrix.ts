/** The matrix: every lock under every class of faults, in as many threads as there are; their number changes nothing but the time. */

import { setImmediate } from 'node:timers/promises'
import type { AnyAlgorithm } from '#algorithms'
import type { ClassOverrides } from '../draw.ts'
import type { FaultClass } from '../fault-classes/index.ts'
import { InputError } from '../errors.ts'
import { openPool, wantsThreads } from '../guard/pool.ts'
import type { GuardedPool } from '../guard/pool.ts'
import { referenceOf } from '../modules/registry.ts'
import { withTraps } from '../traps.ts'
import { addCampaign, emptyCampaign, runCampaign } from './campaign.ts'
import type { CampaignResult } from './campaign.ts'
import type { MatrixTask } from './task.ts'

/** What is asked. */
export interface MatrixRequest {
  readonly algorithms: readonly AnyAlgorithm[]
  readonly faultClasses: readonly FaultClass[]
  /** Runs for each lock and class. */
  readonly seeds: number
  /** The first seed. */
  readonly firstSeed: number
  readonly workers: number
  readonly overrides?: ClassOverrides
  /** Called once for each lock, in order, when all of its columns are there. */
  readonly row?: (row: MatrixRow) => void
  /** Called whenever a stretch of runs is done, with the share of all that are. */
  readonly progress?: (share: number) => void
  /**
   * Aborted, no further stretch of runs is begun; those under way are finished. The rows then hold what was run:
   * fewer runs in the last class, and neither the classes nor the locks that were not reached.
   */
  readonly signal?: AbortSignal
}

/** One lock under one class. */
export interface Campaign {
  readonly fault: FaultClass
  /** Undefined where the class cannot strike the lock; `skip` says why. */
  readonly result: CampaignResult | undefined
  readonly skip: string | undefined
}

/** One lock under all classes. */
export interface MatrixRow {
  readonly algorithm: AnyAlgorithm
  readonly campaigns: readonly Campaign[]
}

/** Runs of one task: some hundred ms. */
const STRETCH = 250

type Answer = CampaignResult | { readonly skip: string }

/** A run that took its thread with it. */
interface Mishap {
  readonly seed: number
  readonly message: string
}

/** So many of them in one stretch, and it is no use to go on. */
const MISHAPS_MAX = 3

/** Runs a stretch in a thread; runs that take their thread with them are mishaps, and left out the next time. */
const inThreads =
  (pool: GuardedPool<MatrixTask, Answer>, overrides: ClassOverrides): Runner =>
  async ({ algorithm, fault, from, to }) => {
    const mishaps: Mishap[] = []
    for (;;) {
      const ended = await pool.run({
        algorithm: referenceOf(algorithm),
        fault: fault.name,
        from,
        to,
        skip: mishaps.map(({ seed }) => seed),
        overrides,
      })
      if ('answer' in ended) return withMishaps(ended.answer, mishaps)
      const { beat: seed, message } = ended.mishap
      const text = `${algorithm.name}${seed === undefined ? '' : `, seed ${seed}`}: its code ${message}`
      if (seed === undefined || mishaps.length === MISHAPS_MAX) throw new InputError(text)
      mishaps.push({ seed, message: text })
    }
  }

const withMishaps = (answer: Answer, mishaps: readonly Mishap[]): Answer => {
  if ('skip' in answer || mishaps.length === 0) return answer
  const errors = emptyCampaign()
  errors.errors = mishaps.length
  errors.firstError = [...mishaps].sort((one, other) => one.seed - other.seed)[0]
  addCampaign(errors, answer)
  return errors
}

const stretchesOf = (
  first: number,
  seeds: number,
): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(seeds / STRETCH) }, (_, index) => ({
    from: first + index * STRETCH,
    to: first + Math.min(seeds, (index + 1) * STRETCH),
  }))

/** One task and its place in the table. */
interface Placed {
  readonly row: number
  readonly column: number
  readonly algorithm: AnyAlgorithm
  readonly fault: FaultClass
  readonly from: number
  readonly to: number
}

type Runner = (task: Placed) => Promise<Answer>

const inThisThread =
  (overrides: ClassOverrides): Runner =>
  async ({ algorithm, fault, from, to }) => {
    const answer = withTraps(() => runCampaign(algorithm, fault, from, to, overrides))
    // Without a turn of the event loop no signal would ever arrive.
    await setImmediate()
    return answer
  }

/**
 * Runs the matrix. The rows come in the order of the locks, whichever thread is done first, and each is the sum
 * of its runs, so that the number of threads changes nothing in it. A lock that is neither in the registry nor in a
 * module of its own is run in this thread: another one would not know it.
 */
export const runMatrix = async (request: MatrixRequest): Promise<readonly MatrixRow[]> => {
  const { workers, overrides = {} } = request
  if (!wantsThreads(request.algorithms, workers)) {
    return runRows(request, inThisThread(overrides), 1)
  }
  const pool = openPool<MatrixTask, Answer>({
    filename: new URL('./task.js', import.meta.url),
    name: 'runTask',
    workers,
  })
  try {
    // A task more than there are threads, so that none waits for this one to hand out the next.
    return await runRows(request, inThreads(pool, overrides), workers + 1)
  } finally {
    await pool.close()
  }
}

const tasksOf = ({ algorithms: locks, faultClasses, seeds, firstSeed }: MatrixRequest) =>
  locks.flatMap((algorithm, row) =>
    faultClasses.flatMap((fault, column) =>
      stretchesOf(firstSeed, seeds).map((stretch): Placed => ({
        row,
        column,
        algorithm,
        fault,
        ...stretch,
      })),
    ),
  )

const runRows = async (
  request: MatrixRequest,
  runner: Runner,
  lanes: number,
): Promise<readonly MatrixRow[]> => {
  const { algorithms: locks, faultClasses, row: finish, progress, signal } = request
  const tasks = tasksOf(request)
  const answers: Answer[][][] = locks.map(() => faultClasses.map(() => []))
  const left = locks.map((_lock, row) => tasks.filter((task) => task.row === row).length)
  const rows: MatrixRow[] = []
  let next = 0
  let done = 0

  const tell = (row: number): void => {
    const campaigns = faultClasses.flatMap((fault, column) => {
      const parts = answers[row]?.[column] ?? []
      return parts.length === 0 ? [] : [{ fault, ...summed(parts) }]
    })
    if (campaigns.length === 0) return
    const one = { algorithm: locks[row] as AnyAlgorithm, campaigns }
    rows.push(one)
    finish?.(one)
  }
  // Sums are the same in any order, but rows are told in the order of the locks.
  const tellWhole = (): void => {
    while (rows.length < locks.length && left[rows.length] === 0) tell(rows.length)
  }
  const lane = async (): Promise<void> => {
    while (signal?.aborted !== true) {
      const task = tasks[next++]
      if (task === undefined) return
      const answer = await runner(task)
      answers[task.row]?.[task.column]?.push(answer)
      left[task.row] = (left[task.row] ?? 0) - 1
      progress?.(++done / tasks.length)
      tellWhole()
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  for (let row = rows.length; row < locks.length; row++) tell(row)
  return rows
}

const summed = (parts: readonly Answer[]): Omit<Campaign, 'fault'> => {
  const result = emptyCampaign()
  for (const part of parts) {
    if ('skip' in part) return { result: undefined, skip: part.skip }
    addCampaign(result, part)
  }
  return { result, skip: undefined }
}
