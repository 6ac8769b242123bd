/** Executes statements about rows, with the locking of PostgreSQL or of InnoDB. */

import { ok } from '../../kernel/index.ts'
import type { Reply } from '../../kernel/index.ts'
import { giveBack } from './locks.ts'
import { error, tableOf } from './memory.ts'
import type { Request, Session, SqlState } from './memory.ts'
import { ABSENT, lock, lockMatching, lockRow, select } from './rows.ts'
import type { LockedRow, Turn } from './rows.ts'
import { keyOf } from './statements.ts'
import type { FoundRow, RowStatement, Statement } from './statements.ts'
import { visibleRows, write } from './transactions.ts'
import { withSettings } from './values.ts'
import type { Settings } from './values.ts'

/** The statement waits for a row. It is executed again from its beginning when the row is granted. */
export type Outcome = Reply<unknown> | 'waits'

/** Executes a statement that reads or changes rows. The session has an open transaction. */
export const execute = (
  state: SqlState,
  session: Session,
  request: Request,
  statement: Extract<Statement, { table: string }>,
): Outcome => {
  const turn: Turn = { state, session, request, table: tableOf(state, statement.table) }
  // PostgreSQL's snapshot is that of the first statement, whatever it is.
  if (state.options.flavour === 'postgres') visibleRows(state, session, turn.table)
  if (statement.kind === 'insert') {
    return statement.key === undefined
      ? insertNumbered(turn, statement.columns)
      : insert(turn, statement.key, statement.columns)
  }
  if (statement.kind === 'select') return ok(select(turn, statement))
  const rows = lockMeant(turn, statement)
  if (rows === 'waits' || 'ok' in rows) return rows
  if (statement.kind === 'select for update') {
    return ok(rows.map(({ key, version: { columns } }): FoundRow => ({ key, columns })))
  }
  for (const { key, version } of rows) {
    if (statement.kind === 'delete') write(session, turn.table, key, undefined)
    else {
      const columns = withSettings(version.columns, statement.set, session.nowMs)
      const { origin } = statement.keepsOrigin === true ? version : request
      write(session, turn.table, key, { columns, origin })
    }
  }
  return ok(rows.length)
}

/** The rows that a statement means, with their locks. */
const lockMeant = (
  turn: Turn,
  statement: Exclude<RowStatement, { kind: 'select' }>,
): readonly LockedRow[] | Reply<never> | 'waits' => {
  const { key } = statement
  const ifLocked = statement.kind === 'select for update' ? statement.ifLocked : 'wait'
  if (key === undefined) return lockMatching(turn, statement, ifLocked)
  const version = lockRow(turn, key, statement.where, ifLocked)
  if (version === ABSENT) return []
  return version === 'waits' || 'ok' in version ? version : [{ key, version }]
}

const insert = (turn: Turn, key: string, settings: Settings): Outcome => {
  const { state, session, request, table } = turn
  const pending = table.pending.get(key)
  if (pending?.session === session) {
    if (pending.version !== undefined) return error(state, 'duplicate')
  } else if (state.options.flavour === 'innodb') {
    if (pending !== undefined || table.committed.has(key)) {
      // "If a duplicate-key error occurs, a shared lock on the duplicate index record is set"
      // (MySQL manual innodb-locks-set). It stays until the transaction ends.
      const shared = lock(turn, key, false, false, 'wait')
      if (shared !== true) return shared as Outcome
      return error(state, 'duplicate')
    }
  } else if (pending === undefined && table.committed.has(key)) {
    giveBack(state, session, table, key)
    return error(state, 'duplicate')
  }
  const own = lock(turn, key, true, true, 'wait')
  if (own !== true) return own as Outcome
  const columns = withSettings(undefined, settings, session.nowMs)
  write(session, table, key, { columns, origin: request.origin })
  return ok(1)
}

/**
 * The number is taken at once and for good, whatever becomes of the transaction; the row is seen when it commits
 * (PostgreSQL manual functions-sequence; MySQL manual innodb-auto-increment-handling).
 */
const insertNumbered = (turn: Turn, settings: Settings): Outcome => {
  const { session, table } = turn
  // A statement that had to wait for a gap keeps the number that it took.
  const id = (session.takenId ??= table.nextId++)
  const outcome = insert(turn, keyOf(id), { ...settings, id })
  return outcome !== 'waits' && outcome.ok ? ok(id) : outcome
}
