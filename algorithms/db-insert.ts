/** The primary-key lock: INSERT of a row named like the lock takes it, DELETE of that row frees it. */

import { note } from '#sim'
import type { Process, Reply, SqlConnection, SqlPool } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { ARTICLE, rowOwners, say, TABLE } from './db-rows.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

interface RowGrant extends Grant {
  readonly owner: string
  /** The business transaction that the INSERT is a part of, if it is. */
  readonly connection?: SqlConnection
}

/**
 * As published: one row per lock, no owner in it, autocommit. A holder that dies leaves its row for ever, and
 * so does an INSERT whose answer is lost. A DELETE that is said twice frees the next owner's row.
 *
 * Repaired with `ownerColumn` and `onUnknown: delete`: the row names the hold, DELETE asks for it, and an INSERT
 * without an answer is taken back. `inTransaction` is no repair but the common accident: the INSERT belongs to
 * the transaction of the work, so that others wait for it instead of being refused, and a crash frees it.
 */
export const dbInsert = defineAlgorithm({
  name: 'db-insert',
  summary: 'a row whose primary key is the lock: INSERT to take it, DELETE to free it',
  sources: [
    `${ARTICLE}, "database table" lock: a unique key on the method name`,
    'PostgreSQL manual index-unique-checks; MySQL manual innodb-locks-set; mysqljs/mysql#2575',
  ],
  steps: [
    'Acquire: INSERT a row whose primary key is the name of the lock; a duplicate key means that somebody else has it.',
    'Hold: the row stays; nobody looks at it.',
    'Release: DELETE the row.',
  ],
  useWhen:
    'For rare jobs where a person can look after a row that was left behind. Not where holders may die.',
  // The article names the missing expiry, re-entry, order and waiting as drawbacks itself, so none of them is claimed.
  claims: [{ promise: 'exclusion/belief', from: ARTICLE }],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    statementTimeoutMs: duration(1_000, 'how long the client waits for the answer to a statement'),
    retryRelease: flag(false, 'say DELETE again when its answer did not come'),
    ownerColumn: flag(false, 'the row names the hold, and DELETE asks for it'),
    onUnknown: oneOf(
      ['give-up', 'delete'],
      'give-up',
      'when no answer to INSERT came: take it for a refusal, or DELETE what it may have left',
    ),
    inTransaction: flag(false, 'INSERT, work and DELETE are one transaction'),
    poolSize: count(1, 'connections of one client process'),
  },
  gives: () => ({ token: false, validity: false }),
  // Nothing ever frees the row of a holder that fell silent.
  leaseMs: () => Infinity,

  *open(me, { poolSize }) {
    return me.services.sql.pool(poolSize)
  },

  *acquire(me, parameters): Process<RowGrant | undefined> {
    const { statementTimeoutMs, ownerColumn, onUnknown, inTransaction } = parameters
    const { sql } = me.services
    const owner = me.token()
    if (inTransaction) return yield* insertInTransaction(me, owner, statementTimeoutMs)
    const columns = ownerColumn ? { owner } : {}
    const inserted = yield* say(sql, me.session, (connection) =>
      connection.insert(TABLE, me.lock, columns, statementTimeoutMs),
    )
    if (inserted.ok) return { owner }
    // No answer is taken for a refusal, though the row may be there.
    if (inserted.why === 'timeout' && onUnknown === 'delete') {
      yield* deleteRow(me, owner, parameters)
    }
    return undefined
  },

  *release(me, { owner, connection }, parameters) {
    const { statementTimeoutMs, retryRelease } = parameters
    if (connection !== undefined) {
      const deleted = yield* connection.delete(TABLE, me.lock, undefined, statementTimeoutMs)
      const ended = deleted.ok ? yield* connection.commit(statementTimeoutMs) : deleted
      if (ended.ok) me.session.give(connection)
      else yield* me.session.discard(connection)
      return ended.ok ? 'ok' : 'unknown'
    }
    for (let attempt = 1; ; attempt++) {
      const deleted = yield* deleteRow(me, owner, parameters)
      if (deleted.ok) return deleted.value === 1 ? 'ok' : 'not-held'
      if (!retryRelease || attempt === 3) return 'unknown'
    }
  },

  holders({ sql }, lock, { inTransaction }) {
    if (!inTransaction) return rowOwners(sql, lock)
    return sql.flatMap(({ up, data }) =>
      up && data.role === 'primary' ? (data.lockHolder(TABLE, lock) ?? []) : [],
    )
  },
})

const deleteRow = (
  { lock, services, session }: Client<{ sql: 1 }, SqlPool>,
  owner: string,
  { ownerColumn, statementTimeoutMs }: { ownerColumn: boolean; statementTimeoutMs: number },
): Process<Reply<number>> =>
  say(services.sql, session, (connection) =>
    connection.delete(TABLE, lock, ownerColumn ? { owner } : undefined, statementTimeoutMs),
  )

/** The row is there for nobody until the work commits, but its key is taken: whoever inserts it as well has to wait. */
function* insertInTransaction(
  me: Client<{ sql: 1 }, SqlPool>,
  owner: string,
  statementTimeoutMs: number,
): Process<RowGrant | undefined> {
  const connection = yield* me.session.take()
  if (connection === undefined) return undefined
  const begun = yield* connection.begin(undefined, statementTimeoutMs)
  if (begun.ok) {
    const inserted = yield* connection.insert(TABLE, me.lock, {}, statementTimeoutMs)
    if (inserted.ok) return { owner, connection }
    if (me.services.sql.isDeadlock(inserted)) yield* note('the victim of a deadlock of INSERTs')
    const ended =
      inserted.why === 'refused' ? yield* connection.rollback(statementTimeoutMs) : inserted
    if (ended.ok) {
      me.session.give(connection)
      return undefined
    }
  }
  yield* me.session.discard(connection)
  return undefined
}
