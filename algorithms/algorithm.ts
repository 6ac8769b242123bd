/** The contract of a lock algorithm: how a client acquires and releases, what it needs, and what it claims. */

import type { Origin, Process, ServerView, ServiceClients, ServiceName, ServiceViews } from '#sim'
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

/** A promise and who made it: the documentation or article that says so. */
export interface Claim {
  readonly promise: ClaimedPromise
  readonly from: string
}

/** How many servers of which service the lock runs on, e.g. `{ redis: 5 }`. */
export type Needs = { readonly [Name in ServiceName]?: number | undefined }

/** What acquire returns when the client holds the lock. An algorithm may add fields of its own for release. */
export interface Grant {
  /** Fencing token, if the lock gives one. */
  readonly token?: number
  /** The end of this hold's validity as the client computed it, on its own clock `validityClock` (default `wall`). */
  readonly validUntilMs?: number
  readonly validityClock?: 'wall' | 'monotonic'
}

/** What the grants of a lock carry. */
export interface Gives {
  readonly token: boolean
  readonly validity: boolean
}

/** What release reports: it freed our lock, there was nothing of ours to free, or the answer never came. */
export type ReleaseOutcome = 'ok' | 'not-held' | 'unknown'

/** A client as its algorithm sees it. */
export interface Client<Needed extends Needs, Session> {
  /** Name of the client's node, e.g. `client-1`. */
  readonly name: string
  /** Name of the lock. */
  readonly lock: string
  /** Typed clients of the services that the algorithm needs. */
  readonly services: Pick<ServiceClients, Extract<keyof Needed, ServiceName>>
  /** What `open` returned. */
  readonly session: Session
  /** A value that no client has ever had before, e.g. `client-1.3`. */
  token(): string
  /** A whole number of ms in [0, maxMs], from the stream `jitter:<client>`. */
  jitterMs(maxMs: number): number
  /** Tells the application that the current hold is lost: the client stops believing in it. */
  lost(why: string): Process
}

/** What the servers hold, for `holders`. */
export type Views<Needed extends Needs> = {
  readonly [Name in Extract<keyof Needed, ServiceName>]: readonly ServerView<ServiceViews[Name]>[]
}

/** A lock. `yield*` marks every point at which the world may change under it. */
export interface Algorithm<
  Needed extends Needs,
  Definitions extends ParameterDefinitions,
  Session,
  Held extends Grant,
> {
  readonly name: string
  /** One line for lists. */
  readonly summary: string
  /** Where the steps come from. */
  readonly sources: readonly string[]
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
  /** Whether a grant has a fencing token and an end of validity. */
  gives(parameters: ParameterValues<Definitions>): Gives
  /**
   * How long the lock stays granted to a holder that has fallen silent, in ms: TTL, session timeout.
   * Infinity if for ever. Scenarios scale their times by it.
   */
  leaseMs(parameters: ParameterValues<Definitions>): number
  /** Runs once on each start of a client's process: connect, make a session. */
  open?(
    me: Omit<Client<Needed, undefined>, 'session'>,
    parameters: ParameterValues<Definitions>,
  ): Process<Session>
  /** Tries to get the lock; undefined if it did not. May wait inside. The workload calls again after a while. */
  acquire(
    me: Client<Needed, Session>,
    parameters: ParameterValues<Definitions>,
  ): Process<Held | undefined>
  release(
    me: Client<Needed, Session>,
    held: Held,
    parameters: ParameterValues<Definitions>,
  ): Process<ReleaseOutcome>
  /**
   * Who has the lock according to the servers' data, by this lock's own rule (the owner of the key, the
   * lowest node, the majority). A judge's eye on the servers: it may look at all of them at one true
   * instant, which no client can. Two entries mean that the data grant the lock twice.
   */
  holders(
    views: Views<Needed>,
    lock: string,
    parameters: ParameterValues<Definitions>,
  ): readonly Origin[]
}

/** Checks an algorithm's shape and infers the types of `me`, `held` and `parameters` for its methods. */
export const defineAlgorithm = <
  const Needed extends Needs,
  Definitions extends ParameterDefinitions,
  Session = undefined,
  Held extends Grant = Grant,
>(
  algorithm: Algorithm<Needed, Definitions, Session, Held>,
): Algorithm<Needed, Definitions, Session, Held> => algorithm

/** An algorithm whose types are nobody's business. */
export type AnyAlgorithm = Algorithm<Needs, ParameterDefinitions, unknown, Grant>
