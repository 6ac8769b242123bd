/** The three ways of a client's request through a Raft group: into the log, to a fresh read, or to the leader as it is. */

import type { Origin, Reply } from '../../kernel/index.ts'
import type { Outbox } from '../service.ts'
import type { Asked, Proposal, Replica } from './machine.ts'
import { appendItem, broadcast, confirmedAppend } from './replication.ts'
import { leaderOf } from './state.ts'

/** After which a read that has heard nothing asks again (etcd's readIndexRetryTime). */
const READ_RETRY_MS = 500

/** Answers a request, through the server that it came in at. */
export const answer = <Body>(request: Asked<Body>, reply: Reply<unknown>, out: Outbox): void => {
  if (request.kind === 'request') out.reply(request, reply)
  else out.peer(request.server, { op: 'forwarded', number: request.number, reply })
}

const putAside = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  request: Asked<Body>,
): number => {
  const number = ++replica.requests
  replica.pending.set(number, request)
  return number
}

/** Takes out a request that waited; undefined if it was answered or this server has died since. */
export const takePending = <Data, Body, Command>(
  { pending }: Replica<Data, Body, Command>,
  number: number,
): Asked<Body> | undefined => {
  const request = pending.get(number)
  pending.delete(number)
  return request
}

/** Brings a proposal to the leader, or keeps it until there is one. */
export const pass = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  proposal: Proposal<Command>,
  out: Outbox,
): void => {
  const { raft } = replica
  if (raft.mode.role === 'leading') {
    appendItem(raft, raft.mode, proposal, out)
    return
  }
  const leader = leaderOf(raft)
  if (leader < 0) replica.homeless.push(proposal)
  else out.peer(leader, { op: 'propose', proposal })
}

/** Puts a command into the log; the request is answered with what the machine makes of it here. */
export const submit = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  request: Asked<Body>,
  command: Command,
  out: Outbox,
): void => {
  const number = putAside(replica, request)
  pass(replica, { command, origin: request.origin, server: replica.raft.index, number }, out)
}

/** The leader puts a command of its own into the log (a lease has run out); nobody else can. */
export const propose = <Data, Body, Command>(
  { raft }: Replica<Data, Body, Command>,
  command: Command,
  origin: Origin | undefined,
  out: Outbox,
): void => {
  if (raft.mode.role !== 'leading') return
  appendItem(raft, raft.mode, { command, origin, server: -1, number: 0 }, out)
}

/** Has a request done by the leader. False if this server knows of none, or is it. */
export const forward = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  request: Asked<Body>,
  out: Outbox,
): boolean => {
  const leader = leaderOf(replica.raft)
  if (leader < 0 || leader === replica.raft.index) return false
  const number = putAside(replica, request)
  out.peer(leader, { op: 'forward', number, body: request.body, origin: request.origin })
  return true
}

/** Answers everything that waits here, e.g. with "nobody knows" when the leader is deposed. */
export const abandon = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  reply: Reply<unknown>,
  out: Outbox,
): void => {
  const waiting = [...replica.pending.values()]
  replica.pending.clear()
  replica.reads = []
  replica.homeless = []
  for (const request of waiting) answer(request, reply, out)
}

/** Serves a read by what is committed now: `read` of the machine is called when this server knows it. */
export const readLatest = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  request: Asked<Body>,
  nowMs: number,
  out: Outbox,
): void => {
  const number = putAside(replica, request)
  replica.reads.push({ number, index: -1, askAgainMs: nowMs + READ_RETRY_MS })
  askIndex(replica, number, out)
}

const askIndex = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  number: number,
  out: Outbox,
): void => {
  const { raft } = replica
  const leader = leaderOf(raft)
  if (leader === raft.index) confirmIndex(replica, raft.index, number, out)
  else if (leader >= 0) out.peer(leader, { op: 'read-index', number })
}

/** The leader asks a majority whether it still leads, for a read of one of the servers. */
export const confirmIndex = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  server: number,
  number: number,
  out: Outbox,
): void => {
  const { raft, leads } = replica
  // Until it has committed a line of its own it does not know what is committed; the reader asks again.
  if (raft.mode.role !== 'leading' || leads !== raft.term) return
  const append = raft.mode.sent + 1
  replica.unconfirmed.push({ server, number, index: raft.committed, append })
  broadcast(raft, raft.mode, out)
}

/** Lets reads go on whose leader is confirmed. */
export const settleConfirmed = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  out: Outbox,
): void => {
  const { raft, unconfirmed } = replica
  if (raft.mode.role !== 'leading') {
    replica.unconfirmed = []
    return
  }
  const confirmed = confirmedAppend(raft.mode)
  replica.unconfirmed = unconfirmed.filter(({ append }) => append > confirmed)
  for (const { server, number, index, append } of unconfirmed) {
    if (append > confirmed) continue
    if (server === raft.index) setReadable(replica, number, index)
    else out.peer(server, { op: 'readable', number, index })
  }
}

/** The leader has said which line a read must see. */
export const setReadable = <Data, Body, Command>(
  { reads }: Replica<Data, Body, Command>,
  number: number,
  index: number,
): void => {
  for (const read of reads) if (read.number === number && read.index < 0) read.index = index
}

/** Answers reads whose line is applied. */
export const serveReads = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  nowMs: number,
  out: Outbox,
): void => {
  const { applied, machine } = replica
  const due = replica.reads.filter(({ index }) => index >= 0 && index <= applied)
  if (due.length === 0) return
  replica.reads = replica.reads.filter(({ index }) => index < 0 || index > applied)
  for (const { number } of due) {
    const request = takePending(replica, number)
    if (request !== undefined) machine.read?.(replica, request, nowMs, out)
  }
}

/** Asks again for reads that have heard nothing. */
export const retryReads = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  nowMs: number,
  out: Outbox,
): void => {
  for (const read of replica.reads) {
    if (read.index >= 0 || nowMs < read.askAgainMs) continue
    read.askAgainMs = nowMs + READ_RETRY_MS
    askIndex(replica, read.number, out)
  }
}

/** When `retryReads` has something to do next. */
export const nextRetryMs = <Data, Body, Command>({
  reads,
}: Replica<Data, Body, Command>): number => {
  let nextMs = Infinity
  for (const { index, askAgainMs } of reads) if (index < 0) nextMs = Math.min(nextMs, askAgainMs)
  return nextMs
}
