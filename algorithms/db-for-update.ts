/** The row lock: SELECT … FOR UPDATE in an open transaction takes it, COMMIT frees it. */

import { sleep } from '#sim'
import type { Process, ServiceClients } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

const TABLE = 'method_lock'
const ARTICLE = 'zhisheng, 分布式锁看这篇就够了 (2018)'

interface ConnectionGrant extends Grant {
  readonly connection: ReturnType<ServiceClients['sql']['connect']>
}

/**
 * The database holds the lock for as long as it believes in the connection: no TTL, no token. It is freed by the
 * end of the connection, but only when the server sees it, and it does not survive a failover. The client that
 * lost it learns so at its next statement.
 */
export const dbForUpdate = defineAlgorithm({
  name: 'db-for-update',
  summary: 'SELECT … FOR UPDATE of an existing row; COMMIT to free it',
  sources: [
    '"exclusive lock" of the usual tutorials: autocommit off, select for update, commit to unlock',
    'MySQL manual innodb-locks-set, innodb-locking; PostgreSQL manual explicit-locking',
  ],
  steps: [
    'Open a transaction and SELECT … FOR UPDATE the row of the lock; the server lets us wait until it is free.',
    'Work in the same transaction, so that losing the connection undoes the work.',
    'Release: COMMIT.',
  ],
  useWhen:
    'Where all that is protected lies in the same database and the same transaction. Not for effects outside of it, nor for long work.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: `${ARTICLE}: freed by itself when the service dies` },
    { promise: 'ownership', from: 'PostgreSQL manual, explicit-locking' },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    flavour: oneOf(['postgres', 'innodb'], 'postgres', 'whose rules the server follows'),
    indexed: flag(true, 'whether the lock’s name has an index that the server uses'),
    autocommit: flag(false, 'leave autocommit on: the lock ends with its own statement'),
    rowExists: flag(true, 'whether the row is put there beforehand'),
    checkRow: flag(true, 'whether the code looks if the row came back'),
    poolSize: count(2, 'connections of one client process'),
    statementTimeoutMs: duration(
      60_000,
      'how long the client waits for an answer; InnoDB gives up waiting for a row after 50 s',
    ),
  },
  services: ({ flavour, indexed }) => ({ sql: { flavour, indexed } }),
  gives: () => ({ token: false, validity: false }),
  // Until the server notices the end of the connection: ms after a killed process, hours after a power cut.
  leaseMs: () => Infinity,

  *open(me, { poolSize, rowExists, statementTimeoutMs }) {
    const pool = me.services.sql.pool(poolSize)
    while (rowExists) {
      const connection = yield* pool.take()
      if (connection === undefined) continue
      const inserted = yield* connection.insert(TABLE, me.lock, {}, statementTimeoutMs)
      if (inserted.ok || me.services.sql.isDuplicate(inserted)) {
        yield* pool.give(connection)
        break
      }
      yield* pool.discard(connection)
      yield* sleep(1_000)
    }
    return pool
  },

  *acquire(me, { autocommit, checkRow, statementTimeoutMs }): Process<ConnectionGrant | undefined> {
    const connection = yield* me.session.take()
    if (connection === undefined) return undefined
    const prepared = yield* connection.autocommit(autocommit, statementTimeoutMs)
    if (prepared.ok) {
      const rows = yield* connection.selectForUpdate(TABLE, me.lock, 'wait', statementTimeoutMs)
      if (rows.ok && (!checkRow || rows.value.length === 1)) return { connection }
      // A lock wait that took too long leaves the transaction open, and a deadlock's victim may not know.
      if (rows.ok || rows.why === 'refused') {
        const ended = yield* connection.rollback(statementTimeoutMs)
        if (ended.ok) {
          yield* me.session.give(connection)
          return undefined
        }
      }
    }
    yield* me.session.discard(connection)
    return undefined
  },

  *release(me, { connection }, { statementTimeoutMs }) {
    const committed = yield* connection.commit(statementTimeoutMs)
    if (committed.ok) {
      yield* me.session.give(connection)
      return 'ok'
    }
    yield* me.session.discard(connection)
    return committed.why === 'refused' ? 'not-held' : 'unknown'
  },

  holders({ sql }, lock) {
    return sql.flatMap(({ up, data }) =>
      up && data.role === 'primary' ? (data.lockHolder(TABLE, lock) ?? []) : [],
    )
  },
})
