/** What a client keeps of a lock that belongs to a database session: its connection, and a look at it now and then. */

import { sleep, spawn, stop } from '#sim'
import type { Process, ServiceClients, SqlConnection, SqlPool, Task } from '#sim'
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

function* look(
  me: Pick<Outsider<{ sql: 1 }>, 'services' | 'lost'>,
  session: DbSession,
  { checkMs, timeoutMs, reconnect }: { checkMs: number; timeoutMs: number; reconnect: boolean },
): Process {
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
  session.watch = yield* spawn(
    'connection check',
    look(me, session, { checkMs, timeoutMs, reconnect }),
  )
}

/** Ends the looks. */
export function* stopWatching(session: DbSession): Process {
  const { watch } = session
  session.watch = undefined
  if (watch !== undefined) yield* stop(watch)
}
