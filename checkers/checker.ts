/** The contract of a checker: a fold over facts that ends in a verdict. It cannot disturb a run. */

import type { FactEvent, FactKind } from '#sim'

/** The promises that a lock can make. */
export type PromiseName =
  | 'exclusion/service'
  | 'exclusion/belief'
  | 'exclusion/validity'
  | 'exclusion/effect'
  | 'fencing'
  | 'lost-update'
  | 'deadlock-freedom'
  | 'ownership'
  | 'starvation'
  | 'fairness'
  | 'reentrancy'
  | 'availability'
  | 'contention'
  | 'agreement'
  | 'commit-validity'
  | 'blocking'
  | 'termination'

/** What a checker may know of a run before it begins: nothing of the algorithm's inside. */
export interface RunHeader {
  readonly clients: readonly string[]
  /** Whether the lock gives fencing tokens / says until when a hold is valid. */
  readonly offersToken: boolean
  readonly offersValidity: boolean
  /** What the store checks. */
  readonly fencing: 'off' | 'writes' | 'all' | 'compare'
  /** Whether the lock says that its holder may take it again. */
  readonly offersReentry: boolean
  /** In what the lock keeps an order of clients, in words; undefined if it keeps none. */
  readonly doorway: string | undefined
  /** Nodes that the lock runs on. */
  readonly servers: readonly string[]
  /** Within what time somebody must get the lock once nothing stands in the way, in ms. */
  readonly progressWithinMs: number
  /** Number of faults in the plan. */
  readonly faults: number
}

/** How a run ended. */
export interface RunEnd {
  readonly atMs: number
  /** `finished`: every client did all its rounds (or is dead for good); the others are budgets. */
  readonly why: 'finished' | 'horizon' | 'event-budget'
  /** Nothing was left that could happen: whoever still waited would wait for ever. */
  readonly idle?: boolean
  /** True time after which no fault was active any more; 0 when there was none. */
  readonly faultsOverAtMs: number
}

/** What a judge can say of a promise. */
export const VERDICTS = ['held', 'violated', 'vacuous', 'inconclusive', 'not offered'] as const

/** One of them. */
export type VerdictName = (typeof VERDICTS)[number]

/** The events that clash, and why they do, in at most eight sentences. */
export interface Witness {
  /** The two or more events that cannot all be allowed, oldest first. */
  readonly events: readonly FactEvent[]
  /** A proof in words: each sentence cites times and names, the last says what contradicts what. */
  readonly proof: readonly string[]
}

/** What a checker says in the end. A checker of one's own may judge a promise of another name. */
export interface Verdict<Promised extends string = PromiseName> {
  readonly promise: Promised
  readonly verdict: VerdictName
  /** One line: what was seen, in numbers ("4 holds by 2 clients, 1 overlap of 4,001 ms"). */
  readonly evidence: string
  /** Present exactly when violated: the first violation. */
  readonly witness?: Witness
  /** Measured numbers for tables, in the unit that the name says (`violations`, `overlapMs`, `boundMs`). */
  readonly measures: Readonly<Record<string, number>>
}

/** When and against whom somebody began to compete for the lock. */
export interface Competition {
  /** The event with which competition began, or undefined. */
  began(): FactEvent | undefined
  /** Who was asking or had it already, at that event. */
  against(): string | undefined
}

/** What all judges of a run share. */
export interface SharedHistory {
  /** Every fact so far, the one that is being seen included. */
  readonly facts: readonly FactEvent[]
  /** Whether two clients have competed. */
  readonly clients: Competition
  /** The same of two holds, also of one client: back after a crash, it may stand in its own way. */
  readonly holds: Competition
}

/** One judgement in progress. */
export interface Judgement<Promised extends string = PromiseName> {
  see(event: FactEvent): void
  end(end: RunEnd): Verdict<Promised>
}

/** A judge of one promise. */
export interface Checker<Promised extends string = PromiseName> {
  readonly promise: Promised
  /** What it judges; locks if left out. */
  readonly about?: 'locks' | 'commits'
  /** `always`: no bad thing happens; `eventually`: a good thing happens in time; `sometimes`: the run was worth having. */
  readonly mood: 'always' | 'eventually' | 'sometimes'
  readonly summary: string
  /**
   * Whether it takes a run made for it to test it: a nested workload, a server that fails. That another run leaves it
   * untested makes that run no less conclusive.
   */
  readonly occasional?: boolean
  /** Where the promise is defined. */
  readonly source: string
  /** The kinds of facts it wants to be shown one by one. What it tells in a proof it finds in the history. */
  readonly sees: readonly FactKind[]
  start(header: RunHeader, history: SharedHistory): Judgement<Promised>
}

/** Checks a checker's shape. */
export const defineChecker = <Promised extends string>(
  checker: Checker<Promised>,
): Checker<Promised> => checker
