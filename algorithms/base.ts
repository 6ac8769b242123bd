/** What every algorithm says of itself, be it a lock or a commit protocol. */

import type { ServiceName } from '#sim'
import type { ParameterDefinitions, ParameterValues } from './parameters.ts'

/** The promises that an algorithm may claim. Named here as words: an algorithm knows no checker. */
export type ClaimedPromise =
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
  | 'agreement'
  | 'commit-validity'
  | 'blocking'
  | 'termination'

/** A promise and who made it: the documentation or article that says so. */
export interface Claim {
  readonly promise: ClaimedPromise
  readonly from: string
}

/** How many servers of which service the lock runs on, e.g. `{ redis: 5 }`. */
export type Needs = { readonly [Name in ServiceName]?: number | undefined }

/** What an algorithm is called, where it comes from, what it claims, and what it runs on. */
export interface AlgorithmBase<Needed extends Needs, Definitions extends ParameterDefinitions> {
  readonly name: string
  /** One line for lists. */
  readonly summary: string
  /** Where the steps come from. */
  readonly sources: readonly string[]
  /** The steps in words, a sentence each: how it is acquired, held and released. For `locksim describe`. */
  readonly steps?: readonly string[]
  /** When to use it, and when not, in a sentence or two. */
  readonly useWhen?: string
  readonly claims: readonly Claim[]
  /** Wrong on purpose: must be caught within a small budget, or the alarm does not ring. */
  readonly canary?: boolean
  readonly needs: Needed
  /** The service whose servers `--servers` counts, where their number is free. */
  readonly scales?: ServiceName
  readonly parameters: Definitions
  /**
   * Options that the parameters imply for the services, e.g. a restart delay of one TTL. The plan's own
   * `services` go before them.
   */
  services?(
    parameters: ParameterValues<Definitions>,
  ): Readonly<Partial<Record<ServiceName, Readonly<Record<string, unknown>>>>>
}
