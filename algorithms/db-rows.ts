/** What the database locks share: their table, one statement on a pooled connection, and who owns a row. */

import { refused } from '#sim'
import type {
  Effect,
  Origin,
  Process,
  Reply,
  ServerView,
  ServiceClients,
  ServiceViews,
  SqlConnection,
  SqlPool,
} from '#sim'

export type Sql = ServiceClients['sql']

type Servers = readonly ServerView<ServiceViews['sql']>[]

/** The table of locks: its primary key is the name of the lock. */
export const TABLE = 'method_lock'
/** The article that the database locks are taken from. */
export const ARTICLE = 'zhisheng, 分布式锁看这篇就够了 (2018)'

const NO_CONNECTION: Reply<never> = refused('no connection came free')

/** Puts a connection back, unless its last answer leaves doubt about the state that it is in. */
export function* putBack(
  sql: Sql,
  pool: SqlPool,
  connection: SqlConnection,
  reply: Reply<unknown>,
): Process {
  if (reply.ok || sql.isDuplicate(reply)) pool.give(connection)
  else yield* pool.discard(connection)
}

/** Says one statement, with autocommit on, on a connection of the pool. */
export function* say<Value>(
  sql: Sql,
  pool: SqlPool,
  statement: (connection: SqlConnection) => Effect<Reply<Value>>,
): Process<Reply<Value>> {
  const connection = yield* pool.take()
  if (connection === undefined) return NO_CONNECTION
  const reply = yield* statement(connection)
  yield* putBack(sql, pool, connection, reply)
  return reply
}

/** On whose behalf the row of this key was made, at each primary that is up, each hold once. */
export const rowOwners = (servers: Servers, key: string): readonly Origin[] => {
  const owners: Origin[] = []
  for (const { up, data } of servers) {
    const origin = up && data.role === 'primary' ? data.row(TABLE, key)?.origin : undefined
    if (origin === undefined || owners.some(({ hold }) => hold === origin.hold)) continue
    owners.push(origin)
  }
  return owners
}
