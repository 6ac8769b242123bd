/** The Redis lock whose value is the end of its lease by the clients' own clocks, as an article tells it. */

import { defineAlgorithm } from './algorithm.ts'
import { duration, oneOf } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'
import { lockWithStamp, TAKEOVERS, unlockInTime } from './redis-lock-util.ts'

const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), the lock by SETNX, GET and GETSET'

/**
 * As the article's text has it, with its units right. The key has no time to live: whoever finds a stamp
 * that is past by its own clock takes the lock over with GETSET, and has it if nobody was faster. All
 * clients' clocks must agree for that, which the article does not mention. (The published code differs:
 * see `redis-setnx-getset-published`. The older pattern of redis docs/commands/setnx.md asks
 * whether the replaced stamp is past, not whether it is the same: the parameter `takeover`.)
 */
export const redisSetnxGetset = defineAlgorithm({
  name: 'redis-setnx-getset',
  summary: 'SETNX with an expiry stamp by the client’s clock, taken over with GETSET; as described',
  sources: [ARTICLE, 'redis docs/commands/setnx.md'],
  steps: [
    'SETNX lock with the instant at which the lease ends; 1 means that the lock is ours.',
    'Otherwise GET it; if that instant has passed by our clock, GETSET a new one.',
    'The lock is ours if GETSET gave back what GET had shown.',
    'Release: delete the key if our own lease is not over yet.',
  ],
  useWhen:
    'Hardly ever: SET with NX and PX does the same without comparing clocks of different machines.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    ttlMs: duration(10_000, 'how far ahead the stamp is; the article uses 60 s'),
    takeover: oneOf(
      TAKEOVERS,
      'same-value',
      'which answer to GETSET wins: the stamp that was read before, or any that is expired (redis.io)',
    ),
  },
  gives: () => ({ token: false, validity: false }),
  // Others may take the lock over after that, by their own clocks; until somebody does it stays granted.
  leaseMs: ({ ttlMs }) => ttlMs,

  *acquire(me, { ttlMs, takeover }) {
    return yield* lockWithStamp(me, { leaseMs: ttlMs, takeover, absentIsExpired: false })
  },

  *release(me, taken, { ttlMs }) {
    return yield* unlockInTime(me, taken, ttlMs)
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
