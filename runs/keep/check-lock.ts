/** Checking one lock: its counterexamples run again, then fresh runs, and both held against what is recorded. */

import type { AnyAlgorithm } from '#algorithms'
import type { VerdictName } from '#checkers'
import { beat } from '../guard/heartbeat.ts'
import type { Mishap } from '../guard/pool.ts'
import { decides } from '../outcome.ts'
import type { Plan } from '../plan.ts'
import { breaks, shrink } from '../shrink/shrink.ts'
import { VERSION } from '../version.ts'
import { counterexampleOf } from './counterexample.ts'
import type { Counterexample } from './counterexample.ts'
import { differencesOf } from './differences.ts'
import type { Case, CheckDifference, Rechecked } from './differences.ts'
import type { Kept, KeptLock } from './folder.ts'
import { runFresh } from './fresh.ts'
import type { Budget, Fresh } from './fresh.ts'
import { recheck } from './recheck.ts'
import type { LockRecord } from './verdicts-file.ts'

/** One lock to check. */
export interface LockTask extends KeptLock {
  readonly budget: Budget
  /** Whether what is to be written instead is wanted, and not in what it differs. */
  readonly update: boolean
}

/** What `--update` writes. */
export interface LockUpdate {
  readonly record: LockRecord
  readonly rewritten: readonly (Kept & { readonly why: string })[]
  readonly removed: readonly { readonly path: string; readonly why: string }[]
  readonly added: readonly Counterexample[]
}

/** What came of checking one lock. */
export interface LockCheck {
  /** Name of the lock, or the path of its module. */
  readonly algorithm: string
  readonly budget: Budget
  readonly files: readonly Rechecked[]
  /** What each promise comes to, by the counterexamples and the fresh runs together. */
  readonly verdicts: Readonly<Record<string, VerdictName>>
  /** What is recorded; undefined if nothing is. */
  readonly recorded: LockRecord['promises'] | undefined
  readonly differences: readonly CheckDifference[]
  readonly update: LockUpdate | undefined
}

const isBroken = ({ recheck: { outcome } }: Rechecked): boolean => outcome === 'still broken'

const smallestOf = (algorithm: AnyAlgorithm, promise: string, plan: Plan): Counterexample => {
  const shrunk = shrink(algorithm, plan, breaks(algorithm, promise))
  return counterexampleOf({ algorithm, promise, plan: shrunk.plan, minimal: shrunk.minimal })
}

const casesOf = (
  algorithm: AnyAlgorithm,
  files: readonly Rechecked[],
  record: LockRecord | undefined,
  fresh: Fresh,
): readonly Case[] =>
  [...fresh.verdicts].map(([promise, verdict]) => {
    const own = files.filter(({ counterexample }) => counterexample.promise === promise)
    const plan = fresh.broken.get(promise)
    return {
      promise,
      files: own,
      recorded: record?.promises[promise],
      now: own.some(isBroken) ? 'violated' : verdict,
      decides: decides(algorithm, promise),
      smallest: plan === undefined ? undefined : () => smallestOf(algorithm, promise, plan),
    }
  })

const failure = (message: string): CheckDifference => ({
  kind: 'fails',
  promise: undefined,
  file: undefined,
  message,
  counterexample: undefined,
})

const ownFailure = ({ errors, firstError }: Fresh, { runs }: Budget): readonly CheckDifference[] =>
  firstError === undefined
    ? []
    : [
        failure(
          `its own code broke off ${errors} of ${runs} fresh runs, the first of them run ${firstError.run} (seed ${firstError.seed}): ${firstError.message}`,
        ),
      ]

/** Which run a thread was in: those of the counterexamples are counted first. */
const placeOf = (at: number, files: LockTask['files'], { seed }: Budget): string => {
  const file = files[at]
  return file === undefined
    ? `in fresh run ${at - files.length + 1} of seed ${seed}`
    : `in ${file.path}`
}

/** What is left of checking a lock that took its thread with it; nothing of it is written down. */
export const failedCheck = (
  { algorithm, budget, record, files }: LockTask,
  { beat: at, message }: Mishap,
): LockCheck => ({
  algorithm,
  budget,
  files: [],
  verdicts: {},
  recorded: record?.promises,
  differences: [
    failure(`its code ${message}${at === undefined ? '' : `, ${placeOf(at, files, budget)}`}`),
  ],
  update: undefined,
})

const updateOf = (
  algorithm: AnyAlgorithm,
  { algorithm: reference, budget }: LockTask,
  files: readonly Rechecked[],
  cases: readonly Case[],
): LockUpdate => ({
  record: {
    algorithm: reference,
    locksim: VERSION,
    ...budget,
    promises: Object.fromEntries(cases.map(({ promise, now }) => [promise, now])),
  },
  rewritten: files.flatMap(({ path, counterexample: { promise }, recheck: found }) =>
    found.outcome === 'still broken' && !found.identical
      ? [{ path, why: found.message, counterexample: smallestOf(algorithm, promise, found.plan) }]
      : [],
  ),
  removed: files.flatMap(({ path, recheck: found }) =>
    found.outcome === 'still broken' ? [] : [{ path, why: found.message }],
  ),
  added: cases.flatMap(({ smallest, files: own }) =>
    smallest === undefined || own.some(isBroken) ? [] : [smallest()],
  ),
})

/** Checks one lock. */
export const checkLock = (algorithm: AnyAlgorithm, task: LockTask): LockCheck => {
  const { record, budget, update } = task
  const files = task.files.map(({ path, counterexample }, index): Rechecked => {
    beat(index)
    return { path, counterexample, recheck: recheck(counterexample, algorithm) }
  })
  const fresh = runFresh(algorithm, budget, (run) => beat(files.length + run))
  const cases = casesOf(algorithm, files, record, fresh)
  return {
    algorithm: task.algorithm,
    budget,
    files,
    verdicts: Object.fromEntries(cases.map(({ promise, now }) => [promise, now])),
    recorded: record?.promises,
    differences: [
      ...ownFailure(fresh, budget),
      ...(update ? [] : cases.flatMap((one) => differencesOf(one, { record, budget }))),
    ],
    // A lock that does not run shows nothing: what is known of it must not be thrown away.
    update: update && fresh.errors === 0 ? updateOf(algorithm, task, files, cases) : undefined,
  }
}
