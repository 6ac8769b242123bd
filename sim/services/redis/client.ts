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
export type SetOptions = Omit<SetRequest, 'op' | 'key' | 'value' | 'asBoolean'>

/** A connection to one server, or to whichever server is the primary at each call. */
export interface RedisClient {
  /** `OK`, or null if the condition was not met; with `get`, the old value. */
  set(key: string, value: string, options?: SetOptions): Effect<Reply<string | null>>
  /** SET NX, with PX if `pxMs` is given: whether it was stored. */
  setIfAbsent(key: string, value: string, pxMs?: number): Effect<Reply<boolean>>
  setnx(key: string, value: string): Effect<Reply<boolean>>
  get(key: string): Effect<Reply<string | null>>
  /** For `ownedIf` see the request: it is for the judges only. */
  getset(key: string, value: string, ownedIf?: string): Effect<Reply<string | null>>
  /** How many of the keys were there. */
  del(...keys: readonly string[]): Effect<Reply<number>>
  exists(...keys: readonly string[]): Effect<Reply<number>>
  pexpire(key: string, pxMs: number, condition?: PexpireRequest['condition']): Effect<Reply<number>>
  /** What is left in ms, -1 for a key that does not expire, -2 for no key. */
  pttl(key: string): Effect<Reply<number>>
  incr(key: string): Effect<Reply<number>>
  rpush(key: string, ...elements: readonly string[]): Effect<Reply<number>>
  lpush(key: string, ...elements: readonly string[]): Effect<Reply<number>>
  lpop(key: string): Effect<Reply<string | null>>
  lindex(key: string, index: number): Effect<Reply<string | null>>
  lrem(key: string, count: number, element: string): Effect<Reply<number>>
  llen(key: string): Effect<Reply<number>>
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
}

const stub = (port: () => Port, connect: () => RedisClient, timeoutMs: number): RedisClient => {
  const call = <Value>(body: RedisRequest): Effect<Reply<Value>> =>
    port().call<Value>(body, timeoutMs)
  // A blocking command answers at its own deadline; the call must outlive it.
  const blockingCall = <Value>(body: RedisRequest, waitMs: number): Effect<Reply<Value>> =>
    port().call<Value>(body, waitMs === 0 ? Infinity : waitMs + timeoutMs)
  return {
    set: (key, value, options) => call({ ...options, op: 'set', key, value }),
    setIfAbsent: (key, value, pxMs) =>
      call(
        pxMs === undefined
          ? { op: 'set', key, value, condition: 'NX', asBoolean: true }
          : { op: 'set', key, value, condition: 'NX', pxMs, asBoolean: true },
      ),
    setnx: (key, value) => call({ op: 'setnx', key, value }),
    get: (key) => call({ op: 'get', key }),
    getset: (key, value, ownedIf) =>
      call(
        ownedIf === undefined
          ? { op: 'getset', key, value }
          : { op: 'getset', key, value, ownedIf },
      ),
    del: (...keys) => call({ op: 'del', keys }),
    exists: (...keys) => call({ op: 'exists', keys }),
    pexpire: (key, pxMs, condition) =>
      call(
        condition === undefined
          ? { op: 'pexpire', key, pxMs }
          : { op: 'pexpire', key, pxMs, condition },
      ),
    pttl: (key) => call({ op: 'pttl', key }),
    incr: (key) => call({ op: 'incr', key }),
    rpush: (key, ...elements) => call({ op: 'rpush', key, elements }),
    lpush: (key, ...elements) => call({ op: 'lpush', key, elements }),
    lpop: (key) => call({ op: 'lpop', key }),
    lindex: (key, index) => call({ op: 'lindex', key, index }),
    lrem: (key, count, element) => call({ op: 'lrem', key, count, element }),
    llen: (key) => call({ op: 'llen', key }),
    blpop: (keys, waitMs) => blockingCall({ op: 'blpop', keys, timeoutMs: waitMs }, waitMs),
    publish: (channel, message) => call({ op: 'publish', channel, message }),
    subscribe: (channel) => {
      // The mailbox must exist before the first message can come.
      port().channel<string>(channel)
      return call({ op: 'subscribe', channel })
    },
    unsubscribe: (channel) => call({ op: 'unsubscribe', channel }),
    messages: (channel) => port().channel(channel),
    evaluate: (script, keys, args) => call({ op: 'eval', script, keys, args }),
    deleteIfEquals: (key, value) =>
      call({ op: 'eval', script: 'compare-and-delete', keys: [key], args: [value] }),
    expireIfEquals: (key, value, pxMs) =>
      call({ op: 'eval', script: 'compare-and-expire', keys: [key], args: [value, `${pxMs}`] }),
    wait: (replicas, waitMs) => blockingCall({ op: 'wait', replicas, timeoutMs: waitMs }, waitMs),
    within: (otherMs) => stub(port, connect, otherMs),
    connect,
    disconnect: () => port().disconnect(),
  }
}

const clientOf = (port: () => Port): RedisClient =>
  stub(port, () => connectAgain(port), CALL_TIMEOUT_MS)

/** A connection that is opened to each server when the first call goes there. */
const connectAgain = (port: () => Port): RedisClient => {
  const opened = new Map<string, Port>()
  return clientOf(() => {
    const existing = port()
    let own = opened.get(existing.server)
    if (own === undefined) {
      own = existing.connect()
      opened.set(existing.server, own)
    }
    return own
  })
}

/** Makes the clients of a group. */
export const redisClients = (
  ports: readonly Port[],
  environment: StubEnvironment,
): RedisClients => ({
  servers: ports.map((port) => clientOf(() => port)),
  primary: clientOf(() => {
    const port = ports[environment.leader()] ?? ports[0]
    if (port === undefined) throw new Error('a redis client needs at least one server')
    return port
  }),
})
