/** How committed commands change a Consul server's data: sessions, keys, and the locks that tie them together. */

// agent/consul/state/session.go and kvs.go.

import type { Origin, Reply, RevokeCause } from '../../kernel/index.ts'
import { ok, refused } from '../../kernel/reply.ts'
import type { Outbox } from '../service.ts'
import type { ConsulCommand } from './requests.ts'
import type { ConsulData, ConsulReplica, Entry, Session } from './state.ts'
import { watchAgent } from './gossip.ts'
import { wakeWatchers } from './reads.ts'

/** No lock-delay is longer. */
const LOCK_DELAY_MS_MAX = 60_000
/** The leader's timer runs for this many TTLs. */
const TTL_MULTIPLIER = 2

/** (Re)starts the leader's timer of a session. */
export const startTimer = (data: ConsulData, { id, ttlMs }: Session, nowMs: number): void => {
  if (ttlMs > 0) data.timers.set(id, nowMs + TTL_MULTIPLIER * ttlMs)
}

/** Where and when a command is applied. */
interface Applying {
  readonly replica: ConsulReplica
  readonly index: number
  readonly origin: Origin | undefined
  readonly nowMs: number
  readonly out: Outbox
}

const setKey = ({ replica, index, out }: Applying, key: string, entry: Entry): void => {
  const { data } = replica
  data.keys.set(key, entry)
  data.index = index
  wakeWatchers(data, key, out)
}

const removeKey = ({ replica, index, out }: Applying, key: string): void => {
  const { data } = replica
  data.keys.delete(key)
  data.index = index
  wakeWatchers(data, key, out)
}

/** Ends a session and gives its keys back, which nobody then gets for the time of its lock-delay. */
const invalidate = (applying: Applying, session: Session, cause: RevokeCause): void => {
  const { replica, index, nowMs, out, origin } = applying
  const { data } = replica
  const { id, behaviour } = session
  data.sessions.delete(id)
  data.timers.delete(id)
  data.ending.delete(id)
  const delayMs = Math.min(session.lockDelayMs, LOCK_DELAY_MS_MAX)
  for (const [key, entry] of data.keys) {
    if (entry.session !== id) continue
    if (behaviour === 'delete') removeKey(applying, key)
    else setKey(applying, key, { ...entry, session: '', origin: undefined, modifyIndex: index })
    data.loggedDelays.set(key, delayMs)
    // Every server notes it when it applies the command, by its own clock; only the leader's opinion counts.
    if (delayMs > 0) data.delays.set(key, nowMs + delayMs)
    out.changed(cause, origin)
  }
}

const acquire = (
  applying: Applying,
  { key, value, session }: Extract<ConsulCommand, { readonly op: 'acquire' }>,
): Reply<boolean> => {
  const { replica, index, origin, out } = applying
  const { data } = replica
  if (!data.sessions.has(session)) return refused(`invalid session "${session}"`)
  const found = data.keys.get(key)
  if (found !== undefined && found.session !== '' && found.session !== session) return ok(false)
  const isHeld = found?.session === session
  setKey(applying, key, {
    value,
    session,
    lockIndex: isHeld ? found.lockIndex : (found?.lockIndex ?? 0) + 1,
    modifyIndex: index,
    origin: isHeld ? found.origin : origin,
  })
  if (!isHeld) out.changed('request', origin)
  return ok(true)
}

const release = (
  applying: Applying,
  { key, value, session }: Extract<ConsulCommand, { readonly op: 'release' }>,
): Reply<boolean> => {
  const { replica, index, origin, out } = applying
  const found = replica.data.keys.get(key)
  if (found?.session !== session) return ok(false)
  setKey(applying, key, { ...found, value, session: '', modifyIndex: index, origin: undefined })
  out.changed('request', origin)
  return ok(true)
}

const setHealth = (applying: Applying, node: string, alive: boolean): void => {
  const { data } = applying.replica
  const agent = data.agents.get(node)
  if (agent !== undefined) agent.told = false
  if (alive) {
    data.failed.delete(node)
    return
  }
  data.failed.add(node)
  for (const session of [...data.sessions.values()]) {
    if (session.node === node) invalidate(applying, session, 'session-ended')
  }
}

/** Applies one command. */
export const applyCommand = (command: ConsulCommand, applying: Applying): Reply<unknown> => {
  const { replica, index, origin, nowMs, out } = applying
  const { data } = replica
  switch (command.op) {
    case 'session-create': {
      const { node, options } = command
      if (data.failed.has(node)) return refused("Check 'serfHealth' is in critical state")
      const session: Session = { ...options, id: `session-${index}`, node }
      data.sessions.set(session.id, session)
      if (replica.leads > 0) {
        startTimer(data, session, nowMs)
        watchAgent(data, node, nowMs)
      }
      return ok(session.id)
    }
    case 'session-destroy': {
      const session = data.sessions.get(command.session)
      const cause = origin === undefined ? 'expired' : 'request'
      if (session !== undefined) invalidate(applying, session, cause)
      return ok(true)
    }
    case 'acquire':
      return acquire(applying, command)
    case 'release':
      return release(applying, command)
    case 'put': {
      // Locks are advisory: a plain write goes through, and leaves the lock to whoever has it.
      const { key, value } = command
      const { session = '', lockIndex = 0, origin: holder } = data.keys.get(key) ?? {}
      setKey(applying, key, { value, session, lockIndex, modifyIndex: index, origin: holder })
      return ok(true)
    }
    case 'delete':
      if (data.keys.has(command.key)) {
        removeKey(applying, command.key)
        out.changed('request', origin)
      }
      return ok(true)
    case 'health':
      setHealth(applying, command.node, command.alive)
      return ok(true)
  }
}
