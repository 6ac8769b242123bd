/** The tutorial’s lock: one Redis key with a time to live, and a counter that numbers the grants. */

import { defineAlgorithm } from '#algorithms'
import type { Grant } from '#algorithms'
import { duration } from '#algorithms'

interface CountedGrant extends Grant {
  readonly value: string
}

/** SET NX PX takes it, INCR numbers the grant, compare-and-delete frees it. */
export const redisCounted = defineAlgorithm({
  name: 'redis-counted',
  summary: 'one Redis key with a time to live, and a fencing token from a counter',
  sources: ['docs/tutorial.md'],
  claims: [
    { promise: 'fencing', from: 'whoever wrote it' },
    { promise: 'ownership', from: 'whoever wrote it' },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: { ttlMs: duration(10_000, 'how long the key lives') },
  gives: () => ({ token: true, validity: false }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *acquire(me, { ttlMs }) {
    const { primary } = me.services.redis
    const value = me.token()
    const stored = yield* primary.setIfAbsent(me.lock, value, ttlMs)
    if (!stored.ok || !stored.value) return undefined
    const counted = yield* primary.incr(`${me.lock}:token`)
    if (!counted.ok) return undefined
    const grant: CountedGrant = { value, token: counted.value }
    return grant
  },

  *release(me, { value }) {
    const deleted = yield* me.services.redis.primary.deleteIfEquals(me.lock, value)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) =>
    redis.flatMap(({ up, data }) => (up ? (data.peek(lock)?.origin ?? []) : [])),
})
