/** A Redis lock whose release deletes the key, whoever holds it by then. */

import { defineAlgorithm } from './algorithm.ts'
import { duration } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'

const CLAIMED_BY = 'nobody: it is wrong on purpose'

/**
 * Canary: SET NX PX as it should be, and then an unconditional DEL. A holder that is slower than its
 * lease frees the lock of the next one.
 */
export const redisBlindDelete = defineAlgorithm({
  name: 'redis-blind-delete',
  summary: 'canary: SET NX PX, released by an unconditional DEL',
  sources: ['redis docs/manual/patterns/distributed-locks.md, which warns of it'],
  steps: [
    'Acquire: SET lock name NX PX ttl; OK means that the lock is ours.',
    'Release: DEL lock, whatever stands there by now.',
  ],
  useWhen: 'Never: it shows that the alarm rings.',
  claims: [
    { promise: 'exclusion/effect', from: CLAIMED_BY },
    { promise: 'ownership', from: CLAIMED_BY },
  ],
  canary: true,
  needs: { redis: 1 },
  scales: 'redis',
  parameters: { ttlMs: duration(10_000, 'how long the key lives') },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *acquire(me, { ttlMs }) {
    const stored = yield* me.services.redis.primary.setIfAbsent(me.lock, me.name, ttlMs)
    return stored.ok && stored.value ? {} : undefined
  },

  *release(me) {
    const deleted = yield* me.services.redis.primary.del(me.lock)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
