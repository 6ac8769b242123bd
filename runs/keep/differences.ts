/** Differences: in what a lock is not as recorded, in either direction. */

import type { PromiseName, VerdictName } from '#checkers'
import { VERSION } from '../version.ts'
import type { Counterexample } from './counterexample.ts'
import type { Budget } from './fresh.ts'
import type { Recheck } from './recheck.ts'
import type { LockRecord } from './verdicts-file.ts'

/** What a difference is about. */
export type DifferenceKind =
  /** A promise is broken that should hold. */
  | 'broken'
  /** A promise is recorded as violated, and nothing breaks it any more. */
  | 'no longer broken'
  /** A counterexample cannot be followed any more. */
  | 'does not apply'
  /** A promise that held is not put to the test any more. */
  | 'untested'
  /** A verdict differs in another way. */
  | 'changed'
  /** The lock's own code broke a run off. */
  | 'fails'

/** One way in which a lock is not as recorded. */
export interface CheckDifference {
  readonly kind: DifferenceKind
  /** Undefined where it is about the lock as a whole. */
  readonly promise: PromiseName | undefined
  /** The file of the counterexample that it is about. */
  readonly file: string | undefined
  readonly message: string
  /** The smallest story of what is broken. */
  readonly counterexample: Counterexample | undefined
}

/** A counterexample that was run again. */
export interface Rechecked {
  readonly path: string
  readonly counterexample: Counterexample
  readonly recheck: Recheck
}

/** What one promise of a lock comes to. */
export interface Case {
  readonly promise: PromiseName
  readonly files: readonly Rechecked[]
  /** Undefined where nobody has recorded it. */
  readonly recorded: VerdictName | undefined
  /** By the counterexamples and the fresh runs together. */
  readonly now: VerdictName
  /** Whether the lock claims it, or everybody needs it. */
  readonly decides: boolean
  /** The first of the fresh runs that breaks it, made as small as can be. Undefined if none does. */
  readonly smallest: (() => Counterexample) | undefined
}

/** What is recorded of the lock, if anything is, and the fresh runs that it is held against. */
export interface Context {
  readonly record: LockRecord | undefined
  readonly budget: Budget
}

/** Whether fresh runs are the ones that the record was made from. */
const isSameBudget = (record: LockRecord, { seed, runs, parameters }: Budget): boolean =>
  record.seed === seed &&
  record.runs === runs &&
  JSON.stringify(record.parameters) === JSON.stringify(parameters)

const difference = (
  kind: DifferenceKind,
  promise: PromiseName,
  message: string,
  { file, counterexample }: Partial<CheckDifference> = {},
): CheckDifference => ({ kind, promise, file, message, counterexample })

const wasRecorded = ({ recorded }: Case, { record }: Context): string => {
  if (recorded !== undefined) return `is recorded as ${recorded}`
  return record === undefined ? 'should hold' : 'has no recorded verdict'
}

const ofFile = (one: Case, file: Rechecked, context: Context): readonly CheckDifference[] => {
  const { promise, recorded, decides } = one
  const { path, counterexample, recheck } = file
  const { outcome, message } = recheck
  // A lock need not keep what it has not promised; that somebody records it is another matter.
  if (context.record === undefined && !decides) return []
  const was = `${promise} ${wasRecorded(one, context)}`
  if (outcome === 'still broken') {
    return recorded === 'violated'
      ? []
      : [difference('broken', promise, `${was}: ${message}`, { file: path, counterexample })]
  }
  // Of a promise that should hold it is good news.
  return recorded === 'violated'
    ? [difference(outcome, promise, `${was}: ${message}`, { file: path })]
    : []
}

const ofVerdict = (one: Case, context: Context): readonly CheckDifference[] => {
  const { promise, recorded, now, files, decides, smallest } = one
  const { record, budget } = context
  if (now === recorded) return []
  const was = `${promise} ${wasRecorded(one, context)}`
  // Where nothing is recorded, it is only about what the lock has promised.
  if (smallest !== undefined) {
    if (record === undefined && !decides) return []
    const message = `${was}, and is broken in ${budget.runs} fresh runs`
    return [difference('broken', promise, message, { counterexample: smallest() })]
  }
  if (recorded === 'violated') {
    const message = `${was}: nothing breaks it any more, in ${budget.runs} fresh runs it is ${now}`
    return [difference('no longer broken', promise, message)]
  }
  const isWanted = recorded === 'held' || (record === undefined && decides && files.length > 0)
  if (isWanted && now !== 'held') {
    return [difference('untested', promise, `${was}, and is not put to the test: it is ${now}`)]
  }
  // Other runs than the recorded ones may well come to something else.
  return record !== undefined && isSameBudget(record, budget)
    ? [difference('changed', promise, `${was}, and is ${now} now`)]
    : []
}

/** In what one promise is not as recorded. */
export const differencesOf = (one: Case, context: Context): readonly CheckDifference[] => {
  const ofFiles = one.files.flatMap((file) => ofFile(one, file, context))
  const all = ofFiles.length > 0 ? ofFiles : ofVerdict(one, context)
  const { record } = context
  if (record === undefined || record.locksim === VERSION) return all
  const note = ` (recorded by locksim ${record.locksim}, this is ${VERSION})`
  return all.map((found) => ({ ...found, message: found.message + note }))
}
