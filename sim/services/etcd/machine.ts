/** What an etcd server does with requests, with the commands of the log, and with leases while it leads. */

import type { Reply } from '../../kernel/index.ts'
import { ok, refused } from '../../kernel/index.ts'
import { answer, forward, propose, readLatest, submit } from '../raft/index.ts'
import type { Asked, Machine, Replica } from '../raft/index.ts'
import type { Outbox } from '../service.ts'
import type { KeySpace } from './keyspace.ts'
import { applyCommand, newKeySpace, rangeOf } from './keyspace.ts'
import type { Lessor } from './leases.ts'
import { arm, disarm, minTtlMs, newLessor, nextScanMs, renew, scan } from './leases.ts'
import type { Body, Command, LeaseAnswer, RangeAnswer } from './protocol.ts'
import type { Watchers } from './watchers.ts'
import { openWatch, publish } from './watchers.ts'

// An alias, because an interface is no Record<string, unknown>.
/** Settings of a member, with the defaults of `etcd --help`. */
export type EtcdOptions = {
  readonly heartbeatMs: number
  readonly electionTimeoutMs: number
}

/** All that one server knows. */
export interface EtcdData {
  readonly options: EtcdOptions
  readonly space: KeySpace
  readonly watchers: Watchers
  /** Only on the leader. */
  lessor: Lessor | undefined
  /** Keepalives of leases that have run out: answered once the lease is revoked. */
  readonly ending: Map<number, Asked<Body>[]>
}

/** One server. */
export type EtcdState = Replica<EtcdData, Body, Command>

type Request = Asked<Body>

const NO_LEADER = refused('etcdserver: no leader')
/** The request for the watch was lost: TCP would have sent it again, or ended the connection. */
const NO_WATCH = refused('no watch on this connection')

const gone = (id: number): Reply<LeaseAnswer> => ok({ id, ttlMs: 0 })

/** A keepalive is the leader's business, and never enters the log (v3_server.go LeaseRenew). */
const keepAlive = (
  { data }: EtcdState,
  request: Request,
  id: number,
  nowMs: number,
  out: Outbox,
): void => {
  const ttlMs = data.lessor === undefined ? undefined : renew(data.lessor, id, nowMs)
  if (ttlMs === undefined) answer(request, NO_LEADER, out)
  else if (ttlMs === 'gone') answer(request, gone(id), out)
  else if (ttlMs === 'ending') {
    const waiting = data.ending.get(id)
    if (waiting === undefined) data.ending.set(id, [request])
    else waiting.push(request)
  } else answer(request, ok<LeaseAnswer>({ id, ttlMs }), out)
}

const answerEnding = (
  { data }: EtcdState,
  id: number,
  reply: Reply<LeaseAnswer>,
  out: Outbox,
): void => {
  for (const request of data.ending.get(id) ?? []) answer(request, reply, out)
  data.ending.delete(id)
}

const range = ({ data }: EtcdState, request: Request, out: Outbox): void => {
  const { body } = request
  if (body.op !== 'range') return
  const { space } = data
  answer(request, ok<RangeAnswer>({ revision: space.revision, kvs: rangeOf(space, body) }), out)
}

const onRequest = (server: EtcdState, request: Request, nowMs: number, out: Outbox): void => {
  const { body } = request
  const { data } = server
  switch (body.op) {
    case 'range':
      if (body.serializable) range(server, request, out)
      else readLatest(server, request, nowMs, out)
      return
    case 'put':
    case 'delete':
    case 'txn':
      submit(server, request, body, out)
      return
    case 'lease-grant': {
      const { electionTimeoutMs } = data.options
      // TTLs are whole seconds in the protocol.
      const wishedMs = Math.ceil(body.ttlMs / 1_000) * 1_000
      const ttlMs = Math.max(wishedMs, minTtlMs(electionTimeoutMs))
      const { index, size } = server.raft
      const id = (server.requests + 1) * size + index
      submit(server, request, { op: 'lease-grant', id, ttlMs }, out)
      return
    }
    case 'lease-revoke':
      submit(server, request, { op: 'lease-revoke', id: body.id, expired: false }, out)
      return
    case 'lease-keepalive':
      // A leader first makes sure that it is still the one (#16822).
      if (server.leads > 0) readLatest(server, request, nowMs, out)
      else if (!forward(server, request, out)) answer(request, NO_LEADER, out)
      return
    case 'watch': {
      if (request.kind !== 'request') return
      openWatch(data.watchers, request.connection, body, data.space.events, out)
      return
    }
    case 'ping': {
      if (request.kind !== 'request') return
      const watcher = data.watchers.get(request.connection)
      answer(request, watcher === undefined ? NO_WATCH : ok(watcher.pushes), out)
    }
  }
}

/** The state machine that Raft replicates. */
export const machine: Machine<EtcdData, Body, Command> = {
  stream: 'election:etcd',

  times(options) {
    const { heartbeatMs, electionTimeoutMs } = options as EtcdOptions
    // CheckQuorum: a leader looks back one election timeout.
    return { heartbeatMs, electionTimeoutMs, quorumTimeoutMs: electionTimeoutMs }
  },

  create: ({ options }) => ({
    options: options as EtcdOptions,
    space: newKeySpace(),
    watchers: new Map(),
    lessor: undefined,
    ending: new Map(),
  }),

  request: onRequest,

  read(server, request, nowMs, out) {
    if (request.body.op === 'lease-keepalive') {
      keepAlive(server, request, request.body.id, nowMs, out)
    } else range(server, request, out)
  },

  apply(server, command, _index, origin, nowMs, out) {
    const { data } = server
    const { space, lessor } = data
    const known = space.events.length
    const reply = applyCommand(space, command, origin)
    if (space.events.length > known) {
      out.changed(causeOf(command), origin)
      if (data.watchers.size > 0) publish(data.watchers, space.events.slice(known), out)
    }
    if (reply.ok && command.op === 'lease-grant') {
      if (lessor !== undefined) arm(lessor, command.id, command.ttlMs, 0, nowMs)
    } else if (command.op === 'lease-revoke') {
      if (lessor !== undefined) disarm(lessor, command.id)
      answerEnding(server, command.id, gone(command.id), out)
    }
    return reply
  },

  elected({ data }, nowMs) {
    // It does not know when a lease was last kept alive: each gets its full time again, and one election
    // timeout more (Promote). Checkpoints are only made of leases longer than five minutes.
    const lessor = newLessor(nowMs)
    data.lessor = lessor
    const { electionTimeoutMs } = data.options
    for (const [id, { ttlMs }] of data.space.leases) {
      arm(lessor, id, ttlMs, electionTimeoutMs, nowMs)
    }
  },

  deposed(server, _nowMs, out) {
    server.data.lessor = undefined
    for (const id of [...server.data.ending.keys()]) answerEnding(server, id, NO_LEADER, out)
  },

  closed({ data }, connection) {
    data.watchers.delete(connection)
  },

  crashed(data) {
    data.watchers.clear()
    data.lessor = undefined
    data.ending.clear()
  },

  tick(server, nowMs, out) {
    const { lessor } = server.data
    if (lessor === undefined || nowMs < nextScanMs(lessor)) return
    for (const id of scan(lessor, nowMs)) {
      propose(server, { op: 'lease-revoke', id, expired: true }, undefined, out)
    }
  },

  wakeAtMs: ({ data }) => (data.lessor === undefined ? Infinity : nextScanMs(data.lessor)),
}

const causeOf = (command: Command) => {
  if (command.op !== 'lease-revoke') return 'request'
  return command.expired ? 'expired' : 'session-ended'
}
