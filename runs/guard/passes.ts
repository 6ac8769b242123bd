/** One task of a guarded thread: plans of one lock, one after the other, each with its hash or what it said when it broke off. */

import { SimulationError } from '#sim'
import type { TraceEvent } from '#sim'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import { beat } from './heartbeat.ts'
import { lockOf } from './locks.ts'
import { withReadOnlyViews } from './read-only.ts'

/** What to run. */
export interface PassTask {
  /** Name or path of the lock. */
  readonly reference: string
  readonly plans: readonly Plan[]
  /** Indices of the plans whose full trace is wanted. */
  readonly traced: readonly number[]
}

/** How one run ended. */
export interface PassedRun {
  /** The trace hash; undefined if the lock's own code broke the run off. */
  readonly hash: string | undefined
  readonly error: string | undefined
  readonly trace: readonly TraceEvent[] | undefined
}

/** What came of it. */
export interface Pass {
  readonly lock: string
  readonly runs: readonly PassedRun[]
  /** What the module asked the host for when it was loaded, with the line that asked. */
  readonly loadCalls: ReadonlyMap<string, string>
}

/** Runs them all. */
export const runPass = async ({ reference, plans, traced }: PassTask): Promise<Pass> => {
  const { lock, calls } = await lockOf(reference)
  const algorithm = withReadOnlyViews(lock)
  const runs = plans.map((plan, index): PassedRun => {
    beat(index)
    const trace: TraceEvent[] | undefined = traced.includes(index) ? [] : undefined
    try {
      const { hash } = run(plan, {
        algorithm,
        checkers: [],
        ...(trace === undefined ? {} : { record: (event) => trace.push(event) }),
      })
      return { hash, error: undefined, trace }
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error
      return { hash: undefined, error: error.message, trace }
    }
  })
  return { lock: lock.name, runs, loadCalls: calls }
}
