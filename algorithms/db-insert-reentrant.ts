/** The primary-key lock with an owner column, so that its owner may take it again. */

import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import type { Process, SqlPool } from '#sim'
import { ARTICLE, rowOwners, say, TABLE } from './db-rows.ts'
import { sweepForEver, SWEEPER } from './db-sweeper.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

interface Session {
  readonly pool: SqlPool
  /** Where the row is looked up before the INSERT. */
  readonly reads: SqlPool
  /** What this process writes into the owner column. */
  readonly owner: string
}

/**
 * As published: the row has columns for host and thread; before the INSERT a SELECT looks whether they are one's
 * own, and if so the lock is granted once more. There is no count of holds, and nobody renews anything, so the inner release
 * deletes the row under the outer section, and a re-entry may come to nothing a moment after it was granted.
 * Host and thread are not always one's own: two containers of one image, a new process after a crash.
 *
 * Repaired: `holdCount` re-enters with one UPDATE that counts and dates the row anew and deletes it at the last
 * release, `identity: process` gives every process a name that no other ever had, `readsFrom: primary`.
 */
export const dbInsertReentrant = defineAlgorithm({
  name: 'db-insert-reentrant',
  summary:
    'the primary-key row lock with host and thread in the row, so that the owner gets it again',
  sources: [`${ARTICLE}: record host and thread, look at them before inserting`],
  steps: [
    'Acquire: SELECT the row; if host and thread in it are ours, the lock is ours once more.',
    'Otherwise INSERT a row whose primary key is the name of the lock; a duplicate key means that somebody else has it.',
    'Release: DELETE the row, at the inner release already.',
  ],
  useWhen:
    'With the hold count and names of processes, where code that holds the lock calls code that takes it. Better: do not nest.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'reentrancy', from: ARTICLE },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    holdCount: flag(false, 'the row counts its holds, in the statement that looks at the owner'),
    identity: oneOf(
      ['host-and-thread', 'shared', 'process'],
      'host-and-thread',
      'what the owner column has: the same in every life of a client, the same in all clients, or a new one for each process',
    ),
    readsFrom: oneOf(['primary', 'replica'], 'primary', 'which server the SELECT goes to'),
    checkOwner: flag(false, 'DELETE asks for the owner'),
    leaseMs: duration(0, 'a job deletes rows that are older; 0 for no such job'),
    periodMs: duration(1_000, 'how often that job runs'),
    poolSize: count(1, 'connections of one client process'),
    statementTimeoutMs: duration(1_000, 'how long anybody waits for the answer to a statement'),
  },
  gives: () => ({ token: false, validity: false, reentry: true }),
  leaseMs: ({ leaseMs, periodMs }) => (leaseMs === 0 ? Infinity : leaseMs + periodMs),
  jobs: [
    {
      name: SWEEPER,
      *run(me, parameters) {
        if (parameters.leaseMs > 0)
          yield* sweepForEver(me, { ...parameters, sweep: 'one-statement' })
      },
    },
  ],

  *open(me, { poolSize, readsFrom, identity }): Process<Session> {
    const { sql } = me.services
    const pool = sql.pool(poolSize)
    const reads = readsFrom === 'replica' ? sql.pool(poolSize, undefined, 1) : pool
    switch (identity) {
      case 'shared':
        return { pool, reads, owner: 'host:thread-12' }
      case 'process':
        return { pool, reads, owner: me.token() }
      case 'host-and-thread':
        return { pool, reads, owner: me.name }
    }
  },

  *acquire(me, { holdCount, statementTimeoutMs }): Process<Grant | undefined> {
    const { pool, owner } = me.session
    const { sql } = me.services
    const again = yield* holdCount
      ? holdOnceMore(me, statementTimeoutMs)
      : isMine(me, statementTimeoutMs)
    if (again !== false) return again === true ? {} : undefined
    const inserted = yield* say(sql, pool, (connection) =>
      connection.insert(
        TABLE,
        me.lock,
        { owner, holds: 1, stampMs: sql.now() },
        statementTimeoutMs,
      ),
    )
    return inserted.ok ? {} : undefined
  },

  *release(me, _held, { holdCount, checkOwner, statementTimeoutMs }) {
    const { pool, owner } = me.session
    const { sql } = me.services
    if (holdCount) {
      const left = yield* say(sql, pool, (connection) =>
        connection.renew(
          TABLE,
          me.lock,
          { holds: sql.column('holds', -1) },
          { owner, holds: sql.is('>', 1) },
          statementTimeoutMs,
        ),
      )
      if (!left.ok) return 'unknown'
      if (left.value === 1) return 'ok'
    }
    const where = holdCount || checkOwner ? { owner } : undefined
    const deleted = yield* say(sql, pool, (connection) =>
      connection.delete(TABLE, me.lock, where, statementTimeoutMs),
    )
    if (!deleted.ok) return 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ sql }, lock) => rowOwners(sql, lock),
})

/** Looks whether the row is ours. What was true when the server looked may be past when we go by it. */
function* isMine(
  { lock, services, session }: Client<{ sql: 1 }, Session>,
  statementTimeoutMs: number,
): Process<boolean | undefined> {
  const { reads, owner } = session
  const found = yield* say(services.sql, reads, (connection) =>
    connection.select(TABLE, lock, { owner }, statementTimeoutMs),
  )
  return found.ok ? found.value.length === 1 : undefined
}

/** One more hold of a row that is ours, which makes it young again; undefined if nobody knows. */
function* holdOnceMore(
  { lock, services, session }: Client<{ sql: 1 }, Session>,
  statementTimeoutMs: number,
): Process<boolean | undefined> {
  const { sql } = services
  const { pool, owner } = session
  const updated = yield* say(sql, pool, (connection) =>
    connection.renew(
      TABLE,
      lock,
      { holds: sql.column('holds', 1), stampMs: sql.now() },
      { owner },
      statementTimeoutMs,
    ),
  )
  return updated.ok ? updated.value === 1 : undefined
}
