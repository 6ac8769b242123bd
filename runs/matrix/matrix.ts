/** The matrix: every lock under every class of faults, in as many threads as there are; their number changes nothing but the time. */

import { Piscina } from 'piscina'
import type { AnyAlgorithm } from '#algorithms'
import type { ClassOverrides } from '../draw.ts'
import type { FaultClass } from '../fault-classes/index.ts'
import { addCampaign, emptyCampaign } from './campaign.ts'
import type { CampaignResult } from './campaign.ts'
import { runTask } from './task.ts'
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
type Runner = (task: MatrixTask) => Answer | Promise<Answer>

/** Sources that were not compiled cannot be loaded by a thread. */
const isCompiled = import.meta.url.endsWith('.js')

const openPool = (workers: number) => {
  const pool = new Piscina<MatrixTask, Answer>({
    filename: new URL('./task.js', import.meta.url).href,
    name: 'runTask',
    minThreads: workers,
    maxThreads: workers,
  })
  return {
    run: (task: MatrixTask) => pool.run(task),
    close: () => pool.destroy(),
  }
}

const stretchesOf = (
  first: number,
  seeds: number,
): readonly { readonly from: number; readonly to: number }[] =>
  Array.from({ length: Math.ceil(seeds / STRETCH) }, (_, index) => ({
    from: first + index * STRETCH,
    to: first + Math.min(seeds, (index + 1) * STRETCH),
  }))

/**
 * Runs the matrix. The rows come in the order of the locks, whichever thread is done first, and each is the sum
 * of its runs, so that the number of threads changes nothing in it.
 */
export const runMatrix = async (request: MatrixRequest): Promise<readonly MatrixRow[]> => {
  const { workers } = request
  if (workers <= 1 || !isCompiled) return runRows(request, runTask)
  const pool = openPool(workers)
  try {
    return await runRows(request, pool.run)
  } finally {
    await pool.close()
  }
}

const runRows = async (request: MatrixRequest, runner: Runner): Promise<readonly MatrixRow[]> => {
  const { algorithms, faultClasses, seeds, firstSeed, overrides = {}, row, progress } = request
  const stretches = stretchesOf(firstSeed, seeds)
  const total = algorithms.length * faultClasses.length * stretches.length
  let done = 0
  const answer = async (task: MatrixTask): Promise<Answer> => {
    const given = await runner(task)
    done++
    progress?.(done / total)
    return given
  }
  // All tasks are handed out at once: the pool queues them, and no thread waits for a row to be complete.
  const rows = algorithms.map((algorithm) =>
    faultClasses.map((fault) =>
      stretches.map(({ from, to }) => ({
        algorithm: algorithm.name,
        fault: fault.name,
        from,
        to,
        overrides,
      })),
    ),
  )
  const inline = runner === runTask
  const pending = inline
    ? undefined
    : rows.map((columns) => columns.map((tasks) => tasks.map(answer)))
  const finished: MatrixRow[] = []
  for (const [index, algorithm] of algorithms.entries()) {
    const campaigns: Campaign[] = []
    for (const [column, fault] of faultClasses.entries()) {
      const parts = await Promise.all(
        pending?.[index]?.[column] ?? rows[index]?.[column]?.map(answer) ?? [],
      )
      campaigns.push({ fault, ...summed(parts) })
    }
    const one = { algorithm, campaigns }
    finished.push(one)
    row?.(one)
  }
  return finished
}

const summed = (parts: readonly Answer[]): Omit<Campaign, 'fault'> => {
  const result = emptyCampaign()
  for (const part of parts) {
    if ('skip' in part) return { result: undefined, skip: part.skip }
    addCampaign(result, part)
  }
  return { result, skip: undefined }
}
