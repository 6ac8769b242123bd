/** What the article's class `RedisLockUtil` and its relatives have in common: the two schemes, step by step. */

import { clock, note } from '#sim'
import type { Process, Reply, ServiceClients } from '#sim'
import type { Grant, ReleaseOutcome } from './algorithm.ts'

/** The article and its Java class. */
export const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), RedisLockUtil'

interface Caller {
  readonly lock: string
  readonly services: { readonly redis: ServiceClients['redis'] }
}

/** System.currentTimeMillis: the wall clock in whole ms. */
function* currentTimeMillis(): Process<number> {
  return Math.floor(yield* clock())
}

/** What becomes of a deletion. */
export const outcomeOf = (deleted: Reply<number>): ReleaseOutcome => {
  if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
  return deleted.value === 1 ? 'ok' : 'not-held'
}

/** What scheme 1 does when EXPIRE is not answered: the exception goes up, or is swallowed, or the key is deleted. */
export const EXPIRE_FAILURES = ['throw', 'ignore', 'delete'] as const

/**
 * `lock(key, expire)`: SETNX, then EXPIRE. Whether the lock was taken; an exception is a no, whatever it leaves
 * behind.
 */
export function* lockWithExpire(
  me: Caller,
  value: string,
  expireSeconds: number,
  onExpireFailure: (typeof EXPIRE_FAILURES)[number],
): Process<'taken' | 'refused' | 'exception'> {
  const { primary } = me.services.redis
  const created = yield* primary.setnx(me.lock, value)
  if (!created.ok) return 'exception'
  if (!created.value) return 'refused'
  const expires = yield* primary.expire(me.lock, expireSeconds)
  if (expires.ok || onExpireFailure === 'ignore') return 'taken'
  yield* note('EXPIRE failed: the key is there and has no time to live')
  if (onExpireFailure === 'delete') yield* primary.del(me.lock)
  return 'exception'
}

/** When a caller that finds an expired stamp has won: its GETSET replaced that very stamp, or one that was expired. */
export const TAKEOVERS = ['same-value', 'still-expired'] as const

/** How scheme 2 is played. */
export interface StampRules {
  /** How far ahead of the clock the stamp is. */
  readonly leaseMs: number
  readonly takeover: (typeof TAKEOVERS)[number]
  /** Whether a key that is gone when it is read counts as one whose stamp is 0, as in the article's code. */
  readonly absentIsExpired: boolean
}

/** What a winner of scheme 2 knows. */
export interface Stamp extends Grant {
  readonly stamp: string
  /** The client's clock when it made the stamp. */
  readonly startedMs: number
}

/**
 * `lock2(key, expire)`: SETNX with the end of the lease by the own clock; else, if the stamp that is there is past by
 * the own clock, GETSET.
 */
export function* lockWithStamp(
  me: Caller,
  { leaseMs, takeover, absentIsExpired }: StampRules,
): Process<Stamp | undefined> {
  const { primary } = me.services.redis
  const startedMs = yield* currentTimeMillis()
  const stamp = String(startedMs + leaseMs)
  const created = yield* primary.setnx(me.lock, stamp)
  if (!created.ok) return undefined
  if (created.value) return { stamp, startedMs }

  const read = yield* primary.get(me.lock)
  if (!read.ok || (read.value === null && !absentIsExpired)) return undefined
  const old = read.value ?? '0'
  if (Number.isNaN(Number(old))) {
    yield* note(`NumberFormatException: ${old} is no stamp`)
    return undefined
  }
  const nowMs = yield* currentTimeMillis()
  if (Number(old) >= nowMs) return undefined

  const ours = String(nowMs + leaseMs)
  const wins = takeover === 'same-value' ? old : nowMs
  const replaced = yield* primary.getset(me.lock, ours, wins)
  if (!replaced.ok) return undefined
  if (replaced.value === null) {
    yield* note('NumberFormatException: GETSET found no key, and has made one that nobody owns')
    return undefined
  }
  const won = takeover === 'same-value' ? replaced.value === old : Number(replaced.value) < nowMs
  if (won) return { stamp: ours, startedMs: nowMs }
  yield* note('somebody was faster: their stamp has been overwritten all the same')
  return undefined
}

/** `unLock2(key)`: deletes whatever has a stamp in the future, in two steps, whoever's it is. */
export function* unlockStoredStamp(me: Caller): Process<ReleaseOutcome> {
  const { primary } = me.services.redis
  const read = yield* primary.get(me.lock)
  if (!read.ok) return 'unknown'
  if (!(Number(read.value ?? '0') > (yield* currentTimeMillis()))) return 'not-held'
  return outcomeOf(yield* primary.del(me.lock))
}

/** Step 5 of the article's text: deletes only if less than the lease has gone by since the lock was taken. */
export function* unlockInTime(
  me: Caller,
  { startedMs }: Stamp,
  leaseMs: number,
): Process<ReleaseOutcome> {
  if ((yield* currentTimeMillis()) - startedMs >= leaseMs) return 'not-held'
  return outcomeOf(yield* me.services.redis.primary.del(me.lock))
}

/** The release that the scheme lacks: deletes the stamp that is ours, in one step. */
export function* unlockOwnStamp(me: Caller, { stamp }: Stamp): Process<ReleaseOutcome> {
  return outcomeOf(yield* me.services.redis.primary.deleteIfEquals(me.lock, stamp))
}
