/** Executes statements about rows, with the locking of PostgreSQL or of InnoDB. */

import { ok } from '../../kernel/index.ts'
import type { Reply } from '../../kernel/index.ts'
import { enqueue, giveBack, lockGap, tryLock } from './locks.ts'
import { error, tableOf } from './memory.ts'
import type { Request, Session, SqlState, Table, Version } from './memory.ts'
import type { Columns, FoundRow, IfLocked, RowStatement, Statement } from './statements.ts'
import { visibleRows, write } from './transactions.ts'

/** The statement waits for a row. It is executed again from its beginning when the row is granted. */
export type Outcome = Reply<unknown> | 'waits'

const ABSENT = 'absent'
type Locked = Version | typeof ABSENT | Reply<never> | 'waits'

const matches = ({ columns }: Version, where: Columns | undefined): boolean =>
  where === undefined || Object.keys(where).every((name) => columns[name] === where[name])

/** One statement of one session. */
interface Turn {
  readonly state: SqlState
  readonly session: Session
  readonly request: Request
  readonly table: Table
}

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
  switch (statement.kind) {
    case 'insert':
      return insert(turn, statement.key, statement.columns)
    case 'select':
      return ok(select(turn, statement))
    case 'select for update': {
      const found = lockRow(turn, statement.key, undefined, statement.ifLocked)
      if (found === ABSENT) return ok([])
      if (found === 'waits' || 'ok' in found) return found
      return ok([{ key: statement.key, columns: found.columns }] satisfies FoundRow[])
    }
    case 'delete':
    case 'update': {
      const { key, where } = statement
      const found = lockRow(turn, key, where, 'wait')
      if (found === ABSENT) return ok(0)
      if (found === 'waits' || 'ok' in found) return found
      const { origin } = request
      const next =
        statement.kind === 'update'
          ? { columns: { ...found.columns, ...statement.set }, origin }
          : undefined
      write(session, turn.table, key, next)
      return ok(1)
    }
  }
}

/** Takes a lock, or waits, or fails as `ifLocked` says; true when the lock is there. */
const lock = (
  { state, session, request, table }: Turn,
  key: string,
  exclusive: boolean,
  isInsert: boolean,
  ifLocked: IfLocked,
): true | typeof ABSENT | Reply<never> | 'waits' => {
  const wanted = { session, table, key, exclusive, insert: isInsert }
  if (tryLock(state, wanted, request)) return true
  if (ifLocked === 'nowait') return error(state, 'lockTimeout')
  if (ifLocked === 'skip locked') return ABSENT
  enqueue(state, wanted, request)
  return 'waits'
}

const insert = (turn: Turn, key: string, columns: Columns): Outcome => {
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
    giveBack(state, session)
    return error(state, 'duplicate')
  }
  const own = lock(turn, key, true, true, 'wait')
  if (own !== true) return own as Outcome
  write(session, table, key, { columns, origin: request.origin })
  return ok(1)
}

const lockRow = (
  turn: Turn,
  key: string,
  where: Columns | undefined,
  ifLocked: IfLocked,
): Locked => {
  const pending = turn.table.pending.get(key)
  if (pending?.session === turn.session) {
    const { version } = pending
    return version !== undefined && matches(version, where) ? version : ABSENT
  }
  return turn.state.options.flavour === 'postgres'
    ? lockRowInPostgres(turn, key, where, ifLocked)
    : lockRowInInnodb(turn, key, where, ifLocked)
}

/**
 * Waits for the transaction that has the row; then READ COMMITTED looks at the row again, REPEATABLE READ
 * fails if it has changed (PostgreSQL manual transaction-iso). A row that is not there locks nothing.
 */
const lockRowInPostgres = (
  turn: Turn,
  key: string,
  where: Columns | undefined,
  ifLocked: IfLocked,
): Locked => {
  const { state, session, table } = turn
  const visible = visibleRows(state, session, table).get(key)
  if (visible === undefined || !matches(visible, where)) {
    giveBack(state, session)
    return ABSENT
  }
  const own = lock(turn, key, true, false, ifLocked)
  if (own !== true) return own
  if (session.isolation === 'repeatable read' && table.committed.get(key) !== visible) {
    return error(state, 'serialization')
  }
  return visible
}

/**
 * Locks the index record, or at REPEATABLE READ the gap where it would be; without an index everything that is
 * scanned (MySQL manual innodb-locks-set, innodb-locking). Locking reads see the newest state.
 */
const lockRowInInnodb = (
  turn: Turn,
  key: string,
  where: Columns | undefined,
  ifLocked: IfLocked,
): Locked => {
  const { state, session, table } = turn
  const locksGaps = session.isolation === 'repeatable read'
  if (locksGaps && !state.options.indexed) {
    lockGap(session, table)
    const scanned = [...new Set([...table.committed.keys(), ...table.pending.keys()])]
    for (const other of scanned.toSorted()) {
      const own = lock(turn, other, true, false, ifLocked)
      if (own !== true && (own !== ABSENT || other === key)) return own
    }
  } else if (table.committed.has(key) || table.pending.has(key)) {
    const own = lock(turn, key, true, false, ifLocked)
    if (own !== true) return own
  }
  const newest = table.committed.get(key)
  if (newest !== undefined && matches(newest, where)) return newest
  if (!locksGaps) giveBack(state, session)
  else if (newest === undefined) {
    // A lock of a record that has vanished is inherited by its gap.
    giveBack(state, session)
    lockGap(session, table, key)
  }
  return ABSENT
}

const select = (
  { state, session, table }: Turn,
  { key, where }: Extract<RowStatement, { kind: 'select' }>,
): readonly FoundRow[] => {
  const rows = visibleRows(state, session, table)
  const found: FoundRow[] = []
  const look = (at: string): void => {
    const own = table.pending.get(at)
    const version = own?.session === session ? own.version : rows.get(at)
    if (version !== undefined && matches(version, where)) {
      found.push({ key: at, columns: version.columns })
    }
  }
  if (key !== undefined) look(key)
  else {
    const keys = new Set([...rows.keys(), ...session.writes.map((each) => each.key)])
    for (const each of [...keys].toSorted()) look(each)
  }
  return found
}
