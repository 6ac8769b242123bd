/** What can be asked of a Consul server, what goes into its log, and what it can be configured to. */

/** How fresh an answer must be (`?consistent`, `?stale`). */
export type ReadMode = 'default' | 'consistent' | 'stale'
/** What becomes of the keys of a session that is invalidated. */
export type Behaviour = 'release' | 'delete'

/** What a session is made of. */
export interface SessionOptions {
  /** 0 for none; otherwise 10 s to 24 h, a lower bound. */
  readonly ttlMs: number
  readonly behaviour: Behaviour
  /** For how long nobody gets a key that an invalidated session had; at most 60 s. */
  readonly lockDelayMs: number
}

/** What goes into the log. */
export type ConsulCommand =
  | { readonly op: 'session-create'; readonly options: SessionOptions; readonly node: string }
  | { readonly op: 'session-destroy'; readonly session: string }
  | {
      readonly op: 'acquire'
      readonly key: string
      readonly value: string
      readonly session: string
    }
  | {
      readonly op: 'release'
      readonly key: string
      readonly value: string
      readonly session: string
    }
  | { readonly op: 'put'; readonly key: string; readonly value: string }
  | { readonly op: 'delete'; readonly key: string }
  /** The gossip has found a client's machine gone, or back. */
  | { readonly op: 'health'; readonly node: string; readonly alive: boolean }

/** What can be asked. */
export type ConsulRequest =
  | Exclude<ConsulCommand, { readonly op: 'session-create' | 'health' }>
  | { readonly op: 'session-create'; readonly options: SessionOptions }
  | { readonly op: 'session-renew'; readonly session: string }
  | {
      readonly op: 'get'
      readonly key: string
      readonly mode: ReadMode
      /** Above 0: the answer waits until the index is higher than this, or for `waitMs`. */
      readonly index: number
      readonly waitMs: number
    }
  /** Asks only whether the connection is alive. */
  | { readonly op: 'ping' }

/** What the servers say to one another beside Raft: gossip about client machines. */
export type Gossip =
  | { readonly op: 'reach'; readonly client: string }
  | { readonly op: 'reached'; readonly client: string }

/** A key as it is read. */
export interface Pair {
  readonly value: string
  /** The session that has the lock; empty for none. */
  readonly session: string
  /** How often the lock was acquired. */
  readonly lockIndex: number
  readonly modifyIndex: number
}

/** The answer to `get`. */
export interface Read {
  /** What to ask with next, to wait for a change. */
  readonly index: number
  readonly pair: Pair | undefined
}

/** Options of the service. */
export interface ConsulOptions {
  /** Scales the timing of Raft; the documentation advises 1 for production. */
  readonly raftMultiplier: number
  /** How often a client's machine is probed. */
  readonly probeIntervalMs: number
  /** For how long a machine that did not answer is only suspected. */
  readonly suspicionMs: number
  /**
   * What a server that restarts begins with: a snapshot of what it knew, or the log since the last one, whose
   * invalidations it applies again, each with a fresh lock-delay.
   */
  readonly restartFrom: 'log' | 'snapshot'
}
