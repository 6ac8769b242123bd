/** Sessions: how requests of one connection become statements of its transactions, one after another. */

import { ok } from '../../kernel/index.ts'
import type { Reply, RevokeCause } from '../../kernel/index.ts'
import type { Connection } from '../service.ts'
import { executeAdvisory, releaseAdvisory } from './advisory.ts'
import { execute } from './execute.ts'
import { circleOf, dequeue, grantWaits } from './locks.ts'
import { error, newSession } from './memory.ts'
import type { Request, Session, SqlState, Wait } from './memory.ts'
import { isAdvisory } from './statements.ts'
import type { Statement } from './statements.ts'
import { begin, commit, rollback } from './transactions.ts'

/** Takes a request: at once, or when the statement before it on this connection has ended. */
export const takeRequest = (state: SqlState, request: Request): void => {
  const { connection } = request
  let session = state.sessions.get(connection)
  if (session === undefined) {
    if (state.ended.has(connection)) {
      state.out.reply(request, error(state, 'connectionEnded'))
      return
    }
    if (state.sessions.size >= state.options.maxConnections) {
      state.out.reply(request, error(state, 'tooManyConnections'))
      return
    }
    session = newSession(state, connection)
    state.sessions.set(connection, session)
  }
  session.lastActiveMs = state.nowMs
  if (session.waiting !== undefined) session.backlog.push(request)
  else start(state, session, request)
}

/** Begins a statement on a session that is free; `run` alone goes on with one that has waited. */
export const start = (state: SqlState, session: Session, request: Request): void => {
  if (state.options.flavour === 'innodb') session.nowMs = state.wallMs()
  run(state, session, request)
}

const run = (state: SqlState, session: Session, request: Request): void => {
  const { body } = request
  switch (body.kind) {
    case 'begin':
      // MySQL commits what was open; PostgreSQL warns and goes on in it.
      if (session.transaction === 'open' && state.options.flavour === 'innodb') {
        commit(state, session, request.origin)
      }
      if (session.transaction === 'none') begin(state, session, body.isolation)
      session.explicit = true
      answer(state, session, request, ok(undefined))
      return
    case 'commit':
    case 'rollback':
      if (body.kind === 'commit' && session.transaction === 'open') {
        commit(state, session, request.origin)
        answer(state, session, request, ok(undefined))
        return
      }
      endByCommand(state, session, request, body.kind)
      return
    case 'autocommit':
      session.autocommit = body.on
      if (body.on && session.transaction === 'open') commit(state, session, request.origin)
      answer(state, session, request, ok(undefined))
      return
    default:
      runInTransaction(state, session, request, body)
  }
}

const endByCommand = (
  state: SqlState,
  session: Session,
  request: Request,
  kind: 'commit' | 'rollback',
): void => {
  // COMMIT of a failed transaction is a rollback in PostgreSQL, and drivers report it as a failure.
  const failed = session.transaction === 'failed'
  rollback(state, session, 'request', request.origin)
  session.explicit = false
  const reply = failed && kind === 'commit' ? error(state, 'transactionAborted') : ok(undefined)
  answer(state, session, request, reply)
}

const runInTransaction = (
  state: SqlState,
  session: Session,
  request: Request,
  statement: Extract<Statement, { table: string } | { key: string }>,
): void => {
  if (session.transaction === 'failed') {
    answer(state, session, request, error(state, 'transactionAborted'))
    return
  }
  // "Advisory locks work normally in recovery" (PostgreSQL manual hot-standby); GET_LOCK writes nothing either.
  if (state.role === 'replica' && statement.kind !== 'select' && !isAdvisory(statement)) {
    complete(state, session, request, error(state, 'readOnly'))
    return
  }
  if (session.transaction === 'none') {
    begin(state, session)
    session.explicit = !session.autocommit
  }
  const outcome = isAdvisory(statement)
    ? executeAdvisory(state, session, request, statement)
    : execute(state, session, request, statement)
  if (outcome === 'waits') {
    if (state.options.flavour === 'innodb') breakCircles(state, session)
    state.out.changed('request', request.origin)
    return
  }
  // What other statements did is seen when they commit.
  if (statement.kind === 'select for update' || (statement.kind === 'insert' && session.explicit)) {
    state.out.changed('request', request.origin)
  }
  complete(state, session, request, outcome)
}

/** Ends a statement: alone in its transaction, it commits or rolls back with it. */
const complete = (
  state: SqlState,
  session: Session,
  request: Request,
  reply: Reply<unknown>,
): void => {
  const { origin } = request
  if (session.transaction === 'open') {
    if (!session.explicit) {
      if (reply.ok) commit(state, session, origin)
      else rollback(state, session, 'request', origin)
    } else if (!reply.ok && state.options.flavour === 'postgres') {
      // PostgreSQL frees everything at the error, not at the ROLLBACK that follows.
      rollback(state, session, 'lost', origin, 'failed')
    }
  }
  answer(state, session, request, reply)
}

const answer = (
  state: SqlState,
  session: Session,
  request: Request,
  reply: Reply<unknown>,
): void => {
  if (session.transaction === 'none') session.explicit = false
  session.lastActiveMs = state.nowMs
  session.fresh.length = 0
  session.scanned = undefined
  session.takenId = undefined
  state.out.reply(request, reply)
  if (session.closed) {
    drop(state, session, 'session-ended')
    return
  }
  state.pool?.touched.push(session)
  const next = session.backlog.shift()
  if (next !== undefined) start(state, session, next)
}

/** Ends the statement that waits with an error. */
export const fail = (state: SqlState, wait: Wait, name: 'lockTimeout' | 'deadlock'): void => {
  const { session, request } = wait
  dequeue(state, wait)
  if (isAdvisory(request.body)) {
    failAdvisory(state, wait, name)
    return
  }
  // InnoDB rolls back the whole transaction of a victim, but only the statement that waited too long.
  if (name === 'deadlock' && state.options.flavour === 'innodb') rollback(state, session, 'lost')
  complete(state, session, request, error(state, name))
  state.out.changed('lost')
}

/** GET_LOCK that has waited long enough is no error, and its deadlock rolls nothing back (MySQL manual locking-functions). */
const failAdvisory = (state: SqlState, wait: Wait, name: 'lockTimeout' | 'deadlock'): void => {
  const { session, request } = wait
  // Who stands in the queue has changed.
  state.out.changed('request', request.origin)
  if (name === 'deadlock') complete(state, session, request, error(state, 'userLockDeadlock'))
  else if (request.body.kind === 'get lock') complete(state, session, request, ok(0))
  else complete(state, session, request, error(state, name))
}

/** InnoDB looks for a circle at each wait and rolls back who has done least, in doubt who came last. */
const breakCircles = (state: SqlState, session: Session): void => {
  for (;;) {
    const circle = circleOf(state, session)
    if (circle === undefined) return
    let victim = session
    for (const other of circle) if (weightOf(other) < weightOf(victim)) victim = other
    const { waiting } = victim
    if (waiting === undefined) return
    fail(state, waiting, 'deadlock')
  }
}

const weightOf = ({ locks, writes }: Session): number => locks.length + writes.length

/** Lets everybody go on who can, until nobody can. */
export const settle = (state: SqlState): void => {
  for (;;) {
    const wait = state.granted.shift()
    if (wait !== undefined) {
      run(state, wait.session, wait.request)
      continue
    }
    const [table] = state.freed
    if (table === undefined) return
    grantWaits(state, table)
  }
}

/** The server learns that a client is gone. A backend that waits finds out only when its statement ends. */
export const closeSession = (state: SqlState, connection: Connection): void => {
  const session = state.sessions.get(connection)
  if (session === undefined) return
  session.closed = true
  session.backlog.length = 0
  if (session.waiting === undefined) drop(state, session, 'session-ended')
}

/** Rolls back and forgets a session. */
export const drop = (state: SqlState, session: Session, cause: RevokeCause): void => {
  releaseAdvisory(session)
  rollback(state, session, cause)
  state.sessions.delete(session.connection)
  state.pool?.touched.push(session)
  if (session.connection.number !== 0) state.ended.add(session.connection)
}

/** Ends every session, as the server's death or demotion does. */
export const dropAll = (state: SqlState): void => {
  for (const session of state.sessions.values()) {
    if (session.waiting !== undefined) dequeue(state, session.waiting)
    drop(state, session, 'lost')
  }
  state.granted.length = 0
  state.freed.clear()
}
