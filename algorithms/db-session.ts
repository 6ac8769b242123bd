/** Connections of clients to a database: one that carries a lock and is looked after, or any for one statement. */

import { sleep, spawn, stop } from '#sim'
import type { Process, Reply, ServiceClients, SqlConnection, SqlPool, Task } from '#sim'
import type { Outsider } from './algorithm.ts'

/** The state of one client process. */
export interface DbSession {
  readonly pool: SqlPool
  /** The connection that carries the lock. */
  connection: SqlConnection | undefined
  /** How often the lock is taken and not yet released. */
  depth: number
  watch: Task | undefined
}

/** A client that has nothing yet. */
export const newDbSession = (sql: ServiceClients['sql'], poolSize: number): DbSession => ({
  pool: sql.pool(poolSize),
  connection: undefined,
  depth: 0,
  watch: undefined,
})

/** Puts a connection back, or closes it if its last answer leaves doubt about the state that it is in. */
export function* putAside(
  { pool }: DbSession,
  connection: SqlConnection,
  reply: Reply<unknown>,
): Process {
  if (reply.ok) yield* pool.give(connection)
  else yield* pool.discard(connection)
}

/**
 * Asks the server every `checkMs` whether the connection of the lock still lives, and says that the lock is lost when
 * it does not; 0 never asks. `reconnect`: opens another connection instead and says nothing.
 */
export function* watchConnection(
  me: Pick<Outsider<{ sql: 1 }>, 'services' | 'lost'>,
  session: DbSession,
  checkMs: number,
  timeoutMs: number,
  reconnect = false,
): Process {
  if (checkMs === 0) return
  function* look(): Process {
    for (;;) {
      yield* sleep(checkMs)
      const { connection } = session
      if (connection === undefined) return
      const reply = yield* connection.ping(timeoutMs)
      if (reply.ok) continue
      if (!reconnect) {
        yield* me.lost(`the connection that carries it: ${reply.code}`)
        return
      }
      session.connection = me.services.sql.connect()
    }
  }
  session.watch = yield* spawn('connection check', look())
}

/** Ends the looks. */
export function* stopWatching(session: DbSession): Process {
  const { watch } = session
  session.watch = undefined
  if (watch !== undefined) yield* stop(watch)
}

/** Says one statement that answers with a number of rows, on any connection of a pool; undefined if none came free. */
export function* onConnection(
  pool: SqlPool,
  sql: ServiceClients['sql'],
  say: (connection: SqlConnection) => ReturnType<SqlConnection['insert']>,
): Process<Reply<number> | undefined> {
  const connection = yield* pool.take()
  if (connection === undefined) return undefined
  const reply = yield* say(connection)
  if (reply.ok || sql.isDuplicate(reply)) yield* pool.give(connection)
  else yield* pool.discard(connection)
  return reply
}
