/** The Redis lock of two commands: SETNX takes it, EXPIRE gives it a time to live, DEL frees it. */

import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { count, flag, oneOf } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'
import { ARTICLE, EXPIRE_FAILURES, lockWithExpire, outcomeOf } from './redis-lock-util.ts'

interface KeyGrant extends Grant {
  readonly value: string
}

/**
 * Between the two commands the key has no time to live: a crash there, or an answer that is lost, leaves it for
 * ever. Its value is the same for all, so that nobody can tell whose it is, and DEL frees whatever is there.
 */
export const redisSetnxExpire = defineAlgorithm({
  name: 'redis-setnx-expire',
  summary: 'SETNX, then EXPIRE, in two commands; released by DEL',
  sources: [
    `${ARTICLE}.lock(key, expire) and unLock1`,
    'redis docs/commands/setnx.md, expire.md',
    'redis/redis-py#818, on keys that lost their time to live',
  ],
  steps: [
    'Acquire: SETNX lock 1; 1 means that the lock is ours, and EXPIRE gives it a time to live.',
    'Hold it for less than the time to live; nothing tells us when that is over.',
    'Release: DEL lock, whoever has it by then; repaired, only if it holds our value.',
  ],
  useWhen: 'Never in this form: SET with NX and PX does both in one command.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    expireSeconds: count(10, 'the time to live; the article uses 60 s'),
    onExpireFailure: oneOf(
      EXPIRE_FAILURES,
      'throw',
      'when EXPIRE is not answered: the exception goes up and the key stays; it is ignored and the lock counts as taken; or the key is deleted',
    ),
    atomic: flag(false, 'whether SET with NX and EX takes the place of the two commands'),
    readdTtl: flag(
      false,
      'whether a caller that is refused gives a time to live to a key that has none',
    ),
    release: oneOf(
      ['delete', 'compare-and-delete'],
      'delete',
      'delete the key; or only if it holds a value of our own, which then takes the place of the constant 1',
    ),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ expireSeconds }) => expireSeconds * 1_000,

  *acquire(me, parameters): Process<KeyGrant | undefined> {
    const { expireSeconds, onExpireFailure } = parameters
    const { primary } = me.services.redis
    const value = parameters.release === 'delete' ? '1' : me.token()
    if (parameters.atomic) {
      const stored = yield* primary.setIfAbsent(me.lock, value, expireSeconds * 1_000)
      return stored.ok && stored.value ? { value } : undefined
    }
    const outcome = yield* lockWithExpire(me, value, expireSeconds, onExpireFailure)
    if (outcome === 'taken') return { value }
    if (outcome === 'refused' && parameters.readdTtl) {
      const left = yield* primary.pttl(me.lock)
      if (left.ok && left.value === -1) yield* primary.expire(me.lock, expireSeconds)
    }
    return undefined
  },

  *release(me, { value }, { release }) {
    const { primary } = me.services.redis
    return outcomeOf(
      release === 'delete'
        ? yield* primary.del(me.lock)
        : yield* primary.deleteIfEquals(me.lock, value),
    )
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
