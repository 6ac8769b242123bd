/** The lock that `locksim new` writes: a lease on one Redis key, complete, to be read and changed. */

import type { Names } from './names.ts'

/** Its text. There is nothing in it that needs TypeScript, so that it is JavaScript as well. */
export const lockTemplate = ({ name, variable }: Names): string => `/**
 * A lock of my own: a lease on one Redis key.
 *
 * Each \`yield*\` asks the simulated world for something: a request to a server, the time, a sleep. Between two of them
 * nothing can happen; at each of them everything can: a pause, a crash, a message that comes late.
 */

import { defineAlgorithm, duration } from 'locksim'

export const ${variable} = defineAlgorithm({
  name: '${name}',
  summary: 'one Redis key with a random value and a time to live; compare-and-delete',
  // Where the steps come from: an article, a manual, your own code.
  sources: ['https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/'],
  steps: [
    'Acquire: SET lock value NX PX ttl with a value of our own. OK means that the lock is ours, nil that it is not.',
    'Release: a script compares the value and deletes the key if it is ours.',
  ],

  // What its users may rely on. A promise that is claimed here and broken fails a run. All of them: npx locksim list checkers
  claims: [
    { promise: 'exclusion/effect', from: 'its users' },
    { promise: 'deadlock-freedom', from: 'its users' },
    { promise: 'ownership', from: 'its users' },
  ],

  // One Redis server. --servers 3 makes it a master with two replicas.
  needs: { redis: 1 },
  scales: 'redis',

  // What may be set from outside: npx locksim run ... --set ttlMs=2000
  parameters: {
    ttlMs: duration(10_000, 'how long the key lives'),
  },

  // Whether a grant carries a fencing token, and an end of its validity. Ours is { value } and nothing else.
  gives: () => ({ token: false, validity: false }),

  // How long the lock outlives a holder that has fallen silent: faults are timed by it.
  leaseMs: ({ ttlMs }) => ttlMs,

  // Returns what release needs to know, or undefined where the lock is somebody else's: then the client tries again later.
  *acquire(me, { ttlMs }) {
    const { primary } = me.services.redis
    const value = me.token()
    const stored = yield* primary.setIfAbsent(me.lock, value, ttlMs)
    // No answer came: the key may have been set, or may not. This lock leaves it to its time to live.
    if (!stored.ok) return undefined
    return stored.value ? { value } : undefined
  },

  // 'ok': it was ours and is free. 'not-held': it was not ours any more. 'unknown': no answer came.
  *release(me, { value }) {
    const { primary } = me.services.redis
    const deleted = yield* primary.deleteIfEquals(me.lock, value)
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  // Who has the lock according to the servers' data. Only the judges look here; no client can see so much at once.
  holders: ({ redis }, lock) =>
    redis.flatMap(({ up, data }) => (up ? (data.granted(lock)?.origin ?? []) : [])),
})
`
