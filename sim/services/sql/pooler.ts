/** PgBouncer in front of the server: many clients share few backends, for a session or for one transaction each. */

import type { Connection } from '../service.ts'
import { releaseAdvisory } from './advisory.ts'
import { error, newSession } from './memory.ts'
import type { Pool, PoolClient, Request, Session, SqlState } from './memory.ts'
import { closeSession, drop, start } from './session.ts'
import { rollback } from './transactions.ts'

/** A pooler without clients. */
export const emptyPool = (): Pool => ({
  clients: new Map(),
  idle: [],
  waiting: [],
  touched: [],
  opened: 0,
})

/** Takes a request of a client: at once, or when its statement before has ended or a backend comes free. */
export const takePooled = (state: SqlState, pool: Pool, request: Request): void => {
  const { connection } = request
  let client = pool.clients.get(connection)
  if (client === undefined) {
    if (state.ended.has(connection)) {
      state.out.reply(request, error(state, 'connectionEnded'))
      return
    }
    client = {
      connection,
      backend: undefined,
      busy: false,
      queue: [],
      waitsSinceMs: 0,
      lastActiveMs: state.nowMs,
    }
    pool.clients.set(connection, client)
  }
  client.lastActiveMs = state.nowMs
  client.queue.push(request)
  if (!client.busy && !pool.waiting.includes(client)) next(state, pool, client)
}

/** Executes the next request of a client, if it has a backend or gets one. */
const next = (state: SqlState, pool: Pool, client: PoolClient): void => {
  if (client.queue.length === 0) return
  client.backend ??= freeBackend(state, pool)
  const { backend } = client
  if (backend === undefined) {
    client.waitsSinceMs = state.nowMs
    pool.waiting.push(client)
    return
  }
  backend.user = client
  client.busy = true
  start(state, backend, client.queue.shift() as Request)
}

const freeBackend = (state: SqlState, pool: Pool): Session | undefined => {
  // A new connection to the server is made only when none is idle.
  const idle = state.options.poolerPicks === 'last' ? pool.idle.pop() : pool.idle.shift()
  if (idle !== undefined || state.sessions.size >= state.options.poolerBackends) return idle
  const session = newSession(state, { client: 'pgbouncer', number: ++pool.opened })
  state.sessions.set(session.connection, session)
  return session
}

/**
 * Looks at the backends whose statements have ended: those whose transaction is over go to the next client. True
 * if there was any.
 */
export const attend = (state: SqlState, pool: Pool): boolean => {
  const session = pool.touched.shift()
  if (session === undefined) return false
  const client = session.user
  if (!state.sessions.has(session.connection)) {
    remove(pool.idle, session)
    session.user = undefined
    if (client !== undefined) disconnect(state, pool, client)
    serve(state, pool)
    return true
  }
  if (client === undefined || session.waiting !== undefined) return true
  client.busy = false
  client.lastActiveMs = state.nowMs
  if (state.options.pooler === 'transaction' && session.transaction === 'none') {
    client.backend = undefined
    giveBack(state, pool, session)
  }
  next(state, pool, client)
  return true
}

const giveBack = (state: SqlState, pool: Pool, session: Session): void => {
  session.user = undefined
  pool.idle.push(session)
  serve(state, pool)
}

const serve = (state: SqlState, pool: Pool): void => {
  const isFree = pool.idle.length > 0 || state.sessions.size < state.options.poolerBackends
  const first = isFree ? pool.waiting.shift() : undefined
  if (first !== undefined) next(state, pool, first)
}

/** The server's side ended: the client's connection is closed. */
const disconnect = (state: SqlState, pool: Pool, client: PoolClient): void => {
  pool.clients.delete(client.connection)
  remove(pool.waiting, client)
  state.ended.add(client.connection)
  state.out.close(client.connection)
}

/**
 * A client is gone. In the middle of a transaction its backend is closed with it ("unclean server"); else, in
 * session mode, DISCARD ALL makes the backend as new, which frees its advisory locks.
 */
export const closeClient = (state: SqlState, pool: Pool, connection: Connection): void => {
  const client = pool.clients.get(connection)
  if (client === undefined) return
  pool.clients.delete(connection)
  remove(pool.waiting, client)
  const { backend } = client
  if (backend === undefined) return
  backend.user = undefined
  if (client.busy || backend.transaction !== 'none') {
    closeSession(state, backend.connection)
    return
  }
  releaseAdvisory(backend)
  rollback(state, backend, 'session-ended')
  giveBack(state, pool, backend)
}

/** Forgets every client and backend, as the death of the machine does. */
export const leavePool = ({ pool, ended }: SqlState): void => {
  if (pool === undefined) return
  for (const connection of pool.clients.keys()) ended.add(connection)
  pool.clients.clear()
  pool.idle.length = 0
  pool.waiting.length = 0
  pool.touched.length = 0
}

const remove = <Item>(list: Item[], item: Item): void => {
  const position = list.indexOf(item)
  if (position >= 0) list.splice(position, 1)
}

/** Closes what has been idle for too long, and turns away who has waited too long for a backend. */
export const closeIdle = (state: SqlState): void => {
  const { nowMs, pool } = state
  const { idleConnectionTimeoutMs, poolerBackendIdleMs, poolerQueryWaitMs } = state.options
  if (pool === undefined) {
    if (idleConnectionTimeoutMs === Infinity) return
    for (const session of state.sessions.values()) {
      if (session.waiting !== undefined) continue
      if (session.lastActiveMs + idleConnectionTimeoutMs > nowMs) continue
      drop(state, session, 'session-ended')
      state.out.close(session.connection)
    }
    return
  }
  for (const session of [...pool.idle]) {
    if (session.lastActiveMs + poolerBackendIdleMs <= nowMs) drop(state, session, 'session-ended')
  }
  for (const client of [...pool.waiting]) {
    if (client.waitsSinceMs + poolerQueryWaitMs > nowMs) continue
    for (const request of client.queue) {
      state.out.reply(request, error(state, 'queryWaitTimeout'))
    }
    disconnect(state, pool, client)
  }
  for (const client of [...pool.clients.values()]) {
    if (client.busy || client.lastActiveMs + idleConnectionTimeoutMs > nowMs) continue
    if (pool.waiting.includes(client)) continue
    closeClient(state, pool, client.connection)
    state.ended.add(client.connection)
    state.out.close(client.connection)
  }
}

/** When the next of these is due. */
export const nextPoolTimeoutMs = (state: SqlState): number => {
  const { pool } = state
  const { idleConnectionTimeoutMs, poolerBackendIdleMs, poolerQueryWaitMs } = state.options
  let soonestMs = Infinity
  if (pool === undefined) {
    if (idleConnectionTimeoutMs === Infinity) return soonestMs
    for (const { waiting, lastActiveMs } of state.sessions.values()) {
      if (waiting !== undefined) continue
      soonestMs = Math.min(soonestMs, lastActiveMs + idleConnectionTimeoutMs)
    }
    return soonestMs
  }
  for (const { lastActiveMs } of pool.idle) {
    soonestMs = Math.min(soonestMs, lastActiveMs + poolerBackendIdleMs)
  }
  for (const { waitsSinceMs } of pool.waiting) {
    soonestMs = Math.min(soonestMs, waitsSinceMs + poolerQueryWaitMs)
  }
  if (idleConnectionTimeoutMs !== Infinity) {
    for (const client of pool.clients.values()) {
      if (client.busy || pool.waiting.includes(client)) continue
      soonestMs = Math.min(soonestMs, client.lastActiveMs + idleConnectionTimeoutMs)
    }
  }
  return soonestMs
}
