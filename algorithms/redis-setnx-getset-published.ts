/** The same lock as the article's Java code really does it: `RedisLockUtil.lock2` and `unLock2`. */

import { clock, note } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import { count } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'

const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), RedisLockUtil.lock2 and unLock2'

/** System.currentTimeMillis: the wall clock in whole ms. */
function* currentTimeMillis(): Process<number> {
  return Math.floor(yield* clock())
}

/**
 * The published code, faults included:
 *
 * - `expire` is documented as seconds and added to a clock in ms: the lease is 60 ms, not 60 s;
 * - a missing key reads as stamp "0", hence as expired; if it is still missing at GETSET, the answer null
 *   cannot be parsed, and the exception leaves behind a key that nobody owns;
 * - a losing GETSET overwrites the winner's stamp;
 * - `unLock2` never asks whose lock it is: it deletes whatever has a stamp in the future, in two steps;
 * - a stamp in the past is not deleted, so that with 60 ms the usual release leaves the key for ever.
 */
export const redisSetnxGetsetPublished = defineAlgorithm({
  name: 'redis-setnx-getset-published',
  summary:
    'SETNX with an expiry stamp, taken over with GETSET; the published Java code, bugs included',
  sources: [ARTICLE],
  steps: [
    'SETNX lock with now plus a timeout, whose unit is mistaken; 1 means that the lock is ours.',
    'Otherwise GET it; if that instant has passed, GETSET a new one.',
    'The lock is ours if GETSET gave back what GET had shown.',
    'Release: GET the key and delete it if the instant in it lies ahead, whoever wrote it.',
  ],
  useWhen: 'Never: it is here because it is copied.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: { expire: count(60, 'meant as seconds, used as ms') },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ expire }) => expire,

  *acquire(me, { expire }) {
    const { primary } = me.services.redis
    const created = yield* primary.setnx(me.lock, String((yield* currentTimeMillis()) + expire))
    if (!created.ok) return undefined
    if (created.value) return {}

    const read = yield* primary.get(me.lock)
    if (!read.ok) return undefined
    const old = read.value ?? '0'
    if (Number(old) >= (yield* currentTimeMillis())) return undefined

    const replaced = yield* primary.getset(
      me.lock,
      String((yield* currentTimeMillis()) + expire),
      old,
    )
    if (!replaced.ok) return undefined
    if (replaced.value === null) {
      yield* note('NumberFormatException: GETSET found no key, and has made one that nobody owns')
      return undefined
    }
    return replaced.value === old ? {} : undefined
  },

  *release(me) {
    const { primary } = me.services.redis
    const read = yield* primary.get(me.lock)
    if (!read.ok) return 'unknown'
    if (Number(read.value ?? '0') <= (yield* currentTimeMillis())) return 'not-held'
    const deleted = yield* primary.del(me.lock)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
