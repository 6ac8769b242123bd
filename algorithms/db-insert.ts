/** The primary-key lock: INSERT of a row named like the lock takes it, DELETE of that row frees it. */

import type { Process, Reply, ServiceClients } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { count, duration, flag } from './parameters.ts'

const TABLE = 'method_lock'

type Sql = ServiceClients['sql']
type SqlPool = ReturnType<Sql['pool']>
type SqlConnection = ReturnType<Sql['connect']>

/** Puts a connection back, unless its last answer leaves doubt about the state that it is in. */
function* putBack(
  sql: Sql,
  pool: SqlPool,
  connection: SqlConnection,
  reply: Reply<unknown>,
): Process {
  if (reply.ok || sql.isDuplicate(reply)) yield* pool.give(connection)
  else yield* pool.discard(connection)
}

/**
 * As published: one row per lock, no owner in it, autocommit. A holder that dies leaves its row for ever, and
 * so does an INSERT whose answer is lost. A DELETE that is said twice frees the next owner's row.
 */
export const dbInsert = defineAlgorithm({
  name: 'db-insert',
  summary: 'a row whose primary key is the lock: INSERT to take it, DELETE to free it',
  sources: [
    '"database table" locks of the usual tutorials: unique key on the method name',
    'PostgreSQL manual index-unique-checks; MySQL manual innodb-locks-set',
  ],
  steps: [
    'Acquire: INSERT a row whose primary key is the name of the lock; a duplicate key means that somebody else has it.',
    'Release: DELETE the row.',
  ],
  useWhen:
    'For rare jobs where a person can look after a row that was left behind. Not where holders may die.',
  // Its descriptions name the missing expiry as a drawback themselves, so nothing is claimed of a crash.
  claims: [{ promise: 'exclusion/belief', from: 'zhisheng, 分布式锁看这篇就够了 (2018)' }],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    statementTimeoutMs: duration(1_000, 'how long the client waits for the answer to a statement'),
    retryRelease: flag(false, 'say DELETE again when its answer did not come'),
    poolSize: count(1, 'connections of one client process'),
  },
  gives: () => ({ token: false, validity: false }),
  // Nothing ever frees the row of a holder that fell silent.
  leaseMs: () => Infinity,

  *open(me, { poolSize }) {
    return me.services.sql.pool(poolSize)
  },

  *acquire(me, { statementTimeoutMs }): Process<Grant | undefined> {
    const connection = yield* me.session.take()
    if (connection === undefined) return undefined
    const inserted = yield* connection.insert(TABLE, me.lock, {}, statementTimeoutMs)
    yield* putBack(me.services.sql, me.session, connection, inserted)
    // No answer is taken for a refusal, though the row may be there.
    return inserted.ok ? {} : undefined
  },

  *release(me, _held, { statementTimeoutMs, retryRelease }) {
    for (let attempt = 1; ; attempt++) {
      const connection = yield* me.session.take()
      if (connection === undefined) return 'unknown'
      const deleted = yield* connection.delete(TABLE, me.lock, undefined, statementTimeoutMs)
      yield* putBack(me.services.sql, me.session, connection, deleted)
      if (deleted.ok) return deleted.value === 1 ? 'ok' : 'not-held'
      if (!retryRelease || attempt === 3) return 'unknown'
    }
  },

  holders({ sql }, lock) {
    return sql.flatMap(({ up, data }) =>
      up && data.role === 'primary' ? (data.row(TABLE, lock)?.origin ?? []) : [],
    )
  },
})
