/** The npm package `redis-semaphore`: its Mutex on one server, its RedlockMutex on several. */

import { all, clock, sleep, spawn, stop } from '#sim'
import type { Process, RedisClient, Reply, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant, ReleaseOutcome } from './algorithm.ts'
import { duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'
import { majorityOwners, ownersOf } from './redis-holders.ts'

const README = 'swarthy/redis-semaphore README.md'

const PARAMETERS = {
  kind: oneOf(
    ['mutex', 'redlock-mutex'],
    'mutex',
    'Mutex on the primary, or RedlockMutex on all servers',
  ),
  ttlMs: duration(10_000, 'lockTimeout'),
  acquireTimeoutMs: duration(10_000, 'how long one call of acquire goes on trying'),
  retryMs: duration(10, 'retryInterval'),
  refreshMs: duration(8_000, 'refreshInterval, 0.8 of lockTimeout; 0 for none'),
  commandTimeoutMs: duration(0, 'how long to wait for a server; 0, as in the package: for ever'),
  elapsedCheck: flag(
    false,
    'whether RedlockMutex looks that acquiring has taken less than lockTimeout (Redlock’s step 3)',
  ),
  failedRefreshIsLoss: flag(
    false,
    'whether a refresh that is not answered counts as a loss, instead of being tried again at the next interval',
  ),
}

type Parameters = ParameterValues<typeof PARAMETERS>
type Me = Client<{ redis: 1 }, Connections>

interface Connections {
  readonly primary: RedisClient
  readonly servers: readonly RedisClient[]
}
interface MutexGrant extends Grant {
  readonly identifier: string
  interval: Task | undefined
  isAcquired: boolean
  isRefreshing: boolean
}

const isYes = (reply: Reply<boolean | number>): boolean =>
  reply.ok && (reply.value === true || reply.value === 1)

/** src/utils/redlock.ts: Math.round((N + 1) / 2), which is a majority for every N. */
const quorumOf = (size: number): number => Math.round((size + 1) / 2)

const releaseAll = (me: Me, identifier: string) =>
  all(me.session.servers.map((server) => server.deleteIfEquals(me.lock, identifier)))

/** One attempt; undefined is an exception, which ends the call. */
function* attempt(
  me: Me,
  identifier: string,
  { kind, ttlMs, elapsedCheck }: Parameters,
): Process<boolean | undefined> {
  const { primary, servers } = me.session
  if (kind === 'mutex') {
    const stored = yield* primary.setIfAbsent(me.lock, identifier, ttlMs)
    return stored.ok ? stored.value : undefined
  }
  const startedMs = yield* clock()
  const replies = yield* all(
    servers.map((server) => server.setIfAbsent(me.lock, identifier, ttlMs)),
  )
  const isInTime = !elapsedCheck || (yield* clock()) - startedMs < ttlMs
  if (replies.filter(isYes).length >= quorumOf(servers.length) && isInTime) return true
  yield* releaseAll(me, identifier)
  return false
}

/** Whether the lock was still there to be refreshed; undefined is an exception. */
function* refresh(
  me: Me,
  identifier: string,
  { kind, ttlMs }: Parameters,
): Process<boolean | undefined> {
  const { primary, servers } = me.session
  if (kind === 'mutex') {
    const expires = yield* primary.expireIfEquals(me.lock, identifier, ttlMs)
    return expires.ok ? expires.value === 1 : undefined
  }
  const replies = yield* all(
    servers.map((server) => server.expireIfEquals(me.lock, identifier, ttlMs)),
  )
  if (replies.filter(isYes).length < quorumOf(servers.length)) {
    yield* releaseAll(me, identifier)
    return false
  }
  const others = servers.filter((_, index) => !isYes(replies[index] as Reply<number>))
  yield* all(others.map((server) => server.setIfAbsent(me.lock, identifier, ttlMs)))
  return true
}

/** What the interval timer calls: skipped while the last one is under way, and an exception changes nothing. */
function* processRefresh(me: Me, held: MutexGrant, parameters: Parameters): Process {
  held.isRefreshing = true
  const refreshed = yield* refresh(me, held.identifier, parameters)
  held.isRefreshing = false
  const isLost = refreshed === false || (refreshed === undefined && parameters.failedRefreshIsLoss)
  if (!isLost || !held.isAcquired) return
  held.isAcquired = false
  yield* me.lost('LostLockError')
}

function* interval(me: Me, held: MutexGrant, parameters: Parameters): Process {
  while (held.isAcquired) {
    yield* sleep(parameters.refreshMs)
    if (held.isAcquired && !held.isRefreshing) {
      yield* spawn('refresh', processRefresh(me, held, parameters))
    }
  }
}

/**
 * A lock that is refreshed every 0.8 of its time to live, so that one refresh that fails is the last that could have
 * come in time. A failed refresh is an exception in a timer, not a loss: `isAcquired` stays true up to the
 * next one. RedlockMutex counts votes and nothing else: no elapsed time, no drift, no validity.
 */
export const redisSemaphore = defineAlgorithm({
  name: 'redis-semaphore',
  summary: 'the npm package redis-semaphore: Mutex and RedlockMutex, refreshed at 0.8 of the lease',
  sources: [
    'swarthy/redis-semaphore 5.7.0 src/Lock.ts, src/mutex, src/redlockMutex, src/utils/redlock.ts',
    'swarthy/redis-semaphore#205, on a release that says that the lock was lost',
  ],
  steps: [
    'Acquire: SET identifier PX lockTimeout NX, every 10 ms for up to 10 s; RedlockMutex on all servers, for a majority.',
    'Hold: every 8 s a script gives the key its full time again if it is ours; if it is not, onLockLost is called.',
    'Release: stop the timer, compare-and-delete.',
  ],
  useWhen:
    'For work of unknown length on one Redis, where a second holder now and then is only a waste. Set the refresh interval to a third of the lease or less, so that one may fail.',
  claims: [
    { promise: 'exclusion/belief', from: README },
    { promise: 'deadlock-freedom', from: README },
    { promise: 'ownership', from: README },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: PARAMETERS,
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *open(me, { commandTimeoutMs }): Process<Connections> {
    const patienceMs = commandTimeoutMs === 0 ? Infinity : commandTimeoutMs
    const { primary, servers } = me.services.redis
    return {
      primary: primary.within(patienceMs),
      servers: servers.map((server) => server.within(patienceMs)),
    }
  },

  *acquire(me, parameters): Process<MutexGrant | undefined> {
    const identifier = me.token()
    const endMs = (yield* clock()) + parameters.acquireTimeoutMs
    while ((yield* clock()) < endMs) {
      const taken = yield* attempt(me, identifier, parameters)
      if (taken === undefined) return undefined
      if (taken) {
        const held: MutexGrant = {
          identifier,
          interval: undefined,
          isAcquired: true,
          isRefreshing: false,
        }
        if (parameters.refreshMs > 0) {
          held.interval = yield* spawn('refresh timer', interval(me, held, parameters))
        }
        return held
      }
      yield* sleep(parameters.retryMs)
    }
    return undefined
  },

  *release(me, held, { kind }): Process<ReleaseOutcome> {
    if (held.interval !== undefined) yield* stop(held.interval)
    if (!held.isAcquired) return 'not-held'
    held.isAcquired = false
    if (kind === 'mutex') {
      const deleted = yield* me.session.primary.deleteIfEquals(me.lock, held.identifier)
      if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
      return deleted.value === 1 ? 'ok' : 'not-held'
    }
    const replies = yield* releaseAll(me, held.identifier)
    const quorum = quorumOf(replies.length)
    if (replies.filter(isYes).length >= quorum) return 'ok'
    return replies.filter(({ ok }) => ok).length >= quorum ? 'not-held' : 'unknown'
  },

  holders: ({ redis }, lock, { kind }) =>
    kind === 'mutex' ? ownersOf(redis, lock) : majorityOwners(redis, lock),
})
