/** Advisory locks: an application's own locks by name, of PostgreSQL (pg_advisory_lock) and of MySQL (GET_LOCK). */

import { ok } from '../../kernel/index.ts'
import type { Origin } from '../../kernel/index.ts'
import type { Outcome } from './execute.ts'
import { enqueue, ownLock, tryLock, unlock } from './locks.ts'
import { error, tableOf } from './memory.ts'
import type { Lock, Request, Session, SqlState, Table } from './memory.ts'
import type { AdvisoryStatement } from './statements.ts'

/** They are locks of rows that do not exist: so they have the queue and the deadlock detection of all others. */
const TABLE = '(advisory locks)'

/** MySQL manual locking-functions: "a lock name ... with a maximum length of 64 characters" since 5.7. */
const NAME_MAX = 64

/**
 * Executes a statement about an advisory lock. They live in the memory of one server: they are not replicated and
 * survive neither its crash nor a failover (PostgreSQL manual explicit-locking, hot-standby; MySQL manual
 * locking-functions).
 */
export const executeAdvisory = (
  state: SqlState,
  session: Session,
  request: Request,
  statement: AdvisoryStatement,
): Outcome => {
  const table = tableOf(state, TABLE)
  const { key } = statement
  switch (statement.kind) {
    case 'advisory lock': {
      const { scope, ifLocked } = statement
      const tries = ifLocked === 'nowait'
      const taken = take(state, session, request, table, tries ? 0 : undefined)
      if (taken === 'waits') return taken
      if (taken === undefined) return ok(false)
      if (scope === 'transaction') taken.inTransaction = true
      else taken.heldFor = [...taken.heldFor, request.origin]
      state.out.changed('request', request.origin)
      return ok(tries ? true : undefined)
    }
    case 'advisory unlock':
      return ok(giveUp(state, session, request, table))
    case 'get lock': {
      const single = state.options.userLocks === 'one'
      if (!single && key.length > NAME_MAX) return error(state, 'wrongLockName')
      if (single) releaseOthers(state, session, key)
      const patienceMs = statement.timeoutMs < 0 ? Infinity : statement.timeoutMs
      const taken = take(state, session, request, table, patienceMs)
      if (taken === 'waits') return taken
      if (taken === undefined) return ok(0)
      taken.heldFor = single ? [request.origin] : [...taken.heldFor, request.origin]
      state.out.changed('request', request.origin)
      return ok(1)
    }
    case 'release lock':
      if (giveUp(state, session, request, table)) return ok(1)
      // NULL if nobody has a lock of this name, 0 if somebody else has it.
      return ok(table.locks.has(key) ? 0 : null)
  }
}

/** The lock, `waits`, or undefined if it is taken and there is no time to wait. */
const take = (
  state: SqlState,
  session: Session,
  request: Request,
  table: Table,
  patienceMs: number | undefined,
): Lock | 'waits' | undefined => {
  const { key } = request.body as AdvisoryStatement
  const wanted = { session, table, key, exclusive: true, insert: false }
  if (tryLock(state, wanted, request)) {
    const lock = ownLock(table, key, session) as Lock
    // Until its caller says otherwise, a new one belongs to no transaction.
    if (session.fresh.includes(lock)) lock.inTransaction = false
    return lock
  }
  if (patienceMs === 0) return undefined
  enqueue(state, wanted, request, patienceMs)
  // Whoever watches the queue wants to know.
  state.out.changed('request', request.origin)
  return 'waits'
}

/** Takes one off the count, and gives the lock back at zero. False if the session does not have it. */
const giveUp = (state: SqlState, session: Session, request: Request, table: Table): boolean => {
  const { key } = request.body as AdvisoryStatement
  const lock = ownLock(table, key, session)
  if (lock === undefined || lock.heldFor.length === 0) return false
  const { origin } = request
  // The server only counts. To a judge it is the caller's own that goes, if there is one.
  const own = lock.heldFor.findLastIndex(({ hold: of }) => of === origin.hold)
  const position = own < 0 ? lock.heldFor.length - 1 : own
  lock.heldFor = lock.heldFor.filter((_each, index) => index !== position)
  if (lock.heldFor.length === 0 && !lock.inTransaction) unlock(state, lock)
  state.out.changed('request', origin)
  return true
}

/** MySQL before 5.7: "GET_LOCK() releases any existing lock" of the session. */
const releaseOthers = (state: SqlState, session: Session, key: string): void => {
  for (const lock of [...session.locks]) {
    if (lock.heldFor.length === 0 || lock.key === key) continue
    lock.heldFor = []
    unlock(state, lock)
  }
}

/** Makes all session-level locks of a session end with its transaction, as the session's end or DISCARD ALL does. */
export const releaseAdvisory = (session: Session): void => {
  for (const lock of session.locks) lock.heldFor = []
}

/** For whom the server has a lock, for the judges: several if a session was asked for it on behalf of several. */
export const advisoryHolders = (state: SqlState, key: string): readonly Origin[] => {
  const holders: Origin[] = []
  for (const { heldFor, inTransaction, origin } of state.tables.get(TABLE)?.locks.get(key) ?? []) {
    for (const each of inTransaction ? [origin, ...heldFor] : heldFor) {
      if (!holders.some(({ hold: known }) => known === each.hold)) holders.push(each)
    }
  }
  return holders
}

/** Who has a lock and who waits for it, first come first. */
export const advisoryQueue = (state: SqlState, key: string): readonly Origin[] => {
  const origins = [...advisoryHolders(state, key)]
  for (const wait of state.tables.get(TABLE)?.waits ?? []) {
    if (wait.key === key) origins.push(wait.request.origin)
  }
  return origins
}
