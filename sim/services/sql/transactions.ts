/** Transactions: how they begin, what they see, and how they end. */

import type { Origin, RevokeCause } from '../../kernel/index.ts'
import { unlockAll } from './locks.ts'
import { isolationOf, keep } from './memory.ts'
import type { Change, Session, SqlState, Table, Version } from './memory.ts'
import { logTransaction } from './replication.ts'
import type { Isolation } from './statements.ts'

/** Opens a transaction. */
export const begin = (state: SqlState, session: Session, isolation?: Isolation): void => {
  session.transaction = 'open'
  if (state.options.flavour === 'postgres') session.nowMs = state.wallMs()
  session.isolation = isolation ?? isolationOf(state.options)
}

const end = (
  state: SqlState,
  session: Session,
  transaction: 'none' | 'failed',
  cause: RevokeCause,
  by: Origin | undefined,
): void => {
  const touched = session.locks.length > 0 || session.gapTables.size > 0
  session.transaction = transaction
  session.snapshot = undefined
  session.writes.length = 0
  unlockAll(state, session)
  if (touched) state.out.changed(cause, by)
}

/** Makes what a transaction wrote durable and visible, and frees its locks. */
export const commit = (state: SqlState, session: Session, by: Origin): void => {
  if (session.writes.length > 0) {
    const changes: Change[] = []
    const replicates = state.options.replication !== 'none'
    const committedAtMs = replicates ? state.wallMs() : 0
    for (const { table, key } of session.writes) {
      const written = table.pending.get(key)?.version
      table.pending.delete(key)
      if (replicates) {
        const version = written && { ...written, committedAtMs }
        const inserts = version !== undefined && !table.committed.has(key)
        changes.push({ table: table.name, key, version, inserts })
        keep(table, key, version)
      } else keep(table, key, written)
    }
    if (replicates) logTransaction(state, { changes, committedAtMs, origin: by })
  }
  end(state, session, 'none', 'request', by)
}

/** Forgets what a transaction wrote and frees its locks. */
export const rollback = (
  state: SqlState,
  session: Session,
  cause: RevokeCause,
  by?: Origin,
  transaction: 'none' | 'failed' = 'none',
): void => {
  for (const { table, key } of session.writes) table.pending.delete(key)
  end(state, session, transaction, cause, by)
}

/** Notes an uncommitted version; undefined deletes the row. The caller has the row's exclusive lock. */
export const write = (
  session: Session,
  table: Table,
  key: string,
  version: Version | undefined,
): void => {
  const pending = table.pending.get(key)
  if (pending !== undefined) {
    pending.version = version
    return
  }
  table.pending.set(key, { session, version })
  session.writes.push({ table, key })
}

/**
 * What plain reads of this transaction see of a table. At REPEATABLE READ the state at its first read
 * (MySQL manual innodb-consistent-read; PostgreSQL transaction-iso), else the newest committed.
 */
export const visibleRows = (
  state: SqlState,
  session: Session,
  table: Table,
): ReadonlyMap<string, Version> => {
  if (session.isolation === 'read committed' || session.transaction !== 'open') {
    return table.committed
  }
  if (session.snapshot === undefined) {
    session.snapshot = new Map()
    for (const each of state.tables.values()) {
      session.snapshot.set(each, new Map(each.committed))
    }
  }
  return session.snapshot.get(table) ?? NO_ROWS
}

const NO_ROWS: ReadonlyMap<string, Version> = new Map()
