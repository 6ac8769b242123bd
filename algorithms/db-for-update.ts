/** The row lock: SELECT … FOR UPDATE in an open transaction takes it, COMMIT frees it. */

import { sleep, spawn, stop } from '#sim'
import type { Origin, Process, ServiceViews, SqlConnection, SqlPool, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { holdAnother, keepBusy, NEIGHBOUR, sibling } from './db-for-update-company.ts'
import { ARTICLE, say, TABLE } from './db-rows.ts'
import type { Sql } from './db-rows.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

interface ConnectionGrant extends Grant {
  readonly connection: SqlConnection
  readonly ping?: Task
}

interface Session {
  readonly pool: SqlPool
  /** The connection of the open transaction, where it is bound to the thread, and how often it was entered. */
  bound: SqlConnection | undefined
  depth: number
}

interface RowLocking {
  readonly rows: 'one' | 'two-in-order' | 'two-in-any-order'
  readonly checkRow: boolean
  readonly checkError: boolean
  readonly statementTimeoutMs: number
}

type Me = Client<{ sql: 1 }, Session>

/**
 * The database holds the lock for as long as it believes in the connection: no TTL, no token. It is freed by the
 * end of the connection, but only when the server sees it, and it does not survive a failover. The client that
 * lost it learns so at its next statement.
 *
 * The article's form: autocommit off, select the row of the method for update, commit to unlock, a unique index on the
 * name. What usually goes wrong with it is a parameter each, by default as it is right: `autocommit`, `indexed`,
 * `rowExists` and `checkRow`, `checkError`, `rows` (the order in which two locks are taken), `poolSize` against `connectionsOfWork`.
 * It is not re-entrant and says so; `reentry` is what comes of trying.
 */
export const dbForUpdate = defineAlgorithm({
  name: 'db-for-update',
  summary: 'SELECT … FOR UPDATE of an existing row; COMMIT to free it',
  sources: [
    `${ARTICLE}, "exclusive lock": autocommit off, select for update, commit to unlock`,
    'MySQL manual innodb-locks-set, innodb-locking, innodb-deadlock-detection; PostgreSQL manual explicit-locking',
    'HikariCP, README: connectionTimeout, maximumPoolSize, and its page on pool-locking',
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
    checkError: flag(
      true,
      'whether an error of the SELECT ends the attempt, or is logged and forgotten',
    ),
    rows: oneOf(
      ['one', 'two-in-order', 'two-in-any-order'],
      'one',
      'whether the work needs one row lock or two, taken in one order by all or as each client likes',
    ),
    reentry: oneOf(
      ['another-connection', 'same-connection', 'counted'],
      'another-connection',
      'what the holder does that takes it again: asks on another connection of the pool, on its own, or on its own with a count of holds',
    ),
    pingMs: duration(0, 'how often the holder says something on its connection; 0 for never'),
    poolSize: count(2, 'connections of one client process'),
    poolTimeoutMs: duration(30_000, 'how long to wait for a connection; HikariCP’s default'),
    connectionsOfWork: count(1, 'connections that the work needs, that of the lock among them'),
    siblings: count(0, 'other requests of the holder’s process that come to wait for the row'),
    neighbourMs: duration(0, 'how long somebody else holds a lock of another name; 0 for nobody'),
    statementTimeoutMs: duration(
      60_000,
      'how long the client waits for an answer; InnoDB gives up waiting for a row after 50 s',
    ),
  },
  services: ({ flavour, indexed }) => ({ sql: { flavour, indexed } }),
  gives: ({ reentry }) => ({
    token: false,
    validity: false,
    reentry: reentry !== 'another-connection',
  }),
  // Until the server notices the end of the connection: ms after a killed process, hours after a power cut.
  leaseMs: () => Infinity,
  answerTimeoutMs: ({ statementTimeoutMs }) => statementTimeoutMs,
  doorway: {
    name: 'its SELECT … FOR UPDATE is at the server',
    waiting: ({ sql }, lock) =>
      sql.flatMap(({ up, data }) =>
        up ? [...data.lockWaiters(TABLE, lock), ...ownerAt(data, lock)] : [],
      ),
  },
  jobs: [{ name: NEIGHBOUR, run: holdAnother }],

  *open(me, { poolSize, poolTimeoutMs, rowExists, rows, statementTimeoutMs }): Process<Session> {
    const { sql } = me.services
    const pool = sql.pool(poolSize, poolTimeoutMs)
    const names = rowExists ? namesOf(me.lock, rows) : []
    for (const name of names) {
      while (!(yield* makeRow(sql, pool, name, statementTimeoutMs))) yield* sleep(1_000)
    }
    return { pool, bound: undefined, depth: 0 }
  },

  *acquire(me, parameters): Process<ConnectionGrant | undefined> {
    const { autocommit, reentry, pingMs, siblings, statementTimeoutMs } = parameters
    const { session } = me
    if (session.bound !== undefined && reentry !== 'another-connection') {
      const again = yield* lockRows(me, session.bound, parameters)
      if (!again.got) return undefined
      session.depth++
      return { connection: session.bound }
    }
    const connection = yield* session.pool.take()
    if (connection === undefined) return undefined
    const prepared = yield* connection.autocommit(autocommit, statementTimeoutMs)
    const locked = prepared.ok ? yield* lockRows(me, connection, parameters) : NOTHING
    if (!locked.got) {
      // A lock wait that took too long leaves the transaction open, and a deadlock's victim may not know.
      const ended = locked.usable ? yield* connection.rollback(statementTimeoutMs) : undefined
      if (ended?.ok === true) session.pool.give(connection)
      else yield* session.pool.discard(connection)
      return undefined
    }
    session.bound = connection
    session.depth = 1
    for (let number = 1; number <= siblings; number++) {
      yield* spawn(`sibling ${number}`, sibling(session.pool, me.lock, parameters))
    }
    if (pingMs === 0) return { connection }
    return { connection, ping: yield* spawn('ping', keepBusy(me, connection, parameters)) }
  },

  *release(me, { connection, ping }, { reentry, connectionsOfWork, statementTimeoutMs }) {
    const { session } = me
    const { pool } = session
    if (ping !== undefined) yield* stop(ping)
    // Where the connection is not bound to the thread, an inner grant has one of its own.
    const isInner = reentry !== 'another-connection' && --session.depth > 0
    if (isInner && reentry === 'counted') return 'ok'
    if (!isInner) yield* workElsewhere(pool, connectionsOfWork - 1)
    const committed = yield* connection.commit(statementTimeoutMs)
    if (!isInner) {
      session.bound = undefined
      if (committed.ok) pool.give(connection)
      else yield* pool.discard(connection)
    }
    if (committed.ok) return 'ok'
    return committed.why === 'refused' ? 'not-held' : 'unknown'
  },

  holders({ sql }, lock, { rows }) {
    const names = namesOf(lock, rows)
    return sql.flatMap(({ up, data }) => {
      if (!up || data.role !== 'primary') return []
      const owner = data.lockHolder(TABLE, lock)
      const hasAll = names.every((name) => data.lockHolder(TABLE, name)?.hold === owner?.hold)
      return owner !== undefined && hasAll ? [owner] : []
    })
  },
})

/** What came of asking for the rows: whether we have them, and whether the connection is still good for a ROLLBACK. */
interface Locked {
  readonly got: boolean
  readonly usable: boolean
}

const NOTHING: Locked = { got: false, usable: false }

const namesOf = (lock: string, rows: RowLocking['rows']): readonly string[] =>
  rows === 'one' ? [lock] : [lock, `${lock}:second`]

const ownerAt = (data: ServiceViews['sql'], lock: string): readonly Origin[] => {
  const owner = data.lockHolder(TABLE, lock)
  return owner === undefined ? [] : [owner]
}

/** Asks for the rows, one after another. */
function* lockRows(
  me: Me,
  connection: SqlConnection,
  { rows, checkRow, checkError, statementTimeoutMs }: RowLocking,
): Process<Locked> {
  const names = namesOf(me.lock, rows)
  const order = rows === 'two-in-any-order' && isEven(me.name) ? names.toReversed() : names
  for (const name of order) {
    const found = yield* connection.selectForUpdate(TABLE, name, 'wait', statementTimeoutMs)
    if (!found.ok) {
      if (checkError || found.why === 'timeout') {
        return { got: false, usable: found.why === 'refused' }
      }
    } else if (checkRow && found.value.length === 0) return { got: false, usable: true }
  }
  return { got: true, usable: true }
}

/** Puts the row there unless it is. Looks first, because an INSERT waits for whoever has the row locked. */
function* makeRow(
  sql: Sql,
  pool: SqlPool,
  name: string,
  statementTimeoutMs: number,
): Process<boolean> {
  const found = yield* say(sql, pool, (connection) =>
    connection.select(TABLE, name, undefined, statementTimeoutMs),
  )
  if (found.ok && found.value.length === 1) return true
  const inserted = yield* say(sql, pool, (connection) =>
    connection.insert(TABLE, name, {}, statementTimeoutMs),
  )
  return inserted.ok || sql.isDuplicate(inserted)
}

const isEven = (client: string): boolean => Number(client.split('-').at(-1)) % 2 === 0

/** Work that takes more connections while the lock's own is open: a sequence in another transaction, an audit row. */
function* workElsewhere(pool: SqlPool, more: number): Process {
  const taken: SqlConnection[] = []
  for (let number = 0; number < more; number++) {
    const connection = yield* pool.take()
    if (connection !== undefined) taken.push(connection)
  }
  for (const connection of taken) pool.give(connection)
}
