/** The audit of determinism: a lock's plans run twice in one thread and once more in a fresh one, and must be the same runs. */

import { setTimeout } from 'node:timers/promises'
import { LocksimBug } from '#sim'
import { firstDifference, tellDifference } from '../difference.ts'
import type { EventDifference } from '../difference.ts'
import type { Plan } from '../plan.ts'
import type { Pass, PassedRun, PassTask } from './passes.ts'
import { openPool } from './pool.ts'
import type { Mishap } from './pool.ts'
import type { Limits } from './watch.ts'
import { WORN_CAUSE } from './worn.ts'

/** A run that is not the same run each time, or that the lock's own code broke off. */
export interface Nondeterminism {
  readonly lock: string
  readonly seed: number
  readonly plan: Plan
  /**
   * `worn`: other once more in the same thread; `fresh`: other in another thread with a module of its own; `refused`:
   * the lock's code broke a rule, by a call that would make the run differ, say; `mishap`: the thread was lost.
   */
  readonly kind: 'worn' | 'fresh' | 'refused' | 'mishap'
  /** The first event that the two runs do not have in common, where their full traces show it. */
  readonly first: EventDifference | undefined
  /** Everything above in words, with the likely cause. */
  readonly message: string
}

/** What to audit. */
export interface AuditRequest {
  /** Name or path of the lock. */
  readonly reference: string
  readonly plans: readonly Plan[]
  /** What its threads may take. */
  readonly limits?: Limits
  /** For how many runs of each kind the full traces are made. */
  readonly tracedMax?: number
}

/** What a run was, in a word that can be compared. */
const outcomeOf = ({ hash, error }: PassedRun): string => hash ?? `error: ${error}`

const partings = (one: Pass, other: Pass): readonly number[] =>
  one.runs.flatMap((ran, index) => {
    const again = other.runs[index]
    return again !== undefined && outcomeOf(again) === outcomeOf(ran) ? [] : [index]
  })

/** Longer than the resolution of a clock, so that what two modules read when they were loaded differs. */
const APART_MS = 5

/** A thread was lost: nothing more can be said about the lock. */
class Lost extends Error {
  readonly mishap: Mishap

  constructor(mishap: Mishap) {
    super(mishap.message)
    this.mishap = mishap
  }
}

/** One thread, in which the module lives on from one pass to the next. */
const openThread = (limits: Limits) => {
  const pool = openPool<PassTask, Pass>({
    filename: new URL('./passes.js', import.meta.url),
    name: 'runPass',
    workers: 1,
    ...limits,
  })
  return {
    async pass(task: PassTask): Promise<Pass> {
      const ended = await pool.run(task)
      if ('mishap' in ended) throw new Lost(ended.mishap)
      return ended.answer
    },
    close: () => pool.close(),
  }
}

type Thread = ReturnType<typeof openThread>

const withThread = async <Result>(
  limits: Limits,
  body: (thread: Thread) => Promise<Result>,
): Promise<Result> => {
  const thread = openThread(limits)
  try {
    return await body(thread)
  } finally {
    await thread.close()
  }
}

const WORN = ['the first time, it has', 'once more, it has'] as const
const FRESH = ['in one thread, it has', 'in a fresh one, it has'] as const

const causeOf = (kind: 'worn' | 'fresh', { loadCalls }: Pass): string => {
  if (kind === 'worn') return WORN_CAUSE
  const calls = [...loadCalls].map(([name, line]) => `${name} at ${line}`)
  return calls.length === 0
    ? 'likely cause: something from outside (time, chance, environment) got into the module when it was loaded'
    : `likely cause: what the module asked for when it was loaded: ${calls.join(', ')}`
}

const differing = (
  kind: 'worn' | 'fresh',
  pass: Pass,
  plan: Plan,
  one: PassedRun | undefined,
  other: PassedRun | undefined,
): Nondeterminism => {
  const { lock } = pass
  const { seed } = plan
  const names = kind === 'worn' ? WORN : FRESH
  const first =
    one?.trace === undefined || other?.trace === undefined
      ? undefined
      : firstDifference(one.trace, other.trace)
  const how = kind === 'worn' ? 'a second time in the same thread' : 'in a fresh thread'
  const what = `${lock}, seed ${seed}: run ${how}, the same plan is another run`
  const lines =
    first !== undefined
      ? [
          `${what}, from line ${first.line} of its trace on (${first.node} at ${first.atMs} ms):`,
          tellDifference(names[0], first.one),
          tellDifference(names[1], first.other),
        ]
      : one?.error !== other?.error
        ? [`${what}:`, ...[one, other].map((ran) => `  ${ran?.error ?? 'it went through'}`)]
        : [`${what}, though no event of its full trace is another one`]
  return { lock, seed, plan, kind, first, message: [...lines, causeOf(kind, pass)].join('\n') }
}

const refusedIn = (pass: Pass, plans: readonly Plan[]): readonly Nondeterminism[] => {
  const index = pass.runs.findIndex(({ error }) => error !== undefined)
  const plan = plans[index]
  if (plan === undefined) return []
  const { lock } = pass
  const { seed } = plan
  const message = `${lock}, seed ${seed}: ${pass.runs[index]?.error ?? ''}`
  return [{ lock, seed, plan, kind: 'refused', first: undefined, message }]
}

const tracedWorn = (
  { reference, plans }: AuditRequest,
  traced: readonly number[],
  limits: Limits,
): Promise<readonly Nondeterminism[]> =>
  // The same in the same order in a thread that has seen nothing: what wears it out does so again.
  withThread(limits, async (thread) => {
    const task = { reference, plans, traced }
    const one = await thread.pass(task)
    const other = await thread.pass(task)
    return traced.map((index) =>
      differing('worn', one, plans[index] as Plan, one.runs[index], other.runs[index]),
    )
  })

const tracedFresh = async (
  { reference, plans }: AuditRequest,
  traced: readonly number[],
  threads: readonly [Thread, Thread],
): Promise<readonly Nondeterminism[]> => {
  // In the threads that have shown it: what they loaded is still there.
  const task = { reference, plans, traced }
  const one = await threads[0].pass(task)
  const other = await threads[1].pass(task)
  return traced.map((index) =>
    differing('fresh', one, plans[index] as Plan, one.runs[index], other.runs[index]),
  )
}

const audit = async (request: AuditRequest): Promise<readonly Nondeterminism[]> => {
  const { reference, plans, limits = {}, tracedMax = 3 } = request
  const task = { reference, plans, traced: [] }
  return withThread(limits, async (thread) => {
    const first = await thread.pass(task)
    const refused = refusedIn(first, plans)
    // Where no run went through there is nothing to compare.
    if (first.runs.every(({ error }) => error !== undefined)) return refused
    const again = await thread.pass(task)
    await setTimeout(APART_MS)
    return withThread(limits, async (freshThread) => {
      const fresh = await freshThread.pass(task)
      const worn = partings(first, again).slice(0, tracedMax)
      const other = partings(first, fresh).slice(0, tracedMax)
      // As worn as the first one, so that what differs now is what was loaded.
      if (other.length > 0) await freshThread.pass(task)
      return [
        ...refused,
        ...(worn.length === 0 ? [] : await tracedWorn(request, worn, limits)),
        ...(other.length === 0 ? [] : await tracedFresh(request, other, [thread, freshThread])),
      ]
    })
  })
}

/**
 * Runs each plan, runs it again after all the others in the same thread, and once more in a fresh thread. Empty if
 * every run is the same to the last bit, and none was refused.
 *
 * @throws InputError when the module cannot be loaded
 */
export const auditDeterminism = async (
  request: AuditRequest,
): Promise<readonly Nondeterminism[]> => {
  try {
    return await audit(request)
  } catch (error) {
    if (!(error instanceof Lost)) throw error
    const { beat, message } = error.mishap
    const plan = request.plans[beat ?? 0]
    if (plan === undefined) throw new LocksimBug('an audit without plans has lost a run')
    const { algorithm: lock, seed } = plan
    const text = `${lock}, seed ${seed}: its code ${message}`
    return [{ lock, seed, plan, kind: 'mishap', first: undefined, message: text }]
  }
}
