/** What Redisson's locks share: a client's identity, its commands, the replica check, and waiting by pub/sub. */

import { clock, receive, sleep, spawn } from '#sim'
import type { Effect, Process, Reply, ServiceClients, Task } from '#sim'
import type { RedissonValues } from './redisson-parameters.ts'

/**
 * The shortest sleep of a waiter. The real one does not sleep at all when it is told 0 ms, and asks as fast as the
 * network lets it; ten times a second comes to the same, and a run ends.
 */
export const SPIN_MS = 100

type RedisClient = ServiceClients['redis']['primary']

/** How long a command waits for its answer: Config.timeout, as it is if nothing is said. */
export const COMMAND_TIMEOUT_MS = 3_000
// retryAttempts, retryInterval, subscriptionTimeout and slavesSyncTimeout likewise.
const RETRIES = 3
const RETRY_DELAY_MS = 1_500
const SUBSCRIPTION_TIMEOUT_MS = 7_500
const SYNC_TIMEOUT_MS = 1_000
/** How long a server remembers that it has answered a release: as long as it may be sent again. */
export const LATCH_MS = (COMMAND_TIMEOUT_MS + RETRY_DELAY_MS) * RETRIES

/** One process's Redisson towards one server or group. */
export interface Redisson {
  readonly redis: RedisClient
  /** Client id and thread id: every process has one thread that locks. */
  readonly owner: string
  /** Replicas of the master that it is configured with. */
  readonly replicas: number
  /** How many holds the list of watchdogs has for this lock, and what renews them. */
  watched: number
  watchdog: Task | undefined
}

/** What a lock needs of the client that it acts for. */
export interface Holder {
  readonly lock: string
  token(): string
  lost(why: string): Process
}

/** One try: the lock is ours, somebody has it for so long yet, or there was no proper answer. */
export type Tried<Held> =
  | { readonly kind: 'held'; readonly grant: Held }
  | { readonly kind: 'busy'; readonly ttlMs: number }
  | { readonly kind: 'failed'; readonly mayHaveHappened: boolean }

/** A new Redisson, with an id that no other has. */
export const redissonOn = (redis: RedisClient, owner: string, replicas: number): Redisson => ({
  redis: redis.within(COMMAND_TIMEOUT_MS),
  owner,
  replicas,
  watched: 0,
  watchdog: undefined,
})

/** The channel on which a release of the lock is told. */
export const channelOf = (lock: string): string => `redisson_lock__channel:{${lock}}`

/** The counter of a fenced lock. */
export const tokenKeyOf = (lock: string): string => `redisson_lock_token:{${lock}}`

/** What a reply that is none means for a try. */
export const failed = (reply: Reply<unknown> & { readonly ok: false }): Tried<never> => ({
  kind: 'failed',
  mayHaveHappened: reply.why === 'timeout',
})

/** Sends a command, and sends it again as long as nothing comes back. */
export function* sending<Value>(
  ask: () => Effect<Reply<Value>>,
  sendsAgain: boolean,
): Process<Reply<Value>> {
  for (let left = sendsAgain ? RETRIES : 0; ; left--) {
    const reply = yield* ask()
    if (reply.ok || reply.why === 'refused' || left === 0) return reply
    yield* sleep(RETRY_DELAY_MS)
  }
}

/**
 * INFO replication and WAIT: whether enough of the replicas that are connected have it; undefined if a command failed.
 * With none connected nothing is asked of any (RedissonBaseLock.evalWriteAsync, `availableSlaves > 0`).
 */
export function* isSynced(
  { redis, replicas }: Redisson,
  rule: RedissonValues['syncedReplicas'],
): Process<boolean | undefined> {
  if (replicas === 0 || rule === 'off') return true
  const connected = yield* redis.connectedReplicas()
  if (!connected.ok) return undefined
  if (connected.value === 0) return true
  const acknowledged = yield* redis.wait(connected.value, SYNC_TIMEOUT_MS)
  if (!acknowledged.ok) return undefined
  // "None of slaves were synced" is what the code asks, whatever the option's description says.
  return acknowledged.value >= (rule === 'any' ? 1 : connected.value)
}

function* unsubscribe(redis: RedisClient, channel: string): Process {
  yield* redis.unsubscribe(channel)
}

/**
 * RLock.lock and tryLock: tries, subscribes, tries again, and then sleeps until a message comes or the lease that
 * it was told is over. `waitMs` is Infinity for lock. Like the Java code it measures by the wall clock.
 *
 * A subscription is made anew after each sleep that no message ended: the library does so when it
 * notices that its connection has gone, which a model of it cannot see.
 */
export function* tryOrWait<Held>(
  { redis }: Redisson,
  channel: string,
  tryOnce: () => Process<Tried<Held>>,
  waitMs: number,
  waitsAtMostTtl: boolean,
): Process<Tried<Held>> {
  const first = yield* tryOnce()
  if (first.kind !== 'busy' || waitMs <= 0) return first

  const untilMs = (yield* clock()) + waitMs
  const messages = redis.messages(channel)
  while (messages.waiting > 0) yield* receive(messages)
  const subscriber = redis.within(Math.min(SUBSCRIPTION_TIMEOUT_MS, waitMs))
  const subscribed = yield* subscriber.subscribe(channel)
  if (!subscribed.ok) return failed(subscribed)

  let tried = yield* tryOnce()
  while (tried.kind === 'busy') {
    const leftMs = untilMs - (yield* clock())
    if (leftMs <= 0) break
    // A negative answer means "for ever" to lock, and "as long as I may" to tryLock.
    const knownMs = waitsAtMostTtl && tried.ttlMs >= 0 ? tried.ttlMs : Infinity
    const message = yield* receive(messages, Math.min(leftMs, Math.max(knownMs, SPIN_MS)))
    if (message === undefined) yield* subscriber.subscribe(channel)
    tried = yield* tryOnce()
  }
  yield* spawn('unsubscribe', unsubscribe(redis, channel))
  return tried
}
