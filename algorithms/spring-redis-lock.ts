/** Spring Integration's RedisLockRegistry: a key with the registry's id, behind a local ReentrantLock. */

import { clock, sleep, spawn, stop } from '#sim'
import type { Process, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'

const REFERENCE = 'Spring Integration reference, Redis Lock Registry'
const CODE = 'spring-integration-redis RedisLockRegistry'

const parameters = {
  expireAfterMs: duration(60_000, 'how long the key lives (RedisLockRegistry’s default)'),
  idleMs: duration(100, 'between two tries while waiting (idleBetweenTries)'),
  waitMs: duration(0, 'for how long tryLock waits; 0 waits without end, as lock() does'),
  renews: flag(
    false,
    'whether a task renews the key at each third of its life, as a renewalTaskScheduler does',
  ),
  localRelease: oneOf(
    ['always', 'if-unlocked'],
    'always',
    'when unlock releases the local lock: in any case, or not if it throws because the key has expired (#1888, #2660)',
  ),
  unlocksBy: oneOf(
    ['script', 'get-then-delete'],
    'script',
    'how the key is deleted: by a script that compares, or after a look at it, as before',
  ),
} as const

type Values = ParameterValues<typeof parameters>

interface Registry {
  readonly id: string
  /** Holds of the local lock by the thread that has it. */
  depth: number
  /** Whether a thread has left the local lock locked: every other thread of this process waits for it. */
  isStuck: boolean
  renewal: Task | undefined
}

type Me = Client<{ redis: 1 }, Registry>

/** Deletes the key if it is ours: 1 or 0, undefined if nobody knows. */
function* deleteOwn(me: Me, { unlocksBy }: Values): Process<number | undefined> {
  const { primary } = me.services.redis
  const { id } = me.session
  if (unlocksBy === 'get-then-delete') {
    const found = yield* primary.get(me.lock)
    if (!found.ok || found.value !== id) return found.ok ? 0 : undefined
    const deleted = yield* primary.del(me.lock)
    return deleted.ok ? deleted.value : undefined
  }
  const deleted = yield* primary.deleteIfEquals(me.lock, id)
  return deleted.ok ? deleted.value : undefined
}

/** Renews until the registry is told that the key is not its own any more, which it logs and nobody hears. */
function* renew(me: Me, { expireAfterMs }: Values): Process {
  for (;;) {
    yield* sleep(expireAfterMs / 3)
    const { primary } = me.services.redis
    const renewed = yield* primary.expireIfEquals(me.lock, me.session.id, expireAfterMs)
    if (renewed.ok && renewed.value === 0) return
  }
}

/**
 * The key names a registry, that is a process; its threads are kept apart by a local lock. Every hold of a client
 * is one of another thread of its process, as in a server that has a pool of them.
 */
export const springRedisLock = defineAlgorithm({
  name: 'spring-redis-lock',
  summary: 'Spring RedisLockRegistry: a key with the registry’s id, behind a lock of each process',
  sources: [CODE, 'spring-projects/spring-integration issues 1888, 2660'],
  claims: [
    { promise: 'exclusion/belief', from: `${REFERENCE}: only one instance at a time` },
    { promise: 'deadlock-freedom', from: `${REFERENCE}: keys expire` },
    { promise: 'ownership', from: CODE },
    { promise: 'reentrancy', from: `${CODE}: a local ReentrantLock` },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters,
  services: () => ({ redis: { replication: 'asynchronous' } }),
  gives: () => ({ token: false, validity: false, reentry: true }),
  leaseMs: ({ expireAfterMs }) => expireAfterMs,
  steps: [
    'Acquire: lock the process’s own ReentrantLock, then run a script: a key with our registry’s id gets a new time to live, an absent one is set.',
    'Somebody else’s: sleep 100 ms and try again.',
    'Hold: for 60 s, or longer if a renewal task is configured.',
    'Release: unless it is an inner hold, a script deletes the key if it has our id; if not, unlock throws. The local lock is unlocked in any case.',
  ],
  useWhen:
    'For scheduled work and message handlers in Spring that take far less than a minute. Not where the work must not be done twice: whoever overruns the minute hears of it when it unlocks.',

  *open({ token }): Process<Registry> {
    return { id: token(), depth: 0, isStuck: false, renewal: undefined }
  },

  *acquire(me, values): Process<Grant | undefined> {
    const { session, services } = me
    const waitMs = values.waitMs || Infinity
    if (session.isStuck) {
      yield* sleep(waitMs)
      return undefined
    }
    const untilMs = (yield* clock()) + waitMs
    for (;;) {
      const args = [session.id, `${values.expireAfterMs}`]
      const obtained = yield* services.redis.primary.evaluate('set-or-extend', [me.lock], args)
      if (!obtained.ok) return undefined
      if (obtained.value === 1) break
      if ((yield* clock()) + values.idleMs >= untilMs) return undefined
      yield* sleep(values.idleMs)
    }
    session.depth++
    if (values.renews && session.depth === 1) {
      session.renewal = yield* spawn('renewal', renew(me, values))
    }
    return {}
  },

  *release(me, _held, values) {
    const { session } = me
    if (session.depth > 1) {
      session.depth--
      return 'ok'
    }
    if (session.renewal !== undefined) yield* stop(session.renewal)
    session.renewal = undefined
    const deleted = yield* deleteOwn(me, values)
    session.depth = 0
    session.isStuck = deleted !== 1 && values.localRelease === 'if-unlocked'
    if (deleted === undefined) return 'unknown'
    return deleted === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
