/** The example of the page on the library: one Redis key with a time to live. */

import { defineAlgorithm, duration } from 'locksim'

/** SET NX PX takes it, a script that compares and deletes frees it. */
export const myLock = defineAlgorithm({
  name: 'my-lock',
  summary: 'one Redis key with a time to live',
  sources: ['our own service'],
  claims: [{ promise: 'ownership', from: 'our own service' }],
  needs: { redis: 1 },
  parameters: { ttlMs: duration(10_000, 'how long the key lives') },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *acquire(me, { ttlMs }) {
    const value = me.token()
    const stored = yield* me.services.redis.primary.setIfAbsent(me.lock, value, ttlMs)
    return stored.ok && stored.value ? { value } : undefined
  },

  *release(me, { value }) {
    const deleted = yield* me.services.redis.primary.deleteIfEquals(me.lock, value)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) =>
    redis.flatMap(({ up, data }) => (up ? (data.granted(lock)?.origin ?? []) : [])),
})
