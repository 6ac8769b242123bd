/** The key space: every read and every change of a key goes through here. */

import type { Origin } from '../../kernel/trace.ts'
import type { Outbox } from '../service.ts'
import { journal } from './persistence.ts'
import type { Entry, RedisState, Value } from './state.ts'

/** Whether this server decides about expiry: replicas wait for their master (docs/management/replication.md). */
export const isMaster = (state: RedisState): boolean =>
  state.replication === undefined || state.replication.role === 'master'

/**
 * The entry of a key, or undefined. Expired means that now is past the stamp (db.c keyIsExpired), so
 * `PX n` blocks others for n + 1 whole ms. On a master nothing expired is left by now; a replica hides
 * what is over by its own clock without deleting it.
 */
export const lookUp = (state: RedisState, key: string): Entry | undefined => {
  const entry = state.keys.get(key)
  return entry === undefined || entry.expiresAtMs < state.nowMs ? undefined : entry
}

/** Changes memory only: the common part of a write and of what arrives from a master. */
export const assign = (state: RedisState, key: string, entry: Entry | undefined): void => {
  const old = state.keys.get(key)
  if (old !== undefined && old.expiresAtMs === state.firstExpiryMs && old.expiresAtMs < Infinity) {
    state.firstExpiryMs = NaN
  }
  if (entry === undefined) {
    state.keys.delete(key)
  } else {
    state.keys.set(key, entry)
    if (entry.expiresAtMs < state.firstExpiryMs) state.firstExpiryMs = entry.expiresAtMs
  }
  state.changes++
  if (state.options.persistence !== 'none') journal(state, key, entry)
}

/**
 * Writes a key, or removes it, on a master. What goes to the journal and to the replicas is the
 * absolute effect: NX is stripped and PX has become an instant of this server's clock (t_string.c).
 */
export const write = (state: RedisState, key: string, entry: Entry | undefined): void => {
  assign(state, key, entry)
  const { replication } = state
  if (replication !== undefined) {
    replication.offset++
    replication.backlog.push({ key, entry })
  }
}

/** Writes a new value for `origin`. */
export const store = (
  state: RedisState,
  key: string,
  value: Value,
  expiresAtMs: number,
  origin: Origin,
  origins?: readonly Origin[],
): void => {
  write(
    state,
    key,
    origins === undefined
      ? { value, expiresAtMs, origin }
      : { value, expiresAtMs, origin, origins },
  )
}

/** The smallest stamp of all keys. */
export const firstExpiryMs = (state: RedisState): number => {
  // NaN is the only number that differs from itself.
  if (state.firstExpiryMs !== state.firstExpiryMs) {
    state.firstExpiryMs = state.keys.firstExpiryMs()
  }
  return state.firstExpiryMs
}

/**
 * Deletes what has expired on a master. Redis does it lazily at each access and actively ten times a
 * second (expire.c); here it happens at every input and at the very first instant past the stamp.
 * Locks cannot tell the difference, with one exception: a clock that jumps ahead and back again while
 * nobody looks lets a real key survive for up to 0.1 s of the jump; here it is deleted at once.
 */
export const expire = (state: RedisState, out: Outbox): void => {
  if (!(firstExpiryMs(state) < state.nowMs) || !isMaster(state)) return
  for (const [key, entry] of state.keys.all()) {
    if (entry.expiresAtMs < state.nowMs) write(state, key, undefined)
  }
  out.changed('expired')
}
