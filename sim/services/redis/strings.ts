/** Commands on strings and on keys of any kind. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { lookUp, store, write } from './keys.ts'
import {
  INVALID_SET_EXPIRE,
  NIL,
  NO,
  NOT_AN_INTEGER,
  OK,
  ONE,
  SYNTAX_ERROR,
  WRONG_TYPE,
  YES,
  ZERO,
} from './refusals.ts'
import type { ExpireRequest, GetSetRequest, PexpireRequest, SetRequest } from './requests.ts'
import type { RedisState } from './state.ts'

/** The stamp that a SET asks for: absolute ms, Infinity for none, or the refusal that it deserves. */
const stampOf = (state: RedisState, request: SetRequest): number | Reply<never> => {
  const { pxMs, exSeconds, pxAtMs, keepTtl } = request
  const given = pxMs ?? exSeconds ?? pxAtMs
  if (given === undefined) {
    return keepTtl === true ? (lookUp(state, request.key)?.expiresAtMs ?? Infinity) : Infinity
  }
  const isAmbiguous =
    (pxMs !== undefined && (exSeconds !== undefined || pxAtMs !== undefined)) ||
    (exSeconds !== undefined && pxAtMs !== undefined)
  if (isAmbiguous || keepTtl === true) return SYNTAX_ERROR
  if (!Number.isSafeInteger(given)) return NOT_AN_INTEGER
  if (given <= 0) return INVALID_SET_EXPIRE
  if (pxMs !== undefined) return state.nowMs + pxMs
  return exSeconds === undefined ? given : state.nowMs + exSeconds * 1_000
}

/** SET with all its options (commands/set.md). */
export const set = (
  state: RedisState,
  request: SetRequest,
  origin: Origin,
): Reply<string | boolean | null> => {
  const stampMs = stampOf(state, request)
  if (typeof stampMs !== 'number') return stampMs
  const { key, condition, get } = request
  const old = lookUp(state, key)
  if (get === true && old !== undefined && typeof old.value !== 'string') return WRONG_TYPE
  const stores = condition === undefined || (condition === 'NX') === (old === undefined)
  if (stores) {
    if (stampMs < state.nowMs) {
      if (old !== undefined) write(state, key, undefined)
    } else {
      store(state, key, request.value, stampMs, origin)
    }
  }
  if (request.asBoolean === true) return stores ? YES : NO
  if (get === true) return old === undefined ? NIL : ok(old.value as string)
  return stores ? OK : NIL
}

/** SETNX (commands/setnx.md): stores only where there is nothing, without time to live. */
export const setnx = (
  state: RedisState,
  key: string,
  value: string,
  origin: Origin,
): Reply<boolean> => {
  if (lookUp(state, key) !== undefined) return NO
  store(state, key, value, Infinity, origin)
  return YES
}

/** GET. */
export const get = (state: RedisState, key: string): Reply<string | null> => {
  const entry = lookUp(state, key)
  if (entry === undefined) return NIL
  return typeof entry.value === 'string' ? ok(entry.value) : WRONG_TYPE
}

/** Whether a key holds this text: what a script compares that has called GET. */
export const holds = (state: RedisState, key: string, text: string): Reply<boolean> => {
  const entry = lookUp(state, key)
  if (entry === undefined) return NO
  if (typeof entry.value !== 'string') return WRONG_TYPE
  return entry.value === text ? YES : NO
}

/** For the judges: whether the caller of GETSET takes itself for the owner, given what was there. */
const takesOver = ({ ownedIf, ownedIfBelow }: GetSetRequest, old: string): boolean =>
  ownedIfBelow === undefined ? ownedIf === undefined || ownedIf === old : Number(old) < ownedIfBelow

/** GETSET. */
export const getset = (
  state: RedisState,
  request: GetSetRequest,
  origin: Origin,
): Reply<string | null> => {
  const { key, value } = request
  const old = lookUp(state, key)
  if (old !== undefined && typeof old.value !== 'string') return WRONG_TYPE
  const keepsOwner = old !== undefined && !takesOver(request, old.value as string)
  store(state, key, value, Infinity, keepsOwner ? old.origin : origin)
  return old === undefined ? NIL : ok(old.value as string)
}

/** DEL of one key: whether it was there, as 1 or 0. */
export const delOne = (state: RedisState, key: string): Reply<number> => {
  if (lookUp(state, key) === undefined) return ZERO
  write(state, key, undefined)
  return ONE
}

/** DEL: how many of the keys were there. */
export const del = (state: RedisState, keys: readonly string[]): Reply<number> => {
  let removed = 0
  for (const key of keys) if (delOne(state, key) === ONE) removed++
  return removed === 0 ? ZERO : removed === 1 ? ONE : ok(removed)
}

/** EXISTS: how many of the keys are there, counting repetitions. */
export const exists = (state: RedisState, keys: readonly string[]): Reply<number> => {
  let found = 0
  for (const key of keys) if (lookUp(state, key) !== undefined) found++
  return ok(found)
}

const permits = (condition: PexpireRequest['condition'], oldMs: number, newMs: number): boolean => {
  switch (condition) {
    case undefined:
      return true
    case 'NX':
      return oldMs === Infinity
    case 'XX':
      return oldMs < Infinity
    case 'GT':
      return newMs > oldMs
    case 'LT':
      return newMs < oldMs
  }
}

/** PEXPIRE. The key keeps its owner: a lease was extended, nobody new took it. */
export const pexpire = (state: RedisState, request: PexpireRequest): Reply<number> => {
  const { key, pxMs } = request
  if (!Number.isSafeInteger(pxMs)) return NOT_AN_INTEGER
  const entry = lookUp(state, key)
  if (entry === undefined) return ZERO
  const expiresAtMs = state.nowMs + pxMs
  if (!permits(request.condition, entry.expiresAtMs, expiresAtMs)) return ZERO
  if (pxMs <= 0) write(state, key, undefined)
  else store(state, key, entry.value, expiresAtMs, entry.origin, entry.origins)
  return ONE
}

/** EXPIRE: PEXPIRE with the seconds times 1,000. */
export const expireIn = (state: RedisState, { key, exSeconds }: ExpireRequest): Reply<number> =>
  pexpire(state, { op: 'pexpire', key, pxMs: exSeconds * 1_000 })

/** PTTL: what is left, -1 for a key that does not expire, -2 for no key. */
export const pttl = (state: RedisState, key: string): Reply<number> => {
  const entry = lookUp(state, key)
  if (entry === undefined) return ok(-2)
  return ok(entry.expiresAtMs === Infinity ? -1 : entry.expiresAtMs - state.nowMs)
}

/** INCR: the number after it. The time to live stays as it was (commands/expire.md). */
export const incr = (state: RedisState, key: string, origin: Origin): Reply<number> => {
  const entry = lookUp(state, key)
  if (entry === undefined) {
    store(state, key, '1', Infinity, origin)
    return ONE
  }
  if (typeof entry.value !== 'string') return WRONG_TYPE
  const next = Number(entry.value) + 1
  if (!/^-?\d+$/.test(entry.value) || !Number.isSafeInteger(next)) return NOT_AN_INTEGER
  store(state, key, String(next), entry.expiresAtMs, origin)
  return ok(next)
}
