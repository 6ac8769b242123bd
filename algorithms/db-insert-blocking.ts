/** The primary-key lock in a loop: INSERT again and again until it succeeds. */

import { monotonic, sleep, spawn } from '#sim'
import type { Process, Reply, SqlConnection, SqlPool } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { ARTICLE, putBack, rowOwners, say, TABLE } from './db-rows.ts'
import { count, duration, flag } from './parameters.ts'

interface Loop {
  readonly pollMs: number
  readonly patienceMs: number
  readonly keepConnection: boolean
  readonly statementTimeoutMs: number
}

/**
 * The article's answer to "non-blocking": a while loop until the INSERT succeeds. Everything that the primary-key lock
 * lacks it lacks as well, and a row that was left behind is now a hang. Who asks most often gets it most
 * often, and each waiter costs a statement every `pollMs`.
 *
 * Repaired: `patienceMs` ends the loop, and `keepConnection` off gives the connection back between two
 * attempts. `siblings` stands for other requests of the holder's own process, which share its pool.
 */
export const dbInsertBlocking = defineAlgorithm({
  name: 'db-insert-blocking',
  summary: 'the primary-key row lock in a loop: INSERT until it succeeds',
  sources: [`${ARTICLE}: "a while loop, until the insert succeeds"`],
  steps: [
    'Acquire: INSERT a row whose primary key is the name of the lock; if the key is taken, sleep and say it again.',
    'Hold: the row stays; nobody looks at it.',
    'Release: DELETE the row.',
  ],
  useWhen:
    'Hardly ever: a lock that can wait on the server (FOR UPDATE, advisory locks) costs one statement instead of many. With a deadline, for a handful of clients.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: `${ARTICLE}: blocking, "until the insert succeeds"` },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    pollMs: duration(100, 'between two attempts'),
    patienceMs: duration(0, 'after what time acquire gives up; 0 for never, as published'),
    keepConnection: flag(true, 'a waiter keeps its connection from the pool all the while'),
    poolSize: count(2, 'connections of one client process'),
    siblings: count(0, 'other requests of the holder’s process that come to wait for the lock'),
    statementTimeoutMs: duration(1_000, 'how long the client waits for the answer to a statement'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: () => Infinity,

  *open(me, { poolSize }) {
    return me.services.sql.pool(poolSize)
  },

  *acquire(me, parameters): Process<Grant | undefined> {
    if (!(yield* insertUntil(me, parameters))) return undefined
    for (let sibling = 1; sibling <= parameters.siblings; sibling++) {
      yield* spawn(`sibling ${sibling}`, oneMore(me, parameters))
    }
    return {}
  },

  release: (me, _held, parameters) => deleteRow(me, parameters),

  holders: ({ sql }, lock) => rowOwners(sql, lock),
})

function* deleteRow(
  { lock, services, session }: Client<{ sql: 1 }, SqlPool>,
  { statementTimeoutMs }: Loop,
): Process<'ok' | 'not-held' | 'unknown'> {
  const deleted = yield* say(services.sql, session, (connection) =>
    connection.delete(TABLE, lock, undefined, statementTimeoutMs),
  )
  if (!deleted.ok) return 'unknown'
  return deleted.value === 1 ? 'ok' : 'not-held'
}

/** Another request of the same process. It has nothing to do and frees the lock at once. */
function* oneMore(me: Client<{ sql: 1 }, SqlPool>, parameters: Loop): Process {
  if (yield* insertUntil(me, parameters)) yield* deleteRow(me, parameters)
}

/** The loop. */
function* insertUntil(me: Client<{ sql: 1 }, SqlPool>, parameters: Loop): Process<boolean> {
  const { pollMs, patienceMs, keepConnection } = parameters
  const { sql } = me.services
  const startMs = yield* monotonic()
  let kept: SqlConnection | undefined
  for (;;) {
    kept ??= yield* me.session.take()
    if (kept === undefined) return false
    const inserted: Reply<number> = yield* kept.insert(
      TABLE,
      me.lock,
      {},
      parameters.statementTimeoutMs,
    )
    const isOver = inserted.ok || (yield* isTooLate(startMs, pollMs, patienceMs))
    if (isOver || !keepConnection || !sql.isDuplicate(inserted)) {
      yield* putBack(sql, me.session, kept, inserted)
      kept = undefined
    }
    if (isOver) return inserted.ok
    yield* sleep(pollMs)
  }
}

function* isTooLate(startMs: number, pollMs: number, patienceMs: number): Process<boolean> {
  if (patienceMs === 0) return false
  return (yield* monotonic()) + pollMs - startMs >= patienceMs
}
