/** The single-server Redis lock: SET with a random value, NX and PX, released by compare-and-delete. */

import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { duration, oneOf } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'

const PAGE =
  'redis docs/manual/patterns/distributed-locks.md, "correct implementation with a single instance"'

interface KeyGrant extends Grant {
  readonly value: string
}

/**
 * A lease on one key of one server, or of the master of a replicated group. Free of deadlock, and nobody
 * frees another's lock; a holder that outlives its lease, a jump of the server's clock, a restart
 * without disk and a failover each give it to two.
 */
export const redisSetPx = defineAlgorithm({
  name: 'redis-set-px',
  summary: 'one Redis key with a random value and a time to live; compare-and-delete',
  sources: [PAGE, 'redis docs/commands/set.md'],
  steps: [
    'Acquire: SET lock value NX PX ttl with a value of our own; OK means that the lock is ours, nil that it is not.',
    'Hold it for less than the time to live; nothing tells us when that is over.',
    'Release: a script compares the value and deletes the key if it is ours.',
  ],
  useWhen:
    'For work that may be done twice now and then, on one server, with a time to live well above the longest work. Not where a second holder costs money, unless the resource itself checks something.',
  claims: [
    { promise: 'deadlock-freedom', from: PAGE },
    { promise: 'ownership', from: PAGE },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    ttlMs: duration(10_000, 'how long the key lives'),
    onUnknown: oneOf(
      ['give-up', 'read-back', 'delete'],
      'give-up',
      'when no answer to SET came: give up and leave the key to its time to live (the page says nothing); ' +
        'read the key and take the lock if it is ours; or delete it if it is ours',
    ),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *acquire(me, { ttlMs, onUnknown }): Process<KeyGrant | undefined> {
    const value = me.token()
    const stored = yield* me.services.redis.primary.setIfAbsent(me.lock, value, ttlMs)
    if (stored.ok) return stored.value ? { value } : undefined
    if (stored.why === 'refused' || onUnknown === 'give-up') return undefined
    return (yield* isOurs(me, value, onUnknown)) ? { value } : undefined
  },

  *release(me, { value }) {
    const deleted = yield* me.services.redis.primary.deleteIfEquals(me.lock, value)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})

/** What became of a SET that was not answered. It may still be under way when this asks. */
function* isOurs(
  me: Client<{ redis: 1 }, undefined>,
  value: string,
  onUnknown: 'read-back' | 'delete',
): Process<boolean> {
  const { primary } = me.services.redis
  if (onUnknown === 'delete') {
    yield* primary.deleteIfEquals(me.lock, value)
    return false
  }
  const found = yield* primary.get(me.lock)
  return found.ok && found.value === value
}
