/** The memcached lock: `add` takes it, because it stores only where there is nothing, and `delete` frees it. */

import type { MemcachedRing, Origin, Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

const ARTICLE = 'bluxte.net, A simple distributed lock with memcached (2009)'
const RING = 'pymemcache, HashClient: retry_attempts, dead_timeout'

interface MemcachedGrant extends Grant {
  readonly value: string
}

/**
 * As published: `add`, work, `delete`. `delete` asks nobody whose lock it is. An item may go at any time: its server
 * needs the room, or restarts; and if a server does not answer, a client library that spreads keys over
 * several of them sends the key elsewhere, where the lock is free.
 */
export const memcachedAdd = defineAlgorithm({
  name: 'memcached-add',
  summary: 'an item in memcached that `add` can store only once; freed by `delete`',
  sources: [
    ARTICLE,
    RING,
    'codeigniter4/CodeIgniter4#10154, on the release',
    'memcached doc/protocol.txt',
  ],
  steps: [
    'Acquire: add(key, unique value, exptime); STORED means that it is ours.',
    'Hold: nothing is renewed; the item is over within a second before its exptime.',
    'Release: delete(key), whoever it belongs to by then; repaired, gets and a cas that is over at once.',
  ],
  useWhen:
    'To save work that would be done twice, with a cache that is there anyway. Never where it would be wrong to do it twice.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
  ],
  needs: { memcached: 1 },
  scales: 'memcached',
  parameters: {
    exptimeSeconds: count(10, 'exptime; the article uses 60 s'),
    release: oneOf(
      ['delete', 'get-then-delete', 'compare-and-expire'],
      'delete',
      'delete the item; look first whether it is ours; or replace ours by one that is over at once (gets and cas)',
    ),
    ejectsFailed: flag(true, 'whether clients take a server that does not answer off the ring'),
    failuresMax: count(2, 'after how many failures in a row'),
    deadMs: duration(60_000, 'for how long'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ exptimeSeconds }) => (exptimeSeconds === 0 ? Infinity : exptimeSeconds * 1_000),

  *open(me, { ejectsFailed, failuresMax, deadMs }): Process<MemcachedRing> {
    return me.services.memcached.ring({ ejectsFailed, failuresMax, deadMs })
  },

  *acquire(me, { exptimeSeconds }): Process<MemcachedGrant | undefined> {
    const value = me.token()
    const stored = yield* me.session.ask(me.lock, (server) =>
      server.add(me.lock, value, exptimeSeconds),
    )
    return stored.ok && stored.value === 'STORED' ? { value } : undefined
  },

  *release({ lock, session: ring }, { value }, { release }) {
    if (release !== 'delete') {
      const found = yield* ring.ask(lock, (server) => server.gets(lock))
      if (!found.ok) return 'unknown'
      if (found.value?.value !== value) return 'not-held'
      if (release === 'compare-and-expire') {
        const { unique } = found.value
        const replaced = yield* ring.ask(lock, (server) => server.cas(lock, '', -1, unique))
        if (!replaced.ok) return 'unknown'
        return replaced.value === 'STORED' ? 'ok' : 'not-held'
      }
    }
    const deleted = yield* ring.ask(lock, (server) => server.delete(lock))
    if (!deleted.ok) return deleted.why === 'refused' ? 'not-held' : 'unknown'
    return deleted.value ? 'ok' : 'not-held'
  },

  /** Whoever has an item on any server: a client asks only one of them. */
  holders({ memcached }, lock) {
    const owners: Origin[] = []
    for (const { up, data } of memcached) {
      const origin = up ? data.item(lock)?.origin : undefined
      if (origin !== undefined && !owners.some(({ hold }) => hold === origin.hold)) {
        owners.push(origin)
      }
    }
    return owners
  },
})
