/** Commands on hashes. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { lookUp, store, write } from './keys.ts'
import { HASH_NOT_AN_INTEGER, NIL, ONE, WRONG_TYPE, ZERO } from './refusals.ts'
import type { Hash, RedisState } from './state.ts'

type Fields = Hash['fields']

const NONE: Fields = []

/** The fields of a hash, none for an absent key, undefined if the key holds something else. */
const fieldsAt = (state: RedisState, key: string): Fields | undefined => {
  const entry = lookUp(state, key)
  if (entry === undefined) return NONE
  const { value } = entry
  return typeof value === 'object' && 'type' in value && value.type === 'hash'
    ? value.fields
    : undefined
}

const valueOf = (fields: Fields, name: string): string | undefined =>
  fields.find(({ field }) => field === name)?.value

/** Sets one field. The key keeps its time to live, and belongs to whoever has written last. */
const put = (
  state: RedisState,
  key: string,
  fields: Fields,
  field: string,
  value: string,
  origin: Origin,
): void => {
  const isNew = valueOf(fields, field) === undefined
  const next = isNew
    ? [...fields, { field, value }]
    : fields.map((each) => (each.field === field ? { field, value } : each))
  const hash: Hash = { type: 'hash', fields: next }
  store(state, key, hash, lookUp(state, key)?.expiresAtMs ?? Infinity, origin)
}

/** HSET of one field (commands/hset.md): 1 if it is new. */
export const hset = (
  state: RedisState,
  key: string,
  field: string,
  value: string,
  origin: Origin,
): Reply<number> => {
  const fields = fieldsAt(state, key)
  if (fields === undefined) return WRONG_TYPE
  put(state, key, fields, field, value, origin)
  return valueOf(fields, field) === undefined ? ONE : ZERO
}

/** HGET. */
export const hget = (state: RedisState, key: string, field: string): Reply<string | null> => {
  const fields = fieldsAt(state, key)
  if (fields === undefined) return WRONG_TYPE
  const value = valueOf(fields, field)
  return value === undefined ? NIL : ok(value)
}

/** HEXISTS. */
export const hexists = (state: RedisState, key: string, field: string): Reply<number> => {
  const fields = fieldsAt(state, key)
  if (fields === undefined) return WRONG_TYPE
  return valueOf(fields, field) === undefined ? ZERO : ONE
}

/** HDEL of one field: a hash that has become empty is no key any more. */
export const hdel = (state: RedisState, key: string, field: string): Reply<number> => {
  const fields = fieldsAt(state, key)
  if (fields === undefined) return WRONG_TYPE
  if (valueOf(fields, field) === undefined) return ZERO
  const entry = lookUp(state, key)
  const left = fields.filter((each) => each.field !== field)
  if (left.length === 0 || entry === undefined) write(state, key, undefined)
  else store(state, key, { type: 'hash', fields: left }, entry.expiresAtMs, entry.origin)
  return ONE
}

/**
 * HINCRBY (commands/hincrby.md): the number after it; an absent field counts from 0, and the key keeps its
 * time to live. Counting down gives nothing to anybody: the key keeps its owner, for the judges.
 */
export const hincrby = (
  state: RedisState,
  key: string,
  field: string,
  by: number,
  origin: Origin,
): Reply<number> => {
  const fields = fieldsAt(state, key)
  if (fields === undefined) return WRONG_TYPE
  const old = valueOf(fields, field) ?? '0'
  if (!/^-?\d+$/.test(old)) return HASH_NOT_AN_INTEGER
  const next = Number(old) + by
  const owner = by < 0 ? (lookUp(state, key)?.origin ?? origin) : origin
  put(state, key, fields, field, String(next), owner)
  return next === 1 ? ONE : next === 0 ? ZERO : ok(next)
}
