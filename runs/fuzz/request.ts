/** What is asked of a campaign, and what comes of it. */

import type { AnyAlgorithm } from '#algorithms'
import type { PromiseName } from '#checkers'
import type { Counterexample } from '../keep/counterexample.ts'
import type { VerdictCounts } from '../matrix/campaign.ts'
import type { Plan } from '../plan.ts'
import type { FaultKindName } from './kinds.ts'
import type { PlanOptions } from './plans.ts'

/** When a campaign ends: after all runs, when time is up, or with the first broken promise that decides. */
export const UNTIL = ['runs', 'time', 'found'] as const

/** How far a campaign is. */
export interface FuzzProgress {
  /** Runs that are done. */
  readonly runs: number
  /** Runs that are asked for. */
  readonly of: number
  /** Share of the campaign that is behind it: of the runs or of the time, whichever is more. */
  readonly share: number
  /** Promises that have been broken. */
  readonly found: number
}

/** What is asked of a campaign. The same request gives the same result, but for its time and its threads. */
export interface FuzzRequest extends PlanOptions {
  /** How many runs at the most. */
  readonly runs: number
  /** How long at the most, in ms of the wall clock; stretches that have begun are finished. */
  readonly timeMs?: number
  /** Where all chance comes from. */
  readonly seed: number
  /** How many threads; 1 by default. They change nothing but the time. */
  readonly workers?: number
  readonly until?: (typeof UNTIL)[number]
  /** Only this promise is looked for; it ends the campaign (`until: 'found'`) whether or not it decides. */
  readonly promise?: PromiseName
  /** Where counterexamples are written, and from where a campaign that was killed goes on. */
  readonly folder?: string
  /** Forget what the folder knows of an earlier campaign. */
  readonly fresh?: boolean
  /** Aborted, no further runs are begun; the result is about those that were done. */
  readonly signal?: AbortSignal
  readonly progress?: (progress: FuzzProgress) => void
}

/** A promise that was broken. */
export interface Found {
  readonly promise: PromiseName
  /** Whether it decides: the lock claims it, or everybody needs it. */
  readonly decides: boolean
  /** The first run that broke it, counted from 1. */
  readonly firstAtRun: number
  /** How many runs broke it. */
  readonly runs: number
  /** The smallest of their plans, as drawn. */
  readonly plan: Plan
  /** The same made as small as can be. */
  readonly counterexample: Counterexample
  /** Where it was written, if a folder was given. */
  readonly file?: string
}

/** How often a kind of fault was planned, and how often it struck. */
export interface Strikes {
  readonly planned: number
  readonly landed: number
}

/** How sure a campaign can be. */
export interface Coverage {
  readonly runs: number
  /** Runs in which clients competed. */
  readonly contended: number
  readonly landed: Readonly<Record<FaultKindName, Strikes>>
  /** Kinds that were asked for and never struck anything. */
  readonly neverLanded: readonly FaultKindName[]
  /** Of each promise, how many runs came to which verdict. */
  readonly verdicts: { readonly [Promise in PromiseName]?: Readonly<VerdictCounts> }
}

/** A run that the lock's own code broke off. */
export interface FuzzMishap {
  /** Number of the run, counted from 1. */
  readonly run: number
  /** Seed of its plan. */
  readonly seed: number
  readonly message: string
}

/** Why a campaign ended. */
export type Stopped = 'runs' | 'time' | 'found' | 'interrupted' | 'mishaps'

/** What came of a campaign. */
export interface FuzzResult {
  readonly algorithm: AnyAlgorithm
  readonly seed: number
  readonly runs: number
  /** Broken promises, in the order of the judges. */
  readonly found: readonly Found[]
  readonly coverage: Coverage
  /** The first few of the runs that the lock's own code broke off. */
  readonly mishaps: readonly FuzzMishap[]
  /** How many runs it broke off. */
  readonly mishapCount: number
  /** Releases that never came back, though nothing stood in their way: in how many runs, and the first. */
  readonly neverReleased: { readonly runs: number; readonly first: FuzzMishap | undefined }
  /** Runs that ended because their events were used up; they say less than others. */
  readonly cutOff: number
  /** Why nothing that was found can be relied on: the same plan was not the same run each time. */
  readonly nondeterminism: readonly string[]
  readonly stopped: Stopped
}
