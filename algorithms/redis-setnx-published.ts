/** The overload trap: half of the callers use one of the article's two schemes on a key, half the other. */

import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { count, oneOf } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'
import {
  ARTICLE,
  lockWithExpire,
  lockWithStamp,
  outcomeOf,
  unlockStoredStamp,
} from './redis-lock-util.ts'

/** Clients with odd numbers call `lock(key, expire)`, those with even numbers `lock(key)`. */
const isFirstScheme = (client: string): boolean => /[13579]$/.test(client)

/**
 * `lock(key, expire)` is SETNX and EXPIRE, `lock(key)` is SETNX, GET and GETSET with a stamp: one name, two formats that
 * do not understand each other. A "1" of the first is a stamp of 1970 to the second, which takes the lock away
 * at once, and the time to live with it; a stamp of the second is, to the first, a key that never ends.
 */
export const redisSetnxPublished = defineAlgorithm({
  name: 'redis-setnx-published',
  summary: 'SETNX with EXPIRE for odd clients, SETNX with a stamp for even ones, on the same key',
  sources: [`${ARTICLE}.lock(key, expire), lock(key), unLock1 and unLock2`],
  steps: [
    'Odd clients: SETNX lock 1, then EXPIRE with the number taken for seconds.',
    'Even clients: SETNX lock with now plus the same number taken for ms; if refused, GET, and GETSET if what is there is past.',
    'Release: odd clients DEL the key; even ones DEL it if the instant in it lies ahead.',
  ],
  useWhen: 'Never: it is here because two overloads of one name invite to it.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    expire: count(60, 'seconds to odd clients, ms to even ones'),
    firstValue: oneOf(
      ['constant', 'unique'],
      'constant',
      'what odd clients store: the 1 of the article, or a value of their own, which is no number',
    ),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ expire }) => expire * 1_000,

  *acquire(me, { expire, firstValue }): Process<Grant | undefined> {
    if (isFirstScheme(me.name)) {
      const value = firstValue === 'constant' ? '1' : me.token()
      return (yield* lockWithExpire(me, value, expire, 'throw')) === 'taken' ? {} : undefined
    }
    const rules = { leaseMs: expire, takeover: 'same-value', absentIsExpired: true } as const
    return (yield* lockWithStamp(me, rules)) === undefined ? undefined : {}
  },

  *release(me) {
    return isFirstScheme(me.name)
      ? outcomeOf(yield* me.services.redis.primary.del(me.lock))
      : yield* unlockStoredStamp(me)
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
