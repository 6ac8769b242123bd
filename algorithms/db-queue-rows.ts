/** The queue table of the database lock: who writes himself down in it, what order it has, and how dead rows leave it. */

import { clock } from '#sim'
import type { Origin, Process, ServerView, ServiceViews, SqlConnection, SqlPool } from '#sim'
import type { Client } from './algorithm.ts'
import { say, TABLE } from './db-rows.ts'

/** The table of those who wait. */
export const QUEUE = 'lock_queue'

/** A place in the queue. */
export interface Place {
  /** Key of the queue row. */
  readonly key: string
  /** What the order goes by: less is earlier. */
  readonly order: number
}

/** How the queue is kept. */
export interface Queueing {
  readonly orderBy: 'client-clock' | 'client-seconds' | 'number'
  readonly rule: 'smallest' | 'lock-row'
  readonly inTransaction: boolean
  readonly removeAfterMs: number
  readonly pollMs: number
  readonly statementTimeoutMs: number
}

/** A client that queues. */
export type Me = Client<{ sql: 1 }, SqlPool>

/** The queue as the primary's data have it. */
export const queueOf = (
  servers: readonly ServerView<ServiceViews['sql']>[],
  lock: string,
): readonly { readonly order: number; readonly origin: Origin }[] => {
  const found: { order: number; origin: Origin }[] = []
  for (const { up, data } of servers) {
    if (!up || data.role !== 'primary') continue
    for (const { columns, origin } of data.rows(QUEUE).values()) {
      if (columns['lock'] === lock)
        found.push({ order: Number(columns[ORDER] ?? columns['id']), origin })
    }
  }
  return found
}

/** The column that the queue is ordered by, unless it is the number of the row. */
export const ORDER = 'createdMs'

/** Takes a place in the queue; undefined if it is not known to have one. */
export function* enqueue(me: Me, parameters: Queueing): Process<Place | undefined> {
  const { orderBy, statementTimeoutMs } = parameters
  const { sql } = me.services
  const columns = { lock: me.lock, seenMs: sql.now() }
  if (orderBy === 'number') {
    const order = yield* numbered(me, columns, parameters)
    return order === undefined ? undefined : { key: sql.keyOf(order), order }
  }
  const key = me.token()
  const nowMs = yield* clock()
  const order = orderBy === 'client-clock' ? nowMs : Math.floor(nowMs / 1_000) * 1_000
  const inserted = yield* say(sql, me.session, (connection) =>
    connection.insert(QUEUE, key, { ...columns, [ORDER]: order }, statementTimeoutMs),
  )
  return inserted.ok ? { key, order } : undefined
}

/** A row with a number of the table's. The number is taken at the INSERT, the row is there for others at the COMMIT. */
function* numbered(
  me: Me,
  columns: Parameters<SqlConnection['insertNumbered']>[1],
  { inTransaction, statementTimeoutMs }: Queueing,
): Process<number | undefined> {
  const connection = yield* me.session.take()
  if (connection === undefined) return undefined
  const begun = inTransaction ? yield* connection.begin(undefined, statementTimeoutMs) : undefined
  if (begun?.ok !== false) {
    const inserted = yield* connection.insertNumbered(QUEUE, columns, statementTimeoutMs)
    const ended =
      inserted.ok && inTransaction ? yield* connection.commit(statementTimeoutMs) : inserted
    if (inserted.ok && ended.ok) {
      me.session.give(connection)
      return inserted.value
    }
  }
  yield* me.session.discard(connection)
  return undefined
}

/** Says that whoever a row belongs to is alive: how many rows there were to say it of. */
export function* dateAnew(
  me: Me,
  table: string,
  key: string,
  { statementTimeoutMs }: Queueing,
): Process<number | undefined> {
  const { sql } = me.services
  const dated = yield* say(sql, me.session, (connection) =>
    connection.renew(table, key, { seenMs: sql.now() }, undefined, statementTimeoutMs),
  )
  return dated.ok ? dated.value : undefined
}

/** Removes the rows of those who have not been heard of. */
export function* removeDead(me: Me, { removeAfterMs, statementTimeoutMs }: Queueing): Process {
  const { sql } = me.services
  const where = { seenMs: sql.is('<=', sql.now(-removeAfterMs)) }
  for (const table of [QUEUE, TABLE]) {
    yield* say(sql, me.session, (connection) =>
      connection.deleteAll(table, where, statementTimeoutMs),
    )
  }
}
