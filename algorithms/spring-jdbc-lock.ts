/** Spring Integration's JdbcLockRegistry: a row with the registry's id and a time to live on the clients' clocks. */

import { clock, sleep, spawn, stop } from '#sim'
import type { Process, SqlPool, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant, Outsider } from './algorithm.ts'
import { say } from './db-rows.ts'
import { count, duration, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'

const TABLE = 'int_lock'
const REFERENCE = 'Spring Integration reference, JDBC Lock Registry'

interface RegistrySession {
  readonly pool: SqlPool
  /** Holds of the local ReentrantLock. */
  depth: number
  renewal: Task | undefined
}

const parameters = {
  ttlMs: duration(10_000, 'time to live of a row (DefaultLockRepository.DEFAULT_TTL)'),
  renewEveryMs: duration(0, 'how often the holder calls renewLock; 0 for never'),
  registry: oneOf(
    ['own', 'shared'],
    'own',
    'each client has a registry, or all are threads of one whose local lock was evicted and made anew',
  ),
  poolSize: count(2, 'connections of one client process'),
  statementTimeoutMs: duration(5_000, 'how long the client waits for an answer'),
}
type Parameters = ParameterValues<typeof parameters>

/**
 * The row names a registry, not a thread: threads of one process are kept apart by a local ReentrantLock alone. The
 * transaction around the two statements of acquire is left out; the primary key decides with or without it.
 */
export const springJdbcLock = defineAlgorithm({
  name: 'spring-jdbc-lock',
  summary: 'a row with the registry’s id and a time to live, renewed by whoever has that id',
  sources: [
    'spring-integration-jdbc: DefaultLockRepository, JdbcLockRegistry',
    'spring-projects/spring-integration pull request 8572 (eviction of local locks)',
  ],
  steps: [
    'Acquire: UPDATE the row where it has my id or its time is over on my clock; if no row changed, INSERT it; a duplicate key means that somebody else has the lock.',
    'Hold: nothing, or renewLock now and then, which moves the time of a row that has my id.',
    'Release: DELETE the row where it has my id, when the local lock is released for the last time.',
  ],
  useWhen:
    'To keep work of several application instances apart where a second worker now and then does no harm and clocks are kept in step. Not for correctness: holders that take longer than the time to live have company.',
  claims: [
    { promise: 'exclusion/belief', from: `${REFERENCE}: only one instance at a time` },
    { promise: 'deadlock-freedom', from: `${REFERENCE}: time to live of dead locks` },
    { promise: 'ownership', from: 'DefaultLockRepository: deletes by client id' },
    { promise: 'reentrancy', from: 'JdbcLockRegistry: a local ReentrantLock' },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters,
  services: () => ({ sql: { expiryColumn: 'expired_after' } }),
  gives: () => ({ token: false, validity: false, reentry: true }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *open(me, { poolSize }): Process<RegistrySession> {
    return { pool: me.services.sql.pool(poolSize), depth: 0, renewal: undefined }
  },

  *acquire(me, values): Process<Grant | undefined> {
    const { session } = me
    const { sql } = me.services
    const { ttlMs, statementTimeoutMs } = values
    const id = { client_id: idOf(me.name, values) }
    const nowMs = yield* clock()
    const row = { ...id, expired_after: nowMs + ttlMs }
    const updated = yield* say(sql, session.pool, (connection) =>
      connection.update(
        TABLE,
        me.lock,
        row,
        [id, { expired_after: sql.is('<', nowMs) }],
        statementTimeoutMs,
      ),
    )
    if (!updated.ok) return undefined
    if (updated.value === 0) {
      const insertedAtMs = yield* clock()
      const inserted = yield* say(sql, session.pool, (connection) =>
        connection.insert(
          TABLE,
          me.lock,
          { ...id, expired_after: insertedAtMs + ttlMs },
          statementTimeoutMs,
        ),
      )
      if (!inserted.ok) return undefined
    }
    session.depth++
    if (session.depth === 1 && values.renewEveryMs > 0) {
      session.renewal = yield* spawn('renewal', renew(me, session, values))
    }
    return {}
  },

  *release(me, _held, values) {
    const { session } = me
    // Only the last unlock of the local lock reaches the database.
    if (--session.depth > 0) return 'ok'
    if (session.renewal !== undefined) yield* stop(session.renewal)
    session.renewal = undefined
    const deleted = yield* say(me.services.sql, session.pool, (connection) =>
      connection.delete(
        TABLE,
        me.lock,
        { client_id: idOf(me.name, values) },
        values.statementTimeoutMs,
      ),
    )
    if (deleted.ok) return deleted.value === 1 ? 'ok' : 'not-held'
    return deleted.why === 'refused' ? 'not-held' : 'unknown'
  },

  // The registry's own rule, read on the clock of the server.
  holders({ sql }, lock) {
    return sql.flatMap(({ up, data }) => {
      if (!up || data.role !== 'primary') return []
      const row = data.row(TABLE, lock)
      return row !== undefined && Number(row.columns['expired_after']) > data.wallMs
        ? [row.origin]
        : []
    })
  },
})

const idOf = (name: string, { registry }: Parameters): string =>
  registry === 'own' ? name : 'registry'

/** The application calls renewLock, which throws when there was nothing to renew. */
function* renew(me: Outsider<{ sql: 1 }>, session: RegistrySession, values: Parameters): Process {
  const { renewEveryMs, ttlMs, statementTimeoutMs } = values
  for (;;) {
    yield* sleep(renewEveryMs)
    const nowMs = yield* clock()
    const renewed = yield* say(me.services.sql, session.pool, (connection) =>
      connection.renew(
        TABLE,
        me.lock,
        { expired_after: nowMs + ttlMs },
        { client_id: idOf(me.name, values) },
        statementTimeoutMs,
      ),
    )
    if (renewed.ok && renewed.value === 0) {
      yield* me.lost('the row is gone or has another id')
      return
    }
  }
}
