/** The MySQL named lock: GET_LOCK on a connection takes it, RELEASE_LOCK or the end of the connection frees it. */

import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { putBack } from './db-rows.ts'
import { newDbSession, stopWatching, watchConnection } from './db-session.ts'
import type { DbSession } from './db-session.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

const MANUAL = 'MySQL manual, locking-functions'

/**
 * The server holds the lock for as long as it believes in the connection: no TTL, no token, no replication. A driver
 * that reconnects by itself loses the lock without a word.
 */
export const mysqlGetLock = defineAlgorithm({
  name: 'mysql-get-lock',
  summary: 'GET_LOCK(name, timeout) on a connection, RELEASE_LOCK to free it',
  sources: [
    'MySQL 5.7 manual: locking-functions; MySQL worklog 1159 (several locks a session)',
    'MySQL manual: server-system-variables (wait_timeout); Connector/J autoReconnect',
  ],
  steps: [
    'Acquire: SELECT GET_LOCK(name, timeout): 1 is the lock, 0 means that the timeout ended first.',
    'Hold: keep the connection. Since 5.7 each further GET_LOCK counts; before, one of another name releases this one.',
    'Release: SELECT RELEASE_LOCK(name), once for each GET_LOCK.',
  ],
  useWhen:
    'To serialise rare jobs on one MySQL server with connections that nobody takes away: migrations, cron jobs. Not with several primaries, not through a proxy that shares connections, not for effects that must be safe from a lost connection.',
  claims: [
    { promise: 'exclusion/service', from: MANUAL },
    { promise: 'deadlock-freedom', from: `${MANUAL}: released when the session ends` },
    { promise: 'ownership', from: `${MANUAL}: RELEASE_LOCK returns 0 to who is not the owner` },
    { promise: 'reentrancy', from: `${MANUAL}, since 5.7` },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    version: oneOf(['5.7', '5.6'], '5.7', 'whose GET_LOCK: before 5.7 a session has one lock'),
    waitMs: duration(10_000, 'the timeout of GET_LOCK'),
    secondName: flag(false, 'the section takes a lock of another name on the same connection'),
    nameLength: count(0, 'the name is filled up to so many characters; 0 leaves it as it is'),
    checkMs: duration(0, 'how often the holder asks whether its connection lives; 0 for never'),
    autoReconnect: flag(false, 'a dead connection is replaced without a word'),
    poolSize: count(2, 'connections of one client process'),
    statementTimeoutMs: duration(60_000, 'how long the client waits for an answer'),
  },
  services: ({ version }) => ({
    sql: { flavour: 'innodb', userLocks: version === '5.6' ? 'one' : 'several' },
  }),
  gives: () => ({ token: false, validity: false, reentry: true }),
  // Until the server notices the end of the connection: ms after a killed process, hours after a power cut.
  leaseMs: () => Infinity,
  answerTimeoutMs: ({ statementTimeoutMs }) => statementTimeoutMs,
  doorway: {
    name: 'the server has the GET_LOCK',
    waiting: ({ sql }, lock, { nameLength }) =>
      sql.flatMap(({ up, data }) => (up ? data.advisoryQueue(nameOf(lock, nameLength)) : [])),
  },

  *open(me, { poolSize }): Process<DbSession> {
    return newDbSession(me.services.sql, poolSize)
  },

  *acquire(me, parameters): Process<Grant | undefined> {
    const { waitMs, secondName, nameLength, checkMs, autoReconnect, statementTimeoutMs } =
      parameters
    const { session } = me
    const isInner = session.depth > 0
    const connection = session.connection ?? (yield* session.pool.take())
    if (connection === undefined) return undefined
    const name = nameOf(me.lock, nameLength)
    const got = yield* connection.getLock(name, waitMs, statementTimeoutMs)
    if (!got.ok || got.value !== 1) {
      if (!isInner) yield* putBack(me.services.sql, session.pool, connection, got)
      return undefined
    }
    session.depth++
    if (isInner) return {}
    session.connection = connection
    if (secondName) yield* connection.getLock(`${me.name}:second`, waitMs, statementTimeoutMs)
    yield* watchConnection(me, session, checkMs, statementTimeoutMs, autoReconnect)
    return {}
  },

  *release(me, _held, { nameLength, secondName, statementTimeoutMs }) {
    const { session } = me
    const { connection } = session
    if (connection === undefined) return 'not-held'
    const isInner = --session.depth > 0
    if (!isInner) yield* stopWatching(session)
    const name = nameOf(me.lock, nameLength)
    if (secondName && !isInner)
      yield* connection.releaseLock(`${me.name}:second`, statementTimeoutMs)
    const released = yield* connection.releaseLock(name, statementTimeoutMs)
    if (!isInner) {
      session.connection = undefined
      yield* putBack(me.services.sql, session.pool, connection, released)
    }
    if (released.ok) return released.value === 1 ? 'ok' : 'not-held'
    return released.why === 'refused' ? 'not-held' : 'unknown'
  },

  holders({ sql }, lock, { nameLength }) {
    const name = nameOf(lock, nameLength)
    return sql.flatMap(({ up, data }) => (up ? data.advisoryHolders(name) : []))
  },
})

const nameOf = (lock: string, length: number): string => lock.padEnd(length, '-')
