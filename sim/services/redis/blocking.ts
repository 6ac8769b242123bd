/** Commands that wait inside the server: BLPOP and WAIT. */

import { ok } from '../../kernel/reply.ts'
import type { Outbox, RequestInput } from '../service.ts'
import { lookUp } from './keys.ts'
import { lpop } from './lists.ts'
import { NIL, UNBLOCKED, WRONG_TYPE } from './refusals.ts'
import { acknowledgedBy } from './replication.ts'
import type { BlpopRequest, Popped, RedisRequest, WaitRequest } from './requests.ts'
import type { Blocked, RedisState } from './state.ts'

const deadlineOf = (state: RedisState, timeoutMs: number): number =>
  timeoutMs === 0 ? Infinity : state.clockMs + timeoutMs

/** BLPOP: takes from the first list that is not empty, in the order of the arguments, or blocks. */
export const blpop = (
  state: RedisState,
  request: RequestInput<RedisRequest>,
  body: BlpopRequest,
  out: Outbox,
): void => {
  for (const key of body.keys) {
    if (lookUp(state, key) === undefined) continue
    const reply = lpop(state, key, request.origin)
    out.reply(
      request,
      reply.ok ? ok({ key, element: reply.value ?? '' } satisfies Popped) : WRONG_TYPE,
    )
    return
  }
  const deadlineMs = deadlineOf(state, body.timeoutMs)
  state.blocked.push({ request, body, deadlineMs, deferred: [] })
}

/** WAIT: how many replicas have the calling connection's last write, once they are enough or time is up. */
export const wait = (
  state: RedisState,
  request: RequestInput<RedisRequest>,
  body: WaitRequest,
  out: Outbox,
): void => {
  const { replication } = state
  const offset = replication?.lastWrite.get(request.connection) ?? 0
  const replicas = acknowledgedBy(state, offset)
  if (replicas >= body.replicas) {
    out.reply(request, ok(replicas))
    return
  }
  if (replication !== undefined) replication.wantsAcknowledgement = true
  const deadlineMs = deadlineOf(state, body.timeoutMs)
  state.blocked.push({ request, body, deadlineMs, deferred: [], offset })
}

/** Takes a client out of the queue and gives back what it sent while it was blocked. */
const unblock = (state: RedisState, blocked: Blocked): readonly RequestInput<RedisRequest>[] => {
  state.blocked.splice(state.blocked.indexOf(blocked), 1)
  return blocked.deferred
}

/**
 * Serves the clients that wait for lists which have got elements, the longest waiting first. The element
 * is gone from the list before the reply is written (blocked.c): who dies now takes it along.
 */
export const serveReady = (
  state: RedisState,
  out: Outbox,
  resumed: RequestInput<RedisRequest>[],
): void => {
  for (let key = state.ready.shift(); key !== undefined; key = state.ready.shift()) {
    for (const blocked of [...state.blocked]) {
      if (blocked.body.op !== 'blpop' || !blocked.body.keys.includes(key)) continue
      if (lookUp(state, key) === undefined) break
      const { request } = blocked
      const reply = lpop(state, key, request.origin)
      if (!reply.ok || reply.value === null) break
      out.reply(request, ok({ key, element: reply.value } satisfies Popped))
      out.changed('request', request.origin)
      resumed.push(...unblock(state, blocked))
    }
  }
}

/** Answers each WAIT that has enough acknowledgements by now. */
export const serveWaits = (
  state: RedisState,
  out: Outbox,
  resumed: RequestInput<RedisRequest>[],
): void => {
  for (const blocked of [...state.blocked]) {
    if (!('offset' in blocked)) continue
    const replicas = acknowledgedBy(state, blocked.offset)
    if (replicas < blocked.body.replicas) continue
    out.reply(blocked.request, ok(replicas))
    resumed.push(...unblock(state, blocked))
  }
}

/** Answers those whose patience is over: null for BLPOP, the count so far for WAIT. */
export const serveOverdue = (
  state: RedisState,
  out: Outbox,
  resumed: RequestInput<RedisRequest>[],
): void => {
  for (const blocked of [...state.blocked]) {
    if (blocked.deadlineMs > state.clockMs) continue
    const answer = 'offset' in blocked ? ok(acknowledgedBy(state, blocked.offset)) : NIL
    out.reply(blocked.request, answer)
    out.changed('expired')
    resumed.push(...unblock(state, blocked))
  }
}

/** A server that becomes a replica sends its blocked clients away (blocked.c, disconnectAllBlockedClients). */
export const unblockAll = (
  state: RedisState,
  out: Outbox,
  resumed: RequestInput<RedisRequest>[],
): void => {
  for (const blocked of state.blocked) {
    out.reply(blocked.request, UNBLOCKED)
    resumed.push(...blocked.deferred)
  }
  state.blocked = []
}
