/** Row locks: who may have one now, who waits for whom, and who is let in when something becomes free. */

import type { Origin } from '../../kernel/index.ts'
import { isAdvisory } from './statements.ts'
import type { Lock, Request, Session, SqlState, Table, Wait } from './memory.ts'

/** What a statement wants to lock. */
interface Wanted {
  readonly session: Session
  readonly table: Table
  readonly key: string
  readonly exclusive: boolean
  readonly insert: boolean
}

const FLAVOUR_LOCK_WAIT_MS = { postgres: Infinity, innodb: 50_000 }

const NOBODY: readonly Origin[] = []

const contains = (low: string | undefined, high: string | undefined, key: string): boolean =>
  (low === undefined || low < key) && (high === undefined || key < high)

/** The session's own lock of a row. */
export const ownLock = (table: Table, key: string, session: Session): Lock | undefined =>
  table.locks.get(key)?.find((lock) => lock.session === session)

/** Everybody who stands before `wanted`: holders, and earlier waiters where the queue is fair. */
const blockersOf = (state: SqlState, wanted: Wanted, position: number): Session[] => {
  const { session, table, key, exclusive, insert } = wanted
  const found: Session[] = []
  for (const lock of table.locks.get(key) ?? []) {
    if (lock.session !== session && (exclusive || lock.exclusive)) found.push(lock.session)
  }
  if (insert) {
    for (const gap of table.gaps) {
      if (gap.session !== session && contains(gap.low, gap.high, key)) found.push(gap.session)
    }
  }
  if (state.options.grantOrder === 'fifo') {
    for (let index = 0; index < position; index++) {
      const earlier = table.waits[index] as Wait
      if (earlier.key === key && earlier.session !== session && (exclusive || earlier.exclusive)) {
        found.push(earlier.session)
      }
    }
  }
  return found
}

const take = (wanted: Wanted, request: Request): void => {
  const { session, table, key, exclusive } = wanted
  const own = ownLock(table, key, session)
  if (own !== undefined) {
    own.exclusive ||= exclusive
    return
  }
  const lock: Lock = {
    session,
    table,
    key,
    exclusive,
    origin: request.origin,
    heldFor: NOBODY,
    inTransaction: true,
  }
  const locks = table.locks.get(key)
  if (locks === undefined) table.locks.set(key, [lock])
  else locks.push(lock)
  session.locks.push(lock)
  session.fresh.push(lock)
}

/** Takes a row lock if nobody stands before it. */
export const tryLock = (state: SqlState, wanted: Wanted, request: Request): boolean => {
  const { session, table, key, exclusive } = wanted
  const own = ownLock(table, key, session)
  // Who has what it wants already never stands in line for it again.
  if (own !== undefined && (own.exclusive || !exclusive)) return true
  const isIdle = table.waits.length === 0 && table.gaps.length === 0 && !table.locks.has(key)
  if (!isIdle && blockersOf(state, wanted, table.waits.length).length > 0) return false
  take(wanted, request)
  return true
}

const lockWaitMs = ({ options: { flavour, lockWaitTimeoutMs } }: SqlState): number =>
  lockWaitTimeoutMs < 0 ? FLAVOUR_LOCK_WAIT_MS[flavour] : lockWaitTimeoutMs

/** Puts the statement in the queue for a lock that it could not get. */
export const enqueue = (
  state: SqlState,
  wanted: Wanted,
  request: Request,
  patienceMs = lockWaitMs(state),
): void => {
  const { flavour, deadlockTimeoutMs } = state.options
  const wait: Wait = {
    ...wanted,
    request,
    deadlineMs: state.nowMs + patienceMs,
    deadlockCheckMs: flavour === 'postgres' ? state.nowMs + deadlockTimeoutMs : Infinity,
  }
  wanted.table.waits.push(wait)
  wanted.session.waiting = wait
}

/** Takes a wait out of its queue; those behind it may go on. */
export const dequeue = (state: SqlState, wait: Wait): void => {
  const { waits } = wait.table
  waits.splice(waits.indexOf(wait), 1)
  wait.session.waiting = undefined
  state.freed.add(wait.table)
}

/** Grants every wait of the table that nobody stands before. Their statements go on afterwards, in this order. */
export const grantWaits = (state: SqlState, table: Table): void => {
  const grant = (wait: Wait): void => {
    dequeue(state, wait)
    take(wait, wait.request)
    state.granted.push(wait)
    state.out.changed('request', wait.request.origin)
  }
  const isFree = (wait: Wait, position: number): boolean =>
    blockersOf(state, wait, position).length === 0
  for (;;) {
    const free = table.waits.filter(isFree)
    const chosen = state.options.grantOrder === 'fifo' ? 0 : pickOf(state, free.length)
    const wait = free[chosen]
    if (wait === undefined) break
    grant(wait)
  }
  state.freed.delete(table)
}

const pickOf = (state: SqlState, count: number): number =>
  count > 1 ? state.chance.pick(count) : 0

/** Gives back one lock. */
export const unlock = (state: SqlState, lock: Lock): void => {
  const { table, key, session } = lock
  const locks = table.locks.get(key)
  if (locks?.length === 1) table.locks.delete(key)
  else locks?.splice(locks.indexOf(lock), 1)
  session.locks.splice(session.locks.indexOf(lock), 1)
  state.freed.add(table)
}

/** Gives back the lock that the statement in progress took for a row which then did not match. */
export const giveBack = (state: SqlState, session: Session, table: Table, key: string): void => {
  const position = session.fresh.findIndex((lock) => lock.table === table && lock.key === key)
  const [lock] = position < 0 ? [] : session.fresh.splice(position, 1)
  if (lock !== undefined) unlock(state, lock)
}

/** Gives back every lock of a session that ends with its transaction. */
export const unlockAll = (state: SqlState, session: Session): void => {
  for (let index = session.locks.length - 1; index >= 0; index--) {
    const lock = session.locks[index] as Lock
    lock.inTransaction = false
    if (lock.heldFor.length === 0) unlock(state, lock)
  }
  session.fresh.length = 0
  for (const table of session.gapTables) {
    table.gaps = table.gaps.filter((gap) => gap.session !== session)
    state.freed.add(table)
  }
  session.gapTables.clear()
}

/** InnoDB: locks the gap of the index in which `key` would be; with no key, every gap. Never waits. */
export const lockGap = (session: Session, table: Table, key?: string): void => {
  let low: string | undefined
  let high: string | undefined
  if (key !== undefined) {
    for (const records of [table.committed, table.pending]) {
      for (const other of records.keys()) {
        if (other < key && (low === undefined || other > low)) low = other
        if (other > key && (high === undefined || other < high)) high = other
      }
    }
  }
  if (table.gaps.some((gap) => gap.session === session && gap.low === low && gap.high === high)) {
    return
  }
  table.gaps.push({ session, low, high })
  session.gapTables.add(table)
}

/** The sessions of a circle of waits through `session`, beginning with it; undefined if there is none. */
export const circleOf = (state: SqlState, session: Session): readonly Session[] | undefined => {
  const first = session.waiting
  if (first === undefined) return undefined
  const innodb = state.options.flavour === 'innodb'
  const path: Session[] = []
  const seen = new Set<Session>()
  const walk = (at: Session): boolean => {
    const wait = at.waiting
    if (wait === undefined || seen.has(at)) return false
    // MySQL's named locks and InnoDB's row locks are two lock managers, and neither looks into the other.
    if (innodb && isAdvisory(wait.request.body) !== isAdvisory(first.request.body)) return false
    seen.add(at)
    path.push(at)
    for (const next of blockersOf(state, wait, wait.table.waits.indexOf(wait))) {
      if (next === session || walk(next)) return true
    }
    path.pop()
    return false
  }
  return walk(session) ? path : undefined
}
