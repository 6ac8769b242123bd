/** The typed client of a group of Redis servers. */

import type { Effect } from '../../kernel/effect.ts'
import type { Mailbox } from '../../kernel/mailbox.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Port, StubEnvironment } from '../service.ts'
import type { Popped, PexpireRequest, RedisRequest, SetRequest } from './requests.ts'
import type { ScriptName } from './scripts.ts'

/** What a call waits if nothing else is said. */
const CALL_TIMEOUT_MS = 1000

/** The options of SET. */
type SetOptions = Omit<SetRequest, 'op' | 'key' | 'value' | 'asBoolean'>

/** A connection to one server, or to whichever server is the primary at each call. */
export interface RedisClient {
  /** `OK`, or null if the condition was not met; with `get`, the old value. */
  set(key: string, value: string, options?: SetOptions): Effect<Reply<string | null>>
  /** SET NX, with PX if `pxMs` is given: whether it was stored. */
  setIfAbsent(key: string, value: string, pxMs?: number): Effect<Reply<boolean>>
  setnx(key: string, value: string): Effect<Reply<boolean>>
  get(key: string): Effect<Reply<string | null>>
  /** For `ownedIf` see the request: it is for the judges only, a value or the number that the old one is below. */
  getset(key: string, value: string, ownedIf?: string | number): Effect<Reply<string | null>>
  /** How many of the keys were there. */
  del(...keys: readonly string[]): Effect<Reply<number>>
  exists(...keys: readonly string[]): Effect<Reply<number>>
  pexpire(key: string, pxMs: number, condition?: PexpireRequest['condition']): Effect<Reply<number>>
  expire(key: string, exSeconds: number): Effect<Reply<number>>
  /** What is left in ms, -1 for a key that does not expire, -2 for no key. */
  pttl(key: string): Effect<Reply<number>>
  incr(key: string): Effect<Reply<number>>
  rpush(key: string, ...elements: readonly string[]): Effect<Reply<number>>
  lpush(key: string, ...elements: readonly string[]): Effect<Reply<number>>
  lpop(key: string): Effect<Reply<string | null>>
  lindex(key: string, index: number): Effect<Reply<string | null>>
  lrem(key: string, count: number, element: string): Effect<Reply<number>>
  llen(key: string): Effect<Reply<number>>
  lrange(key: string, first: number, last: number): Effect<Reply<readonly string[]>>
  hset(key: string, field: string, value: string): Effect<Reply<number>>
  hget(key: string, field: string): Effect<Reply<string | null>>
  hdel(key: string, field: string): Effect<Reply<number>>
  hexists(key: string, field: string): Effect<Reply<number>>
  hincrby(key: string, field: string, by: number): Effect<Reply<number>>
  zadd(key: string, member: string, score: number): Effect<Reply<number>>
  zincrby(key: string, member: string, by: number): Effect<Reply<number>>
  zscore(key: string, member: string): Effect<Reply<number | null>>
  zrem(key: string, member: string): Effect<Reply<number>>
  /** All members, lowest score first. */
  zrange(key: string): Effect<Reply<readonly string[]>>
  /** Waits in the server for an element, for ever if `timeoutMs` is 0; null when the time is up. */
  blpop(keys: readonly string[], timeoutMs: number): Effect<Reply<Popped | null>>
  publish(channel: string, message: string): Effect<Reply<number>>
  /** What is published goes to the mailbox `messages(channel)` of this connection. */
  subscribe(channel: string): Effect<Reply<string>>
  unsubscribe(channel: string): Effect<Reply<string>>
  messages(channel: string): Mailbox<string>
  /** Runs a script atomically: 1 or 0 for most of them. */
  evaluate<Value = number>(
    script: ScriptName,
    keys: readonly string[],
    args: readonly string[],
  ): Effect<Reply<Value>>
  /** The script `compare-and-delete`: 1 if the key held the value and is gone. */
  deleteIfEquals(key: string, value: string): Effect<Reply<number>>
  /** The script `compare-and-expire`: 1 if the key held the value and lives `pxMs` from now. */
  expireIfEquals(key: string, value: string, pxMs: number): Effect<Reply<number>>
  /** INFO replication: how many replicas are connected to the master. */
  connectedReplicas(): Effect<Reply<number>>
  /** Waits until `replicas` have this connection's writes; the number that have. */
  wait(replicas: number, timeoutMs: number): Effect<Reply<number>>
  /** The same connection with another patience. */
  within(timeoutMs: number): RedisClient
  /** A new connection of its own. */
  connect(): RedisClient
  disconnect(): Effect<void>
}

/** The clients of a group. */
export interface RedisClients {
  /** One for each server. */
  readonly servers: readonly RedisClient[]
  /** Sends each call to the server that this client's directory names as the leader just then. */
  readonly primary: RedisClient
  /** A mailbox of the client's node, for a library whose processes talk to each other. */
  mailbox<Letter>(): Mailbox<Letter>
}

/** One client. A class, because a run makes dozens of them and each would otherwise have thirty closures of its own. */
class Stub implements RedisClient {
  private readonly port: () => Port
  private readonly timeoutMs: number

  constructor(port: () => Port, timeoutMs: number) {
    this.port = port
    this.timeoutMs = timeoutMs
  }

  set(key: string, value: string, options?: SetOptions): Effect<Reply<string | null>> {
    return this.call({ ...options, op: 'set', key, value })
  }

  setIfAbsent(key: string, value: string, pxMs?: number): Effect<Reply<boolean>> {
    return this.call(
      pxMs === undefined
        ? { op: 'set', key, value, condition: 'NX', asBoolean: true }
        : { op: 'set', key, value, condition: 'NX', pxMs, asBoolean: true },
    )
  }

  setnx(key: string, value: string): Effect<Reply<boolean>> {
    return this.call({ op: 'setnx', key, value })
  }

  get(key: string): Effect<Reply<string | null>> {
    return this.call({ op: 'get', key })
  }

  getset(key: string, value: string, ownedIf?: string | number): Effect<Reply<string | null>> {
    if (ownedIf === undefined) return this.call({ op: 'getset', key, value })
    return this.call(
      typeof ownedIf === 'string'
        ? { op: 'getset', key, value, ownedIf }
        : { op: 'getset', key, value, ownedIfBelow: ownedIf },
    )
  }

  del(...keys: readonly string[]): Effect<Reply<number>> {
    return this.call({ op: 'del', keys })
  }

  exists(...keys: readonly string[]): Effect<Reply<number>> {
    return this.call({ op: 'exists', keys })
  }

  pexpire(
    key: string,
    pxMs: number,
    condition?: PexpireRequest['condition'],
  ): Effect<Reply<number>> {
    return this.call(
      condition === undefined
        ? { op: 'pexpire', key, pxMs }
        : { op: 'pexpire', key, pxMs, condition },
    )
  }

  expire(key: string, exSeconds: number): Effect<Reply<number>> {
    return this.call({ op: 'expire', key, exSeconds })
  }

  pttl(key: string): Effect<Reply<number>> {
    return this.call({ op: 'pttl', key })
  }

  incr(key: string): Effect<Reply<number>> {
    return this.call({ op: 'incr', key })
  }

  rpush(key: string, ...elements: readonly string[]): Effect<Reply<number>> {
    return this.call({ op: 'rpush', key, elements })
  }

  lpush(key: string, ...elements: readonly string[]): Effect<Reply<number>> {
    return this.call({ op: 'lpush', key, elements })
  }

  lpop(key: string): Effect<Reply<string | null>> {
    return this.call({ op: 'lpop', key })
  }

  lindex(key: string, index: number): Effect<Reply<string | null>> {
    return this.call({ op: 'lindex', key, index })
  }

  lrem(key: string, count: number, element: string): Effect<Reply<number>> {
    return this.call({ op: 'lrem', key, count, element })
  }

  llen(key: string): Effect<Reply<number>> {
    return this.call({ op: 'llen', key })
  }

  lrange(key: string, first: number, last: number): Effect<Reply<readonly string[]>> {
    return this.call({ op: 'lrange', key, first, last })
  }

  hset(key: string, field: string, value: string): Effect<Reply<number>> {
    return this.call({ op: 'hset', key, field, value })
  }

  hget(key: string, field: string): Effect<Reply<string | null>> {
    return this.call({ op: 'hget', key, field })
  }

  hdel(key: string, field: string): Effect<Reply<number>> {
    return this.call({ op: 'hdel', key, field })
  }

  hexists(key: string, field: string): Effect<Reply<number>> {
    return this.call({ op: 'hexists', key, field })
  }

  hincrby(key: string, field: string, by: number): Effect<Reply<number>> {
    return this.call({ op: 'hincrby', key, field, by })
  }

  zadd(key: string, member: string, score: number): Effect<Reply<number>> {
    return this.call({ op: 'zadd', key, member, score })
  }

  zincrby(key: string, member: string, by: number): Effect<Reply<number>> {
    return this.call({ op: 'zincrby', key, member, by })
  }

  zscore(key: string, member: string): Effect<Reply<number | null>> {
    return this.call({ op: 'zscore', key, member })
  }

  zrem(key: string, member: string): Effect<Reply<number>> {
    return this.call({ op: 'zrem', key, member })
  }

  zrange(key: string): Effect<Reply<readonly string[]>> {
    return this.call({ op: 'zrange', key })
  }

  blpop(keys: readonly string[], waitMs: number): Effect<Reply<Popped | null>> {
    return this.blockingCall({ op: 'blpop', keys, timeoutMs: waitMs }, waitMs)
  }

  publish(channel: string, message: string): Effect<Reply<number>> {
    return this.call({ op: 'publish', channel, message })
  }

  subscribe(channel: string): Effect<Reply<string>> {
    // The mailbox must exist before the first message can come.
    this.port().channel<string>(channel)
    return this.call({ op: 'subscribe', channel })
  }

  unsubscribe(channel: string): Effect<Reply<string>> {
    return this.call({ op: 'unsubscribe', channel })
  }

  messages(channel: string): Mailbox<string> {
    return this.port().channel(channel)
  }

  evaluate<Value = number>(
    script: ScriptName,
    keys: readonly string[],
    args: readonly string[],
  ): Effect<Reply<Value>> {
    return this.call({ op: 'eval', script, keys, args })
  }

  deleteIfEquals(key: string, value: string): Effect<Reply<number>> {
    return this.call({ op: 'eval', script: 'compare-and-delete', keys: [key], args: [value] })
  }

  expireIfEquals(key: string, value: string, pxMs: number): Effect<Reply<number>> {
    const args = [value, `${pxMs}`]
    return this.call({ op: 'eval', script: 'compare-and-expire', keys: [key], args })
  }

  connectedReplicas(): Effect<Reply<number>> {
    return this.call({ op: 'info-replication' })
  }

  wait(replicas: number, waitMs: number): Effect<Reply<number>> {
    return this.blockingCall({ op: 'wait', replicas, timeoutMs: waitMs }, waitMs)
  }

  within(otherMs: number): RedisClient {
    return new Stub(this.port, otherMs)
  }

  connect(): RedisClient {
    return connectAgain(this.port, this.timeoutMs)
  }

  disconnect(): Effect<void> {
    return this.port().disconnect()
  }

  private call<Value>(body: RedisRequest): Effect<Reply<Value>> {
    return this.port().call<Value>(body, this.timeoutMs)
  }

  /** A blocking command answers at its own deadline; the call must outlive it. */
  private blockingCall<Value>(body: RedisRequest, waitMs: number): Effect<Reply<Value>> {
    return this.port().call<Value>(body, waitMs === 0 ? Infinity : waitMs + this.timeoutMs)
  }
}

/** A connection that is opened to each server when the first call goes there. */
const connectAgain = (port: () => Port, timeoutMs: number): RedisClient => {
  const opened = new Map<string, Port>()
  const own = (): Port => {
    const existing = port()
    let fresh = opened.get(existing.server)
    if (fresh === undefined) {
      fresh = existing.connect()
      opened.set(existing.server, fresh)
    }
    return fresh
  }
  return new Stub(own, timeoutMs)
}

/** Makes the clients of a group. */
export const redisClients = (
  ports: readonly Port[],
  environment: StubEnvironment,
): RedisClients => ({
  servers: ports.map((port) => new Stub(() => port, CALL_TIMEOUT_MS)),
  primary: new Stub(() => {
    const port = ports[environment.leader()] ?? ports[0]
    if (port === undefined) throw new Error('a redis client needs at least one server')
    return port
  }, CALL_TIMEOUT_MS),
  mailbox: () => environment.mailbox(),
})
