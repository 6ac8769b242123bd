/** What goes on around a row lock: other requests of its process, a transaction of another lock, a connection kept busy. */

import { sleep } from '#sim'
import type { Process, SqlConnection, SqlPool } from '#sim'
import type { Client, Outsider } from './algorithm.ts'
import { TABLE } from './db-rows.ts'

/** Name of the node that has a lock of another name. */
export const NEIGHBOUR = 'neighbour'

/** Another request of the same process: it takes a connection, waits for the row, and has nothing to do. */
export function* sibling(
  pool: SqlPool,
  lock: string,
  { statementTimeoutMs }: { readonly statementTimeoutMs: number },
): Process {
  const connection = yield* pool.take()
  if (connection === undefined) return
  const prepared = yield* connection.autocommit(false, statementTimeoutMs)
  const row = prepared.ok
    ? yield* connection.selectForUpdate(TABLE, lock, 'wait', statementTimeoutMs)
    : prepared
  const ended = row.ok ? yield* connection.commit(statementTimeoutMs) : row
  if (ended.ok) pool.give(connection)
  else yield* pool.discard(connection)
}

/** A service with a lock of its own, which has nothing to do with ours and is held for a while. */
export function* holdAnother(
  { services: { sql } }: Outsider<{ sql: 1 }>,
  { neighbourMs, statementTimeoutMs }: { neighbourMs: number; statementTimeoutMs: number },
): Process {
  if (neighbourMs === 0) return
  const connection = sql.connect()
  for (;;) {
    yield* connection.insert(TABLE, NEIGHBOUR, {}, statementTimeoutMs)
    yield* connection.begin(undefined, statementTimeoutMs)
    const row = yield* connection.selectForUpdate(TABLE, NEIGHBOUR, 'wait', statementTimeoutMs)
    if (row.ok && row.value.length === 1) break
    yield* connection.rollback(statementTimeoutMs)
    yield* sleep(1_000)
  }
  yield* sleep(neighbourMs)
  yield* connection.commit(statementTimeoutMs)
}

/** Says something on the connection now and then, so that nobody takes it for forgotten. */
export function* keepBusy(
  me: Pick<Client<{ sql: 1 }, unknown>, 'lock' | 'lost'>,
  connection: SqlConnection,
  { pingMs, statementTimeoutMs }: { pingMs: number; statementTimeoutMs: number },
): Process {
  for (;;) {
    yield* sleep(pingMs)
    const answer = yield* connection.select(TABLE, me.lock, undefined, statementTimeoutMs)
    if (answer.ok) continue
    yield* me.lost('its connection is gone')
    return
  }
}
