/** The tutorial’s second lock: one Redis key; whoever finds it taken waits, and looks again once its grant has a number. */

import { defineAlgorithm, duration, monotonic, sleep } from 'locksim'

/** SET NX PX takes it, INCR numbers the grant, GET makes sure, compare-and-delete frees it. */
export const redisWaiting = defineAlgorithm({
  name: 'redis-waiting',
  summary: 'one Redis key with a time to live; waits for it, and checks it again after the number',
  sources: ['docs/tutorial.md'],
  steps: [
    'Acquire: SET lock value NX PX ttl with a value of our own; while it is taken, sleep and try again.',
    'INCR a counter beside it: the fencing token.',
    'GET the lock; only if the value is still ours do the lock and its token belong together. Otherwise begin again.',
    'Release: a script compares the value and deletes the key if it is ours.',
  ],
  useWhen:
    'Where one Redis server that keeps its data is at hand and the resource checks tokens. Not where the server may forget the counter.',
  claims: [
    { promise: 'fencing', from: 'whoever wrote it' },
    { promise: 'ownership', from: 'whoever wrote it' },
    { promise: 'deadlock-freedom', from: 'whoever wrote it' },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    ttlMs: duration(10_000, 'how long the key lives'),
    pollMs: duration(100, 'how long a waiting client sleeps'),
    patienceMs: duration(30_000, 'how long it waits before it gives up'),
  },
  gives: () => ({ token: true, validity: false }),
  fencing: () => 'all',
  leaseMs: ({ ttlMs }) => ttlMs,

  *acquire(me, { ttlMs, pollMs, patienceMs }) {
    const { primary } = me.services.redis
    const giveUpAtMs = (yield* monotonic()) + patienceMs
    while ((yield* monotonic()) < giveUpAtMs) {
      const value = me.token()
      const stored = yield* primary.setIfAbsent(me.lock, value, ttlMs)
      if (stored.ok && stored.value) {
        const counted = yield* primary.incr(`${me.lock}:token`)
        const found = yield* primary.get(me.lock)
        if (counted.ok && found.ok && found.value === value) {
          return { value, token: counted.value }
        }
      }
      yield* sleep(pollMs + me.jitterMs(pollMs))
    }
    return undefined
  },

  *release(me, { value }) {
    const deleted = yield* me.services.redis.primary.deleteIfEquals(me.lock, value)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) =>
    redis.flatMap(({ up, data }) => (up ? (data.granted(lock)?.origin ?? []) : [])),
})
