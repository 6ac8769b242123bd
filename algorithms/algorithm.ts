/** The contract of a lock algorithm: how a client acquires and releases, what it needs, and what it claims. */

import type { Origin, Process, ServerView, ServiceClients, ServiceName, ServiceViews } from '#sim'
import type { AlgorithmBase, Needs } from './base.ts'
import type { ParameterDefinitions, ParameterValues } from './parameters.ts'
import type { AnyProtocol } from './protocol.ts'

export type * from './base.ts'

/** What acquire returns when the client holds the lock. An algorithm may add fields of its own for release. */
export interface Grant {
  /** Fencing token, if the lock gives one. */
  readonly token?: number
  /** The end of this hold's validity as the client computed it, on its own clock `validityClock` (default `wall`). */
  readonly validUntilMs?: number
  readonly validityClock?: 'wall' | 'monotonic'
}

/** Any grant, also one that has nothing but fields of its own: `{ key: 'a' }` would share nothing with `Grant` alone. */
export type AnyGrant = Grant & object

/** What the grants of a lock carry. */
export interface Gives {
  readonly token: boolean
  readonly validity: boolean
  /** Whether the lock says that its holder may take it again; false if left out. */
  readonly reentry?: boolean
}

/** What the protected store checks; see the plan's `store.fencing`. */
export type Fencing = 'off' | 'writes' | 'all' | 'compare'

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

/** What a job, or a client that has no session yet, can do. */
export type Outsider<Needed extends Needs> = Omit<Client<Needed, undefined>, 'session'>

/** What belongs to the lock and is no client: a sweeper, say. It runs on a node of its own, which faults can name. */
export interface Job<Needed extends Needs, Definitions extends ParameterDefinitions> {
  /** Name of its node. */
  readonly name: string
  /** Begins with the run, and again after each restart of the node. */
  run(me: Outsider<Needed>, parameters: ParameterValues<Definitions>): Process
}

/** The queue of a lock that has one: from here on nobody who comes later may go first. */
export interface Doorway<Needed extends Needs, Definitions extends ParameterDefinitions> {
  /** What a client must have done at the servers to stand in the queue, e.g. `the sequential node is committed`. */
  readonly name: string
  /**
   * Who stands in the queue according to the servers' data, in any order; whoever has the lock may be
   * among them. A judge's eye, like `holders`.
   */
  waiting(
    views: Views<Needed>,
    lock: string,
    parameters: ParameterValues<Definitions>,
  ): readonly Origin[]
}

/** A lock. `yield*` marks every point at which the world may change under it. */
export interface Algorithm<
  Needed extends Needs,
  Definitions extends ParameterDefinitions,
  Session,
  Held extends AnyGrant,
> extends AlgorithmBase<Needed, Definitions> {
  /** Whether a grant has a fencing token and an end of validity. */
  gives(parameters: ParameterValues<Definitions>): Gives
  /**
   * How long the lock stays granted to a holder that has fallen silent, in ms: TTL, session timeout.
   * Infinity if for ever. Scenarios scale their times by it.
   */
  leaseMs(parameters: ParameterValues<Definitions>): number
  /**
   * How long a client waits for one answer before it asks again, in ms, where that is long: until then nobody
   * gets a lock that is free. Drawn plans allow for it. A few seconds at the most if left out.
   */
  answerTimeoutMs?(parameters: ParameterValues<Definitions>): number
  /** What the store checks where the plan does not say; `off` if left out. */
  fencing?(parameters: ParameterValues<Definitions>): Fencing
  /** From where the order of clients counts, for a lock that keeps one. */
  readonly doorway?: Doorway<Needed, Definitions>
  readonly jobs?: readonly Job<Needed, Definitions>[]
  /** Runs once on each start of a client's process: connect, make a session. */
  open?(me: Outsider<Needed>, parameters: ParameterValues<Definitions>): Process<Session>
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
  Held extends AnyGrant = Grant,
>(
  algorithm: Algorithm<Needed, Definitions, Session, Held>,
): Algorithm<Needed, Definitions, Session, Held> => algorithm

/** A lock whose types are nobody's business. */
export type AnyLock = Algorithm<Needs, ParameterDefinitions, unknown, AnyGrant>

/** Whatever can be run by name: a lock or a commit protocol. */
export type AnyAlgorithm = AnyLock | AnyProtocol

/** Whether it is a commit protocol. */
export const isProtocol = (algorithm: AnyAlgorithm): algorithm is AnyProtocol =>
  'coordinate' in algorithm

/** Whether it is a lock. */
export const isLock = (algorithm: AnyAlgorithm): algorithm is AnyLock => 'acquire' in algorithm
