/** How committed commands change a CP member's sessions and locks, and which waiting calls they answer. */

import type { Origin, Reply } from '../../kernel/index.ts'
import { ok, refused } from '../../kernel/reply.ts'
import { answer } from '../raft/index.ts'
import type { Outbox } from '../service.ts'
import type { LockKey } from './lock.ts'
import { INVALID_FENCE, NOT_OWNER, SESSION_EXPIRED, WAIT_CANCELLED } from './requests.ts'
import type { HazelcastCommand, SessionResponse } from './requests.ts'
import { lockOf } from './state.ts'
import type { CpSession, HazelcastData, HazelcastReplica } from './state.ts'

const EXPIRED = refused(SESSION_EXPIRED)
const CANCELLED = refused(WAIT_CANCELLED)

/** Where and when a command is applied. */
interface Applying {
  readonly replica: HazelcastReplica
  readonly index: number
  readonly origin: Origin | undefined
  readonly nowMs: number
  readonly out: Outbox
}

/** Answers calls that waited here. */
const answerWaiting = (
  { waiting }: HazelcastData,
  keys: readonly LockKey[],
  replyTo: (key: LockKey) => Reply<unknown>,
  out: Outbox,
): void => {
  for (const key of keys) {
    const calls = waiting.get(key.uid)
    if (calls === undefined) continue
    waiting.delete(key.uid)
    for (const call of calls) answer(call, replyTo(key), out)
  }
}

const grant = ({ replica, out }: Applying, keys: readonly LockKey[]): void =>
  answerWaiting(replica.data, keys, ({ fence }) => ok(fence), out)

const heartbeat = (data: HazelcastData, session: CpSession): void => {
  session.version++
  session.expiresAtMs = Math.max(session.expiresAtMs, data.wallMs() + data.options.sessionTtlMs)
}

const closeSessions = (
  applying: Applying,
  ids: readonly number[],
  cause: 'expired' | 'session-ended',
): void => {
  const { replica, origin, out } = applying
  const { data } = replica
  for (const id of ids) data.sessions.delete(id)
  for (const lock of data.locks.values()) {
    const { answer: wasOwner, granted, cancelled } = lock.closeSessions(ids)
    answerWaiting(data, cancelled, () => EXPIRED, out)
    grant(applying, granted)
    if (wasOwner || cancelled.length > 0) out.changed(cause, origin)
  }
}

const acquire = (
  applying: Applying,
  command: Extract<HazelcastCommand, { readonly op: 'lock' }>,
): Reply<unknown> | undefined => {
  const { replica, index, origin, nowMs, out } = applying
  const { data } = replica
  if (origin === undefined || !data.sessions.has(command.session)) return EXPIRED
  const { lock: name, session, thread, uid, waitMs } = command
  const lock = lockOf(data, name)
  const untilMs = waitMs < 0 ? Infinity : nowMs + waitMs
  const key: LockKey = { lock: name, session, thread, uid, fence: index, origin, untilMs }
  const before = lock.owner
  const { answer: acquired, cancelled } = lock.acquire(key, waitMs !== 0)
  answerWaiting(data, cancelled, () => CANCELLED, out)
  if (lock.owner !== before || acquired === 'queued' || cancelled.length > 0) {
    out.changed('request', origin)
  }
  return acquired === 'queued' ? undefined : ok(acquired)
}

const release = (
  applying: Applying,
  command: Extract<HazelcastCommand, { readonly op: 'unlock' }>,
): Reply<unknown> => {
  const { replica, origin, out } = applying
  const { data } = replica
  if (!data.sessions.has(command.session)) return EXPIRED
  const lock = lockOf(data, command.lock)
  const before = lock.owner
  const { answer: isStillHeld, granted, cancelled } = lock.release(command)
  answerWaiting(data, cancelled, () => CANCELLED, out)
  grant(applying, granted)
  if (lock.owner !== before || cancelled.length > 0) out.changed('request', origin)
  return isStillHeld === undefined ? refused(NOT_OWNER) : ok(isStillHeld)
}

/** Applies one command; undefined for a call that waits in the queue. */
export const applyCommand = (
  command: HazelcastCommand,
  applying: Applying,
): Reply<unknown> | undefined => {
  const { replica, out } = applying
  const { data } = replica
  switch (command.op) {
    case 'create-session': {
      const id = ++data.lastSession
      const { sessionTtlMs: ttlMs, sessionHeartbeatMs: heartbeatMs } = data.options
      data.sessions.set(id, { id, version: 0, expiresAtMs: data.wallMs() + ttlMs })
      const response: SessionResponse = { session: id, ttlMs, heartbeatMs }
      return ok(response)
    }
    case 'heartbeat': {
      const session = data.sessions.get(command.session)
      if (session === undefined) return EXPIRED
      heartbeat(data, session)
      return ok(true)
    }
    case 'close-session':
      if (!data.sessions.has(command.session)) return ok(false)
      closeSessions(applying, [command.session], 'session-ended')
      return ok(true)
    case 'expire-sessions': {
      // A heartbeat that came between keeps its session.
      const over = command.sessions.filter(
        ({ id, version }) => data.sessions.get(id)?.version === version,
      )
      for (const { id } of command.sessions) data.ending.delete(id)
      closeSessions(
        applying,
        over.map(({ id }) => id),
        'expired',
      )
      return ok(true)
    }
    case 'lock':
      return acquire(applying, command)
    case 'unlock':
      return release(applying, command)
    case 'expire-waits': {
      const expired = lockOf(data, command.lock).expireWaits(command.uids)
      for (const uid of command.uids) data.ending.delete(uid)
      answerWaiting(data, expired, () => ok(INVALID_FENCE), out)
      if (expired.length > 0) out.changed('expired')
      return ok(true)
    }
  }
}
