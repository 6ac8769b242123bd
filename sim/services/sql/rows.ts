/** How statements find the rows that they mean, and lock them. */

import type { Reply } from '../../kernel/index.ts'
import { enqueue, giveBack, lockGap, tryLock } from './locks.ts'
import { error } from './memory.ts'
import type { Request, Session, SqlState, Table, Version } from './memory.ts'
import type { FoundRow, IfLocked, RowStatement, Selection } from './statements.ts'
import { visibleRows } from './transactions.ts'
import { matches } from './values.ts'
import type { Value, Where } from './values.ts'

/** No such row, or none that matches, or one that was to be skipped. */
export const ABSENT = 'absent'
type Locked = Version | typeof ABSENT | Reply<never> | 'waits'

/** One statement of one session. */
export interface Turn {
  readonly state: SqlState
  readonly session: Session
  readonly request: Request
  readonly table: Table
}

/** A row whose lock the session has. */
export interface LockedRow {
  readonly key: string
  readonly version: Version
}

/** Takes a lock, or waits, or fails as `ifLocked` says; true when the lock is there. */
export const lock = (
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

/** Locks the row of this key, if it matches. */
export const lockRow = (
  turn: Turn,
  key: string,
  where: Where | undefined,
  ifLocked: IfLocked,
): Locked => {
  if (turn.state.options.flavour === 'innodb' && locksGaps(turn) && !turn.state.options.indexed) {
    const scanned = lockAll(turn, key, ifLocked)
    if (scanned !== true) return scanned
  }
  return lockRecord(turn, key, where, ifLocked)
}

const lockRecord = (
  turn: Turn,
  key: string,
  where: Where | undefined,
  ifLocked: IfLocked,
): Locked => {
  const pending = turn.table.pending.get(key)
  if (pending?.session === turn.session) {
    const { version } = pending
    return version !== undefined && matches(version.columns, where, turn.session.nowMs)
      ? version
      : ABSENT
  }
  return turn.state.options.flavour === 'postgres'
    ? lockRowInPostgres(turn, key, where, ifLocked)
    : lockRowInInnodb(turn, key, where, ifLocked)
}

const locksGaps = ({ session }: Turn): boolean => session.isolation === 'repeatable read'

/**
 * Waits for the transaction that has the row; then READ COMMITTED looks at the row again, REPEATABLE READ
 * fails if it has changed (PostgreSQL manual transaction-iso). A row that is not there locks nothing.
 */
const lockRowInPostgres = (
  turn: Turn,
  key: string,
  where: Where | undefined,
  ifLocked: IfLocked,
): Locked => {
  const { state, session, table } = turn
  const visible = visibleRows(state, session, table).get(key)
  if (visible === undefined || !matches(visible.columns, where, session.nowMs)) {
    giveBack(state, session, table, key)
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
 * Locks the index record, or at REPEATABLE READ the gap where it would be (MySQL manual innodb-locks-set,
 * innodb-locking). Locking reads see the newest state.
 */
const lockRowInInnodb = (
  turn: Turn,
  key: string,
  where: Where | undefined,
  ifLocked: IfLocked,
): Locked => {
  const { state, session, table } = turn
  if (table.committed.has(key) || table.pending.has(key)) {
    const own = lock(turn, key, true, false, ifLocked)
    if (own !== true) return own
  }
  const newest = table.committed.get(key)
  if (newest !== undefined && matches(newest.columns, where, session.nowMs)) return newest
  if (!locksGaps(turn)) giveBack(state, session, table, key)
  else if (newest === undefined) {
    // A lock of a record that has vanished is inherited by its gap.
    giveBack(state, session, table, key)
    lockGap(session, table, key)
  }
  return ABSENT
}

/** InnoDB without an index that serves: locks everything that is scanned. `wanted` is the row that matters. */
const lockAll = (
  turn: Turn,
  wanted: string | undefined,
  ifLocked: IfLocked,
): true | typeof ABSENT | Reply<never> | 'waits' => {
  const { session, table } = turn
  lockGap(session, table)
  for (const key of [...table.committed.keys(), ...table.pending.keys()].toSorted()) {
    const own = lock(turn, key, true, false, ifLocked)
    if (own !== true && (own !== ABSENT || key === wanted)) return own
  }
  return true
}

/**
 * Locks all rows that match, in order. Conditions have no index: InnoDB at REPEATABLE READ locks the whole table
 * and its gaps, at READ COMMITTED what matches, after waiting for what is locked (an UPDATE does not wait for rows
 * whose committed version does not match: "semi-consistent read", MySQL manual innodb-transaction-isolation-levels).
 * PostgreSQL goes through the rows that were there when the statement began and looks again at those it waited for.
 */
export const lockMatching = (
  turn: Turn,
  selection: Selection & Pick<RowStatement, 'kind'>,
  ifLocked: IfLocked,
): readonly LockedRow[] | Reply<never> | 'waits' => {
  const { state, session, table } = turn
  const { where, limit = Infinity } = selection
  let keys: readonly string[]
  if (state.options.flavour === 'postgres') {
    session.scanned ??= select(turn, selection, Infinity).map(({ key }) => key)
    keys = session.scanned
  } else if (locksGaps(turn)) {
    const all = lockAll(turn, undefined, ifLocked)
    if (all !== true && all !== ABSENT) return all
    keys = newest(turn, selection)
  } else keys = newest(turn, selection, selection.kind === 'update')
  const found: LockedRow[] = []
  for (const key of keys) {
    if (found.length >= limit) break
    if (ifLocked === 'skip locked' && isLockedByAnother(turn, key)) continue
    const version = lockRecord(turn, key, where, ifLocked)
    if (version === ABSENT) continue
    if (version === 'waits' || 'ok' in version) return version
    found.push({ key, version })
  }
  // A row that was granted to a statement which then found it changed is not kept.
  if (table.locks.size > 0 && !(state.options.flavour === 'innodb' && locksGaps(turn))) {
    for (const { key } of [...session.fresh]) {
      if (!found.some((row) => row.key === key)) giveBack(state, session, table, key)
    }
  }
  return found
}

const isLockedByAnother = ({ table, session }: Turn, key: string): boolean =>
  table.locks.get(key)?.some((each) => each.session !== session) ?? false

/** The keys of the newest rows in order; `onlyMatching` leaves out those whose committed version does not match. */
const newest = (
  { session, table }: Turn,
  { where, orderBy }: Selection,
  onlyMatching = false,
): readonly string[] => {
  const rows: { key: string; columns: Version['columns'] | undefined }[] = []
  for (const key of new Set([...table.committed.keys(), ...table.pending.keys()])) {
    const pending = table.pending.get(key)
    const version = pending?.session === session ? pending.version : table.committed.get(key)
    if (onlyMatching && version !== undefined && !matches(version.columns, where, session.nowMs)) {
      continue
    }
    rows.push({ key, columns: version?.columns })
  }
  return rows.toSorted(inOrder(orderBy)).map(({ key }) => key)
}

const compare = (left: Value, right: Value): number => {
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** By a column, NULLs last, then by key. */
const inOrder =
  (orderBy: string | undefined) =>
  (
    left: { readonly key: string; readonly columns: Version['columns'] | undefined },
    right: { readonly key: string; readonly columns: Version['columns'] | undefined },
  ): number => {
    if (orderBy !== undefined) {
      const first = left.columns?.[orderBy]
      const second = right.columns?.[orderBy]
      if (first !== undefined && second !== undefined && first !== second) {
        return compare(first, second)
      }
      if ((first === undefined) !== (second === undefined)) return first === undefined ? 1 : -1
    }
    return compare(left.key, right.key)
  }

/** What a plain SELECT sees. It never waits. */
export const select = (
  { state, session, table }: Turn,
  { key, where, orderBy, limit }: Selection & { readonly key?: string | undefined },
  limitMost = limit ?? Infinity,
): readonly FoundRow[] => {
  const rows = visibleRows(state, session, table)
  const found: FoundRow[] = []
  const look = (at: string): void => {
    const own = table.pending.get(at)
    const version = own?.session === session ? own.version : rows.get(at)
    if (version !== undefined && matches(version.columns, where, session.nowMs)) {
      found.push({ key: at, columns: version.columns })
    }
  }
  if (key !== undefined) {
    look(key)
    return found
  }
  for (const each of rows.keys()) look(each)
  for (const each of session.writes) {
    if (each.table === table && !rows.has(each.key)) look(each.key)
  }
  found.sort(inOrder(orderBy))
  return found.length > limitMost ? found.slice(0, limitMost) : found
}
