/** The Redis lock whose value is the end of its lease by the clients' own clocks, as an article tells it. */

import { clock, note } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { duration } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'

const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), the lock by SETNX, GET and GETSET'

interface StampGrant extends Grant {
  /** The client's clock when it made its stamp. */
  readonly startedMs: number
}

/**
 * As the article's text has it, with its units right. The key has no time to live: whoever finds a stamp
 * that is past by its own clock takes the lock over with GETSET, and has it if nobody was faster. All
 * clients' clocks must agree for that, which the article does not mention. (The published code differs:
 * see `redis-setnx-getset-published`. The older pattern of redis docs/commands/setnx.md differs in
 * asking whether the replaced stamp is past, not whether it is the same.)
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
  },
  gives: () => ({ token: false, validity: false }),
  // Others may take the lock over after that, by their own clocks; until somebody does it stays granted.
  leaseMs: ({ ttlMs }) => ttlMs,

  *acquire(me, { ttlMs }): Process<StampGrant | undefined> {
    const { primary } = me.services.redis
    const startedMs = Math.floor(yield* clock())
    const created = yield* primary.setnx(me.lock, String(startedMs + ttlMs))
    if (!created.ok) return undefined
    if (created.value) return { startedMs }

    const old = yield* primary.get(me.lock)
    if (!old.ok || old.value === null) return undefined
    const nowMs = Math.floor(yield* clock())
    if (Number(old.value) >= nowMs) return undefined

    const replaced = yield* primary.getset(me.lock, String(nowMs + ttlMs), old.value)
    if (!replaced.ok) return undefined
    if (replaced.value === old.value) return { startedMs: nowMs }
    yield* note(
      replaced.value === null
        ? 'the key had just been deleted: GETSET made one that nobody owns'
        : 'somebody was faster: their stamp has been overwritten all the same',
    )
    return undefined
  },

  *release(me, { startedMs }, { ttlMs }) {
    const nowMs = Math.floor(yield* clock())
    if (nowMs - startedMs >= ttlMs) return 'not-held'
    const deleted = yield* me.services.redis.primary.del(me.lock)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
