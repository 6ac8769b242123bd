/** The primary-key lock with a queue table: who waits writes himself down, and only the first may take the lock. */

import { sleep, spawn, stop } from '#sim'
import type { Process, SqlConnection, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { dateAnew, enqueue, ORDER, QUEUE, queueOf, removeDead } from './db-queue-rows.ts'
import type { Me, Place, Queueing } from './db-queue-rows.ts'
import { ARTICLE, rowOwners, say, TABLE } from './db-rows.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

interface QueueGrant extends Grant {
  readonly place: Place
  readonly upkeep: Upkeep | undefined
}

interface Upkeep {
  readonly task: Task
  readonly connection: SqlConnection
}

/**
 * The article says: another table records all waiting threads, ordered by creation time, and only the first may take the
 * lock. It does not say whose clock dates a row, whether the first still needs the unique row of the lock (`rule:
 * lock-row`) or has the lock by being the first (`rule: smallest`), nor what becomes of a waiter that died.
 *
 * - dates by clients' clocks: a slow clock writes itself before those who wait, and under `smallest` before the holder;
 * - dates in whole seconds: two rows are both the first;
 * - numbers given by the table, in a transaction: a smaller number may become visible after a greater one;
 * - a dead waiter at the head stops everybody.
 *
 * Repaired: `orderBy: number` with autocommit, `rule: lock-row`, and `removeAfterMs`: who waits or holds dates its row anew, and
 * rows that nobody has dated for that long are removed by those who wait. That makes the lock a lease.
 */
export const dbQueue = defineAlgorithm({
  name: 'db-queue',
  summary: 'a table of waiting clients in the order of their coming; the first may take the lock',
  sources: [
    `${ARTICLE}: "another table records all waiting threads, ordered by creation time"`,
    'PostgreSQL manual functions-sequence; MySQL manual innodb-auto-increment-handling',
  ],
  steps: [
    'Acquire: INSERT a row into the queue, with the time or a number that the table gives.',
    'Ask for the first row of the queue again and again until it is ours; under the rule lock-row INSERT the row of the lock then, and leave the queue.',
    'Hold: under the rule smallest, our row stays at the head of the queue.',
    'Release: DELETE the row that we hold the lock by.',
  ],
  useWhen:
    'Where order matters, there are few clients, and there is nothing but a database; with the repairs on. A server that keeps the queue itself does it better.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'fairness', from: ARTICLE },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters: {
    orderBy: oneOf(
      ['client-clock', 'client-seconds', 'number'],
      'client-clock',
      'the time by the clock of the client, the same in whole seconds, or a number that the table gives',
    ),
    rule: oneOf(
      ['lock-row', 'smallest'],
      'lock-row',
      'whether the first of the queue has the lock, or needs the unique row of the lock as well',
    ),
    inTransaction: flag(
      false,
      'the INSERT into the queue is a transaction with a COMMIT of its own',
    ),
    removeAfterMs: duration(0, 'rows that nobody has dated for so long are removed; 0 for never'),
    pollMs: duration(100, 'how often a waiter asks who is the first'),
    poolSize: count(1, 'connections of one client process'),
    statementTimeoutMs: duration(1_000, 'how long the client waits for the answer to a statement'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ removeAfterMs }) => (removeAfterMs === 0 ? Infinity : removeAfterMs),
  doorway: {
    name: 'its row in the queue is committed',
    waiting: ({ sql }, lock) => queueOf(sql, lock).map(({ origin }) => origin),
  },

  *open(me, { poolSize }) {
    return me.services.sql.pool(poolSize)
  },

  *acquire(me, parameters): Process<QueueGrant | undefined> {
    const { removeAfterMs, pollMs } = parameters
    const place = yield* enqueue(me, parameters)
    // An INSERT whose answer is lost leaves a row at which nobody stands.
    if (place === undefined) return undefined
    for (;;) {
      if (removeAfterMs > 0) {
        if ((yield* dateAnew(me, QUEUE, place.key, parameters)) === 0) return undefined
        yield* removeDead(me, parameters)
      }
      if (yield* isFirst(me, place, parameters)) break
      yield* sleep(pollMs)
    }
    if (removeAfterMs === 0) return { place, upkeep: undefined }
    const connection = me.services.sql.connect()
    const task = yield* spawn('upkeep', keepDated(me, connection, place, parameters))
    return { place, upkeep: { task, connection } }
  },

  *release(me, { place, upkeep }, { rule, statementTimeoutMs }) {
    if (upkeep !== undefined) {
      yield* stop(upkeep.task)
      yield* upkeep.connection.close()
    }
    const deleted = yield* say(me.services.sql, me.session, (connection) =>
      rule === 'smallest'
        ? connection.delete(QUEUE, place.key, undefined, statementTimeoutMs)
        : connection.delete(TABLE, me.lock, { owner: place.key }, statementTimeoutMs),
    )
    if (!deleted.ok) return 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  holders({ sql }, lock, { rule }) {
    if (rule === 'lock-row') return rowOwners(sql, lock)
    const queue = queueOf(sql, lock)
    let least = Infinity
    for (const { order } of queue) if (order < least) least = order
    return queue.filter(({ order }) => order === least).map(({ origin }) => origin)
  },
})

/** Looks whether nobody comes before us, and takes the row of the lock if the rule asks for it. */
function* isFirst(me: Me, { key, order }: Place, parameters: Queueing): Process<boolean> {
  const { orderBy, rule, statementTimeoutMs } = parameters
  const { sql } = me.services
  const column = orderBy === 'number' ? 'id' : ORDER
  const selection = { where: { lock: me.lock }, orderBy: column, limit: 1 }
  const first = yield* say(sql, me.session, (connection) =>
    connection.selectAll(QUEUE, selection, statementTimeoutMs),
  )
  // Of several that are equal, each is told that it is not after the first.
  const head = first.ok ? first.value[0]?.columns[column] : undefined
  if (head === undefined || order > Number(head)) return false
  if (rule === 'smallest') return true
  const taken = yield* say(sql, me.session, (connection) =>
    connection.insert(TABLE, me.lock, { owner: key, seenMs: sql.now() }, statementTimeoutMs),
  )
  if (!taken.ok) return false
  yield* say(sql, me.session, (connection) =>
    connection.delete(QUEUE, key, undefined, statementTimeoutMs),
  )
  return true
}

/** Dates the row that the lock is held by. Whoever finds it gone has lost the lock. */
function* keepDated(
  me: Me,
  connection: SqlConnection,
  { key }: Place,
  { rule, removeAfterMs, statementTimeoutMs }: Queueing,
): Process {
  const { sql } = me.services
  for (;;) {
    yield* sleep(removeAfterMs / 3)
    const seen = { seenMs: sql.now() }
    const dated = yield* rule === 'smallest'
      ? connection.renew(QUEUE, key, seen, undefined, statementTimeoutMs)
      : connection.renew(TABLE, me.lock, seen, { owner: key }, statementTimeoutMs)
    if (dated.ok && dated.value === 0) {
      yield* me.lost('its row is gone')
      return
    }
  }
}
