/** Applies committed lines of the log on one server, and tells its clients. */

import type { Reply } from '../../kernel/index.ts'
import { CONNECTION_RESET, ok } from '../../kernel/index.ts'
import type { Connection, Outbox, RequestInput } from '../service.ts'
import type { Answer, Body, Entry, Push, WatchType } from './protocol.ts'
import { EVENTS } from './protocol.ts'
import type { ClientState, ZooKeeperState } from './state.ts'
import { applyEntry } from './tree.ts'
import { dropWatches, fireWatches, resetWatches } from './watches.ts'

/** Answers a request of a client, behind the watch events that were sent to it before. */
export const respond = (
  state: ZooKeeperState,
  client: ClientState,
  request: RequestInput<Body>,
  result: Reply<unknown>,
  out: Outbox,
): void => {
  out.reply(
    request,
    ok<Answer>({
      zxid: state.tree.zxid,
      pushes: client.pushes,
      code: result.ok ? undefined : result.code,
      value: result.ok ? result.value : undefined,
    }),
  )
}

const push = (client: ClientState, type: WatchType, path: string, out: Outbox): void => {
  const event: Push = { number: ++client.pushes, after: client.read, type, path }
  out.push(client.connection, EVENTS, event)
}

/** Forgets a connection: it ended, or this server ends it. */
export const forget = (state: ZooKeeperState, client: ClientState, out: Outbox): void => {
  const { connection, session, line } = client
  state.clients.delete(connection)
  if (state.sessions.get(session) === client) state.sessions.delete(session)
  dropWatches(state.watches, connection)
  for (const request of client.queue) out.reply(request, CONNECTION_RESET)
  client.queue.length = 0
  if (line !== undefined) out.reply(line, CONNECTION_RESET)
}

/** Ends a connection from this side. */
export const hangUp = (state: ZooKeeperState, client: ClientState, out: Outbox): void => {
  out.close(client.connection)
  forget(state, client, out)
}

/** Answers a connect request: the session is attached to this connection, or (0) it is over. */
export const attach = (
  state: ZooKeeperState,
  client: ClientState,
  request: RequestInput<Body>,
  session: number,
  timeoutMs: number,
  out: Outbox,
): void => {
  const { body } = request
  if (session !== 0) {
    const before = state.sessions.get(session)
    if (before !== undefined && before !== client) hangUp(state, before, out)
    client.session = session
    state.sessions.set(session, client)
  }
  respond(state, client, request, ok({ session, timeoutMs }), out)
  if (session === 0) hangUp(state, client, out)
  else if (body.op === 'connect' && body.watches !== undefined) {
    const fired = (type: WatchType, path: string): void => push(client, type, path, out)
    resetWatches(state.watches, state.tree, client.connection, body.watches, body.lastZxid, fired)
  }
}

/** Takes out a request that waited for the ensemble, and whose connection is still there. */
export const takePending = (
  state: ZooKeeperState,
  number: number,
  out: Outbox,
): { readonly request: RequestInput<Body>; readonly client: ClientState } | undefined => {
  const request = state.pending.get(number)
  if (request === undefined) return undefined
  state.pending.delete(number)
  const client = state.clients.get(request.connection)
  if (client === undefined) {
    out.reply(request, CONNECTION_RESET)
    return undefined
  }
  return { request, client }
}

/** Lets the requests go on that waited behind one which is done. */
const settle = (state: ZooKeeperState, client: ClientState): void => {
  client.outstanding--
  if (client.queue.length > 0) state.ready.push(client)
}

const answerSyncs = (state: ZooKeeperState, out: Outbox): void => {
  const due = state.syncs.filter((wait) => wait.length <= state.committed)
  if (due.length === 0) return
  state.syncs = state.syncs.filter((wait) => wait.length > state.committed)
  for (const { request } of due) {
    const waiting = takePending(state, request, out)
    if (waiting === undefined) continue
    respond(state, waiting.client, waiting.request, ok(undefined), out)
    settle(state, waiting.client)
  }
}

/** Answers a sync as soon as this server has applied `length` lines. */
export const syncAt = (
  state: ZooKeeperState,
  request: number,
  length: number,
  out: Outbox,
): void => {
  state.syncs.push({ request, length })
  answerSyncs(state, out)
}

const deliver = (state: ZooKeeperState, entry: Entry, out: Outbox): void => {
  const { command } = entry
  const { change } = command
  const tell = (type: WatchType, path: string): void => {
    const watchers: Iterable<Connection> | undefined = fireWatches(state.watches, type, path)
    if (watchers === undefined) return
    for (const connection of watchers) {
      const client = state.clients.get(connection)
      if (client !== undefined) push(client, type, path, out)
    }
  }
  const result = applyEntry(state.tree, entry, tell)
  if (result.ok) {
    if (change.op === 'create' || change.op === 'delete') out.changed('request', command.origin)
    else if (change.op === 'closeSession') {
      if (change.expired) out.changed('expired')
      else out.changed('session-ended', command.origin)
    }
  }
  if (command.server === state.index) {
    const waiting = takePending(state, command.request, out)
    if (waiting !== undefined) {
      const { request, client } = waiting
      if (change.op === 'createSession') {
        attach(state, client, request, result.ok ? entry.zxid : 0, change.timeoutMs, out)
      } else if (change.op === 'fail') {
        // Or a late connect request would keep the client from its session for ever (ZOOKEEPER-710).
        hangUp(state, client, out)
        out.reply(request, CONNECTION_RESET)
      } else {
        respond(state, client, request, result, out)
        settle(state, client)
      }
    }
  }
  if (change.op === 'closeSession') {
    const client = state.sessions.get(command.session)
    if (client !== undefined) hangUp(state, client, out)
  }
}

/** Applies the log up to line `committed`. */
export const commitTo = (state: ZooKeeperState, committed: number, out: Outbox): void => {
  const end = Math.min(committed, state.log.length)
  while (state.committed < end) {
    const entry = state.log[state.committed++] as Entry
    deliver(state, entry, out)
  }
  if (state.syncs.length > 0) answerSyncs(state, out)
}

/** Ends all client connections, as a server does that has lost its leader or its majority. */
export const hangUpAll = (state: ZooKeeperState, out: Outbox): void => {
  for (const client of [...state.clients.values()]) hangUp(state, client, out)
  state.pending.clear()
  state.syncs = []
  state.ready.length = 0
}

/** Memory is gone. */
export const loseMemory = (state: ZooKeeperState): void => {
  state.clients.clear()
  state.sessions.clear()
  state.watches.data.clear()
  state.watches.child.clear()
  state.pending.clear()
  state.syncs = []
  state.ready.length = 0
}
