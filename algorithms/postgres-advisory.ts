/** The PostgreSQL advisory lock: pg_advisory_lock on a connection, of the session or of a transaction. */

import type { Process, Reply, SqlConnection } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { putBack } from './db-rows.ts'
import type { Sql } from './db-rows.ts'
import { newDbSession, stopWatching, watchConnection } from './db-session.ts'
import type { DbSession } from './db-session.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

const MANUAL = 'PostgreSQL manual, explicit-locking (advisory locks)'

/** The client's session, and the transaction that its section runs on a connection of its own. */
interface Advised extends DbSession {
  work: SqlConnection | undefined
}

/**
 * The server holds the lock for as long as it believes in the backend session: no TTL, no token. A pooler in
 * transaction mode gives each statement whatever backend is idle, so the lock stays with a backend that others use,
 * and the unlock reaches another. A client learns that its connection is gone at its next query.
 */
export const postgresAdvisory = defineAlgorithm({
  name: 'postgres-advisory',
  summary: 'pg_advisory_lock on a connection, of the session or of the transaction',
  sources: [
    'PostgreSQL manual: explicit-locking (advisory locks), functions-admin, hot-standby',
    'pgbouncer.org features.md (pooling modes), config.md (server_reset_query, query_wait_timeout)',
  ],
  steps: [
    'Acquire: SELECT pg_advisory_lock(key) waits until no other session has the key; pg_try_advisory_lock says at once. With the scope transaction it is BEGIN; SELECT pg_advisory_xact_lock(key).',
    'Hold: keep the connection. Each further lock of the same key in the session counts one more.',
    'Release: SELECT pg_advisory_unlock(key), once for each lock; with the scope transaction COMMIT.',
  ],
  useWhen:
    'Where the protected work is in the same PostgreSQL server and connections go to it directly; behind a pooler in transaction mode only with the scope transaction. Not where effects outside of the database must be safe from a connection that ends.',
  claims: [
    { promise: 'exclusion/service', from: MANUAL },
    { promise: 'deadlock-freedom', from: `${MANUAL}: released at the end of the session` },
    { promise: 'ownership', from: `${MANUAL}: unlocking what one does not hold is refused` },
    { promise: 'reentrancy', from: `${MANUAL}: lock requests stack` },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    scope: oneOf(['session', 'transaction'], 'session', 'what the end of releases the lock'),
    pooler: oneOf(
      ['none', 'session', 'transaction'],
      'none',
      'PgBouncer between clients and server, and its pool_mode',
    ),
    wait: flag(true, 'wait for the lock (pg_advisory_lock) instead of trying it'),
    sectionTransaction: flag(
      false,
      'the section runs a transaction on a second connection, which commits after the unlock',
    ),
    checkMs: duration(0, 'how often the holder asks whether its connection lives; 0 for never'),
    poolSize: count(2, 'connections of one client process'),
    statementTimeoutMs: duration(60_000, 'how long the client waits for an answer'),
  },
  services: ({ pooler }) => ({ sql: { flavour: 'postgres', pooler } }),
  gives: () => ({ token: false, validity: false, reentry: true }),
  // Until the server notices the end of the connection: ms after a killed process, hours after a power cut.
  leaseMs: () => Infinity,
  answerTimeoutMs: ({ statementTimeoutMs }) => statementTimeoutMs,
  doorway: {
    name: 'the server has the call for the lock',
    waiting: ({ sql }, lock) => sql.flatMap(({ up, data }) => (up ? data.advisoryQueue(lock) : [])),
  },

  *open(me, { poolSize }): Process<Advised> {
    return { ...newDbSession(me.services.sql, poolSize), work: undefined }
  },

  *acquire(me, parameters): Process<Grant | undefined> {
    const { scope, wait, checkMs, sectionTransaction, statementTimeoutMs } = parameters
    const { session } = me
    const isInner = session.depth > 0
    const connection = session.connection ?? (yield* session.pool.take())
    if (connection === undefined) return undefined
    let reply: Reply<unknown> | undefined
    if (scope === 'transaction' && !isInner) {
      reply = yield* connection.begin(undefined, statementTimeoutMs)
    }
    let isMine = false
    if (reply?.ok !== false) {
      const answer = wait
        ? yield* connection.advisoryLock(me.lock, scope, statementTimeoutMs)
        : yield* connection.tryAdvisoryLock(me.lock, scope, statementTimeoutMs)
      isMine = answer.ok && answer.value !== false
      reply = answer
    }
    if (isMine) {
      session.depth++
      if (isInner) return {}
      session.connection = connection
      if (sectionTransaction) yield* beginWork(session, statementTimeoutMs)
      yield* watchConnection(me, session, checkMs, statementTimeoutMs)
      return {}
    }
    if (isInner) return undefined
    if (scope === 'transaction' && reply.ok) reply = yield* connection.rollback(statementTimeoutMs)
    yield* putBack(me.services.sql, session.pool, connection, reply)
    return undefined
  },

  *release(me, _held, { scope, statementTimeoutMs }) {
    const { session } = me
    const { connection } = session
    if (connection === undefined) return 'not-held'
    const isInner = --session.depth > 0
    // There is no unlock for a lock of the transaction: the inner one goes with the outer.
    if (isInner && scope === 'transaction') return 'ok'
    if (!isInner) yield* stopWatching(session)
    const reply: Reply<unknown> =
      scope === 'transaction'
        ? yield* connection.commit(statementTimeoutMs)
        : yield* connection.advisoryUnlock(me.lock, statementTimeoutMs)
    if (!isInner) {
      session.connection = undefined
      yield* endWork(me.services.sql, session, statementTimeoutMs)
      yield* putBack(me.services.sql, session.pool, connection, reply)
    }
    if (reply.ok) return reply.value === false ? 'not-held' : 'ok'
    return reply.why === 'refused' ? 'not-held' : 'unknown'
  },

  holders({ sql }, lock) {
    return sql.flatMap(({ up, data }) => (up ? data.advisoryHolders(lock) : []))
  },
})

function* beginWork(session: Advised, statementTimeoutMs: number): Process {
  const work = yield* session.pool.take()
  if (work === undefined) return
  session.work = work
  yield* work.begin(undefined, statementTimeoutMs)
  yield* work.select('orders', undefined, undefined, statementTimeoutMs)
}

function* endWork(sql: Sql, session: Advised, statementTimeoutMs: number): Process {
  const { work } = session
  session.work = undefined
  if (work === undefined) return
  yield* putBack(sql, session.pool, work, yield* work.commit(statementTimeoutMs))
}
