/** What can be asked of a Redis server: one plain object for each command. */

import type { ScriptName } from './scripts.ts'

/**
 * SET (commands/set.md). At most one of `pxMs` (PX), `exSeconds` (EX), `pxAtMs` (PXAT) and `keepTtl`.
 * Without `keepTtl` and without a new one, SET drops the time to live that the key had.
 */
export interface SetRequest {
  readonly op: 'set'
  readonly key: string
  readonly value: string
  readonly condition?: 'NX' | 'XX'
  readonly pxMs?: number
  /** The one duration here that is not in ms, because the command’s is not. */
  readonly exSeconds?: number
  readonly pxAtMs?: number
  readonly keepTtl?: boolean
  readonly get?: boolean
  /** Answers whether it was stored instead of `OK` or null, for stubs that promise a boolean. */
  readonly asBoolean?: boolean
}

/** GETSET (commands/getset.md): replaces the value, answers the old one, drops the time to live. */
export interface GetSetRequest {
  readonly op: 'getset'
  readonly key: string
  readonly value: string
  /**
   * For the judges only, never looked at for an answer: the caller takes itself for the key's new owner
   * exactly if this was the old value. Otherwise the old owner keeps the key, with a new value in it.
   */
  readonly ownedIf?: string
  /** The same for a caller that takes itself for the owner if the old value is a number below this one. */
  readonly ownedIfBelow?: number
}

/** PEXPIRE (commands/expire.md): a duration of 0 or less deletes the key. */
export interface PexpireRequest {
  readonly op: 'pexpire'
  readonly key: string
  readonly pxMs: number
  readonly condition?: 'NX' | 'XX' | 'GT' | 'LT'
}

/** EXPIRE (commands/expire.md): PEXPIRE with a duration in whole seconds. */
export interface ExpireRequest {
  readonly op: 'expire'
  readonly key: string
  readonly exSeconds: number
}

/** Commands that run to their end at once, alone or inside a script. */
export type Command =
  | SetRequest
  | { readonly op: 'setnx'; readonly key: string; readonly value: string }
  | { readonly op: 'get'; readonly key: string }
  | GetSetRequest
  | { readonly op: 'del'; readonly keys: readonly string[] }
  | { readonly op: 'exists'; readonly keys: readonly string[] }
  | PexpireRequest
  | ExpireRequest
  | { readonly op: 'pttl'; readonly key: string }
  | { readonly op: 'incr'; readonly key: string }
  | { readonly op: 'rpush'; readonly key: string; readonly elements: readonly string[] }
  | { readonly op: 'lpush'; readonly key: string; readonly elements: readonly string[] }
  | { readonly op: 'lpop'; readonly key: string }
  | { readonly op: 'lindex'; readonly key: string; readonly index: number }
  | {
      readonly op: 'lrem'
      readonly key: string
      readonly count: number
      readonly element: string
    }
  | { readonly op: 'llen'; readonly key: string }
  | {
      readonly op: 'lrange'
      readonly key: string
      readonly first: number
      readonly last: number
    }
  | {
      readonly op: 'hset'
      readonly key: string
      readonly field: string
      readonly value: string
    }
  | { readonly op: 'hget'; readonly key: string; readonly field: string }
  | { readonly op: 'hdel'; readonly key: string; readonly field: string }
  | { readonly op: 'hexists'; readonly key: string; readonly field: string }
  | {
      readonly op: 'hincrby'
      readonly key: string
      readonly field: string
      readonly by: number
    }
  | {
      readonly op: 'zadd'
      readonly key: string
      readonly member: string
      readonly score: number
    }
  | {
      readonly op: 'zincrby'
      readonly key: string
      readonly member: string
      readonly by: number
    }
  | { readonly op: 'zscore'; readonly key: string; readonly member: string }
  | { readonly op: 'zrem'; readonly key: string; readonly member: string }
  | { readonly op: 'zrange'; readonly key: string }
  /** INFO replication, of which only `connected_slaves` is told. */
  | { readonly op: 'info-replication' }
  | { readonly op: 'publish'; readonly channel: string; readonly message: string }

/** BLPOP (commands/blpop.md). `timeoutMs` 0 waits for ever. */
export interface BlpopRequest {
  readonly op: 'blpop'
  readonly keys: readonly string[]
  readonly timeoutMs: number
}

/** WAIT (commands/wait.md). `timeoutMs` 0 waits for ever. */
export interface WaitRequest {
  readonly op: 'wait'
  readonly replicas: number
  readonly timeoutMs: number
}

/** EVAL of a script that the server knows by name. */
export interface EvalRequest {
  readonly op: 'eval'
  readonly script: ScriptName
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** Everything that a client can ask. */
export type RedisRequest =
  | Command
  | EvalRequest
  | BlpopRequest
  | WaitRequest
  | { readonly op: 'subscribe'; readonly channel: string }
  | { readonly op: 'unsubscribe'; readonly channel: string }

/** What BLPOP answers: whose turn it was, and what came. */
export interface Popped {
  readonly key: string
  readonly element: string
}
