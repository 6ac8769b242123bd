/** What a Redis server has in memory and on its disk. */

import type { Origin } from '../../kernel/trace.ts'
import type { Connection, RequestInput } from '../service.ts'
import type { KeySpace } from './key-space.ts'
import type { BlpopRequest, RedisRequest, WaitRequest } from './requests.ts'
import type { Replication } from './replication.ts'

/** Options of a group of Redis servers. */
export interface RedisOptions {
  /**
   * The clock by which keys expire: the wall clock in every Redis there is. `monotonic` is what antirez agreed
   * that it should be (antirez.com/news/101), to see what that would repair.
   */
  readonly expiryClock: 'wall' | 'monotonic'
  /**
   * What survives a crash (docs/management/persistence.md): nothing, the writes up to the last fsync
   * (`appendfsync everysec`), or every write (`appendfsync always`).
   */
  readonly persistence: 'none' | 'everysec' | 'always'
  /** For how long of its own wall clock a restarted server refuses every request: redis.io's "delayed restarts". */
  readonly delayedRestartMs: number
  /** `asynchronous`: server 1 starts as the master and the others as its replicas. `none`: all are masters. */
  readonly replication: 'none' | 'asynchronous'
  /** For how long the master gathers writes before it sends them on. The network's latency comes on top. */
  readonly replicationDelayMs: number
  /** `min-replicas-to-write`; 0 switches it off. */
  readonly minReplicasToWrite: number
  /** `min-replicas-max-lag`. */
  readonly minReplicasMaxLagMs: number
}

/** A hash: its fields in the order in which they came to be. Never empty: the last field takes the key along. */
export interface Hash {
  readonly type: 'hash'
  readonly fields: readonly { readonly field: string; readonly value: string }[]
}

/** A sorted set: its members by score, then by name. Never empty either. */
export interface SortedSet {
  readonly type: 'zset'
  readonly members: readonly { readonly member: string; readonly score: number }[]
}

/** What a key can hold: a string, a list, a hash or a sorted set. */
export type Value = string | readonly string[] | Hash | SortedSet

/** One key's content. Never changed in place, so that journal, replicas and views can share it. */
export interface Entry {
  readonly value: Value
  /** Absolute wall-clock ms; Infinity for none. The key is gone once the clock's whole ms is greater. */
  readonly expiresAtMs: number
  /** Who made the key what it is; kept for the judges. */
  readonly origin: Origin
  /** Of a list: who pushed each element; kept for the judges. */
  readonly origins?: readonly Origin[]
}

/** Somebody who has popped an element of a list and not pushed it back; kept for the judges. */
interface Taken {
  readonly key: string
  readonly origin: Origin
}

/** The absolute effect of a write on one key: its new entry, or undefined if the key is gone. */
export interface Change {
  readonly key: string
  readonly entry: Entry | undefined
}

interface BlockedOn {
  readonly request: RequestInput<RedisRequest>
  /** On the server's own clock; Infinity for ever. */
  readonly deadlineMs: number
  /** What came on the same connection meanwhile: Redis reads no further from a blocked client. */
  readonly deferred: RequestInput<RedisRequest>[]
}

/** A client that waits inside a command. */
export type Blocked =
  | (BlockedOn & { readonly body: BlpopRequest })
  | (BlockedOn & { readonly body: WaitRequest; readonly offset: number })

/** One server. */
export interface RedisState {
  readonly options: RedisOptions
  readonly index: number
  readonly size: number
  /** The server's own wall clock at the current input, and its whole ms: "now" stands still during a command. */
  clockMs: number
  nowMs: number

  keys: KeySpace
  /** The smallest expiry stamp; NaN when it must be looked for again. */
  firstExpiryMs: number
  /** Number of changes to keys so far. */
  changes: number

  /** What an fsync has made durable, and what was written after it. */
  disk: KeySpace
  unsynced: Change[]
  syncedSecond: number
  /** Whether the last crash took away something that the memory had. */
  lostInCrash: boolean
  /** Requests before this instant are refused. */
  servesFromMs: number

  /** Subscribers by channel, in order of subscription. */
  subscribers: Map<string, Connection[]>
  /** Blocked clients, in order of blocking. */
  blocked: Blocked[]
  /** Lists that got elements while somebody was blocked. */
  ready: string[]
  /** Elements of lists that are out, longest first: a server's data do not say who has them, the judges must know. */
  taken: Taken[]

  readonly replication: Replication | undefined
}
