/** The job that deletes rows of locks that have become too old, as a process on a node of its own. */

import { sleep } from '#sim'
import type { Process } from '#sim'
import type { Outsider } from './algorithm.ts'
import { say, TABLE } from './db-rows.ts'

/** Name of the sweeper's node. */
export const SWEEPER = 'sweeper'

/** How the job goes about it. */
export interface Sweep {
  /** Rows older than this are deleted. */
  readonly leaseMs: number
  readonly periodMs: number
  /** Whether it first asks which rows are old and then deletes them by name, or says both in one statement. */
  readonly sweep: 'select-then-delete' | 'one-statement'
  readonly statementTimeoutMs: number
}

/** Deletes old rows every period, for ever. Old is what the database's clock says. */
export function* sweepForEver(
  { services: { sql } }: Outsider<{ sql: 1 }>,
  { leaseMs, periodMs, sweep, statementTimeoutMs }: Sweep,
): Process {
  const pool = sql.pool(1)
  const where = { stampMs: sql.is('<=', sql.now(-leaseMs)) }
  for (;;) {
    yield* sleep(periodMs)
    if (sweep === 'one-statement') {
      yield* say(sql, pool, (connection) => connection.deleteAll(TABLE, where, statementTimeoutMs))
      continue
    }
    const old = yield* say(sql, pool, (connection) =>
      connection.selectAll(TABLE, { where }, statementTimeoutMs),
    )
    if (!old.ok) continue
    for (const { key } of old.value) {
      yield* say(sql, pool, (connection) =>
        connection.delete(TABLE, key, undefined, statementTimeoutMs),
      )
    }
  }
}
