/** What one server does with the requests of its clients. */

import { CONNECTION_RESET, ok, refused } from '../../kernel/index.ts'
import type { Connection, Outbox, RequestInput } from '../service.ts'
import { forget, hangUp, respond } from './deliver.ts'
import { heardOf, submit, submitRevalidate, submitSync } from './replicate.ts'
import type { Body, Change, Read } from './protocol.ts'
import type { ClientState, ZooKeeperState } from './state.ts'
import { isServing } from './state.ts'
import { childrenOf, statOf } from './tree.ts'
import { addWatch } from './watches.ts'

type Request = RequestInput<Body>

const NO_NODE = refused('NONODE')

const wait = (state: ZooKeeperState, request: Request): number => {
  const number = ++state.requests
  state.pending.set(number, request)
  return number
}

const connect = (state: ZooKeeperState, request: Request, nowMs: number, out: Outbox): void => {
  const { body, connection, origin } = request
  if (body.op !== 'connect') return
  // A server without a leader talks to nobody, and none takes a client back in time.
  if (!isServing(state) || body.lastZxid > state.tree.zxid) {
    out.reply(request, refused('CONNECTIONLOSS'))
    out.close(connection)
    return
  }
  const client: ClientState = {
    connection,
    session: 0,
    xid: body.xid,
    pushes: 0,
    read: 0,
    outstanding: 0,
    queue: [],
    line: undefined,
  }
  state.clients.set(connection, client)
  const number = wait(state, request)
  if (body.session !== 0) {
    submitRevalidate(state, body.session, number, nowMs, out)
    return
  }
  const { tickTimeMs } = state.options
  // minSessionTimeout and maxSessionTimeout (zookeeperAdmin.md).
  const timeoutMs = Math.min(Math.max(body.timeoutMs, 2 * tickTimeMs), 20 * tickTimeMs)
  const change: Change = { op: 'createSession', timeoutMs }
  submit(state, { change, session: 0, origin, server: state.index, request: number }, nowMs, out)
}

const read = (
  state: ZooKeeperState,
  client: ClientState,
  request: Request,
  body: Read,
  out: Outbox,
): void => {
  const { path, watch } = body
  client.read = request.body.xid
  const node = state.tree.nodes.get(path)
  const { data, child } = state.watches
  // Of a node that is not there only exists leaves a watch: it waits for the node to come.
  if (watch && (node !== undefined || body.op === 'exists')) {
    addWatch(body.op === 'getChildren' ? child : data, path, client.connection)
  }
  if (node === undefined) {
    respond(state, client, request, body.op === 'exists' ? ok(undefined) : NO_NODE, out)
    return
  }
  const value =
    body.op === 'exists'
      ? statOf(node)
      : body.op === 'getData'
        ? { data: node.data, stat: statOf(node) }
        : childrenOf(node)
  respond(state, client, request, ok(value), out)
}

const perform = (
  state: ZooKeeperState,
  client: ClientState,
  request: Request,
  nowMs: number,
  out: Outbox,
): void => {
  const { body, origin } = request
  switch (body.op) {
    case 'exists':
    case 'getData':
    case 'getChildren':
      read(state, client, request, body, out)
      return
    case 'sync':
      client.outstanding++
      submitSync(state, wait(state, request), out)
      return
    case 'create':
    case 'delete':
    case 'setData':
    case 'close': {
      client.outstanding++
      const change: Change = body.op === 'close' ? { op: 'closeSession', expired: false } : body
      const { session } = client
      const number = wait(state, request)
      submit(state, { change, session, origin, server: state.index, request: number }, nowMs, out)
      return
    }
    default:
      out.reply(request, refused('BADARGUMENTS'))
  }
}

/** Takes a request of a client. */
export const onRequest = (
  state: ZooKeeperState,
  request: Request,
  nowMs: number,
  out: Outbox,
): void => {
  const { body, connection } = request
  const client = state.clients.get(connection)
  if (client === undefined) {
    if (body.op === 'connect' && body.xid === 0) connect(state, request, nowMs, out)
    else out.reply(request, CONNECTION_RESET)
    return
  }
  if (body.xid !== client.xid + 1) {
    out.reply(request, CONNECTION_RESET)
    // TCP drops what comes twice; a gap means that the connection is broken.
    if (body.xid > client.xid) hangUp(state, client, out)
    return
  }
  client.xid = body.xid
  if (client.session !== 0) heardOf(state, client.session, nowMs)
  if (body.op === 'line') client.line = request
  else if (body.op === 'ping') respond(state, client, request, ok(undefined), out)
  else if (client.outstanding > 0) client.queue.push(request)
  else perform(state, client, request, nowMs, out)
}

/** Lets requests go on that waited behind a write of their session. */
export const goOn = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  for (let client = state.ready.shift(); client !== undefined; client = state.ready.shift()) {
    while (client.outstanding === 0) {
      const request = client.queue.shift()
      if (request === undefined) break
      perform(state, client, request, nowMs, out)
    }
  }
}

/** A client closed its connection, or died. The session lives on. */
export const onClosed = (state: ZooKeeperState, connection: Connection, out: Outbox): void => {
  const client = state.clients.get(connection)
  if (client !== undefined) forget(state, client, out)
}
