/** The primary-key lock with a job that removes rows which have become too old. */

import { clock, sleep, spawn, stop } from '#sim'
import type { Process, SqlConnection, SqlPool, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { ARTICLE, rowOwners, say, TABLE } from './db-rows.ts'
import { sweepForEver, SWEEPER } from './db-sweeper.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

interface SweptGrant extends Grant {
  readonly owner: string
  readonly renewal: { readonly task: Task; readonly connection: SqlConnection } | undefined
}

/**
 * The article's remedy for rows that stay for ever, in one sentence: "a scheduled job that removes timed-out
 * rows". Nothing more is said, so the defaults are what such a table usually has: the time comes from the client (`new Date()`), the job
 * asks for old rows and deletes them by key, the holder's DELETE asks for no owner. The true length of a lease is between
 * `leaseMs` and `leaseMs + periodMs`, and no holder is told of its end.
 *
 * Repairs, one parameter each: `stampedBy: database`, `sweep: one-statement`, `checkOwner`, and `renew`, with which
 * a holder that works long keeps its row young. A holder that stands still is beyond all of them.
 */
export const dbInsertSweeper = defineAlgorithm({
  name: 'db-insert-sweeper',
  summary: 'the primary-key row lock with a job that deletes rows older than a lease',
  sources: [`${ARTICLE}: "a scheduled job that removes timed-out rows"`],
  steps: [
    'Acquire: INSERT a row whose primary key is the name of the lock, with the time.',
    'Hold: a job on a node of its own deletes, every period, all rows older than the lease.',
    'Release: DELETE the row.',
  ],
  useWhen:
    'For jobs whose length is known and well under the lease, with the repairs on. Not where a second holder would do harm.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: `${ARTICLE}: the job is the answer to "no expiry"` },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    leaseMs: duration(30_000, 'rows older than this are deleted'),
    periodMs: duration(10_000, 'how often the job runs'),
    stampedBy: oneOf(['client', 'database'], 'client', 'whose clock dates the row'),
    sweep: oneOf(
      ['select-then-delete', 'one-statement'],
      'select-then-delete',
      'whether the job asks for old rows and then deletes them by key, or deletes with the condition',
    ),
    checkOwner: flag(false, 'DELETE at release asks for the row of this hold'),
    renew: flag(false, 'the holder dates its row anew every third of a lease'),
    poolSize: count(1, 'connections of one client process'),
    statementTimeoutMs: duration(1_000, 'how long anybody waits for the answer to a statement'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ leaseMs, periodMs }) => leaseMs + periodMs,
  jobs: [{ name: SWEEPER, run: sweepForEver }],

  *open(me, { poolSize }) {
    return me.services.sql.pool(poolSize)
  },

  *acquire(me, parameters): Process<SweptGrant | undefined> {
    const { stampedBy, renew, statementTimeoutMs } = parameters
    const { sql } = me.services
    const owner = me.token()
    const stampMs = stampedBy === 'client' ? yield* clock() : sql.now()
    const inserted = yield* say(sql, me.session, (connection) =>
      connection.insert(TABLE, me.lock, { owner, stampMs }, statementTimeoutMs),
    )
    if (!inserted.ok) return undefined
    if (!renew) return { owner, renewal: undefined }
    // What is stopped in the middle of a statement gives nothing back to a pool, so it has a connection of its own.
    const connection = sql.connect()
    const task = yield* spawn('renewal', keepYoung(me, connection, owner, parameters))
    return { owner, renewal: { task, connection } }
  },

  *release(me, { owner, renewal }, { checkOwner, statementTimeoutMs }) {
    if (renewal !== undefined) {
      yield* stop(renewal.task)
      yield* renewal.connection.close()
    }
    const deleted = yield* say(me.services.sql, me.session, (connection) =>
      connection.delete(TABLE, me.lock, checkOwner ? { owner } : undefined, statementTimeoutMs),
    )
    if (!deleted.ok) return 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders: ({ sql }, lock) => rowOwners(sql, lock),
})

/** Dates the row anew while it is there. Whoever finds it gone has lost the lock. */
function* keepYoung(
  me: Client<{ sql: 1 }, SqlPool>,
  connection: SqlConnection,
  owner: string,
  parameters: { leaseMs: number; stampedBy: string; statementTimeoutMs: number },
): Process {
  const { leaseMs, stampedBy, statementTimeoutMs } = parameters
  const { sql } = me.services
  for (;;) {
    yield* sleep(leaseMs / 3)
    const stampMs = stampedBy === 'client' ? yield* clock() : sql.now()
    const renewed = yield* connection.renew(
      TABLE,
      me.lock,
      { stampMs },
      { owner },
      statementTimeoutMs,
    )
    if (renewed.ok && renewed.value === 0) {
      yield* me.lost('its row is gone')
      return
    }
  }
}
