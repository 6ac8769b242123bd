/** What can be asked of a member of Hazelcast's CP Subsystem, and what goes into its log. */

/** One call of one thread, told apart by `uid`: the same call may come more than once. */
export interface Invocation {
  readonly lock: string
  readonly session: number
  readonly thread: number
  readonly uid: string
}

/** What goes into the log. */
export type HazelcastCommand =
  | { readonly op: 'create-session' }
  | { readonly op: 'heartbeat'; readonly session: number }
  | { readonly op: 'close-session'; readonly session: number }
  /** Ends sessions that nothing was heard of since they had these versions. */
  | {
      readonly op: 'expire-sessions'
      readonly sessions: readonly { readonly id: number; readonly version: number }[]
    }
  /** `waitMs`: 0 for not at all, -1 for ever. */
  | ({ readonly op: 'lock'; readonly waitMs: number } & Invocation)
  | ({ readonly op: 'unlock' } & Invocation)
  | { readonly op: 'expire-waits'; readonly lock: string; readonly uids: readonly string[] }

/** What can be asked. */
export type HazelcastRequest =
  | Exclude<HazelcastCommand, { readonly op: 'expire-sessions' | 'expire-waits' }>
  /** Who has the lock, as all members agree. */
  | { readonly op: 'ownership'; readonly lock: string }

/** No fence: the lock was not acquired. */
export const INVALID_FENCE = 0

/** Who has a lock, and how often it has taken it. */
export interface Ownership {
  readonly fence: number
  readonly lockCount: number
  readonly session: number
  readonly thread: number
}

/** What a new session is told. */
export interface SessionResponse {
  readonly session: number
  readonly ttlMs: number
  readonly heartbeatMs: number
}

/** The member's words for a session that is over. */
export const SESSION_EXPIRED = 'SessionExpiredException'
/** Its words for an unlock by who does not have the lock. */
export const NOT_OWNER = 'IllegalMonitorStateException'
/** Its words for a call whose caller has since made another. */
export const WAIT_CANCELLED = 'WaitKeyCancelledException'

/** Options of the service. */
export interface HazelcastOptions {
  readonly sessionTtlMs: number
  readonly sessionHeartbeatMs: number
  /** How often a holder may take a lock; 0 for no limit, 1 for a lock that is not reentrant. */
  readonly lockAcquireLimit: number
  readonly leaderHeartbeatMs: number
  readonly missedHeartbeatsMax: number
  readonly leaderElectionMs: number
}
