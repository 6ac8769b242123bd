/** Commands on sorted sets. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { lookUp, store, write } from './keys.ts'
import { NIL, ONE, WRONG_TYPE, ZERO } from './refusals.ts'
import type { RedisState, SortedSet } from './state.ts'

type Members = SortedSet['members']
type Member = Members[number]

const NONE: Members = []

/** The members of a sorted set, none for an absent key, undefined if the key holds something else. */
const membersAt = (state: RedisState, key: string): Members | undefined => {
  const entry = lookUp(state, key)
  if (entry === undefined) return NONE
  const { value } = entry
  return typeof value === 'object' && 'type' in value && value.type === 'zset'
    ? value.members
    : undefined
}

const find = (members: Members, name: string): Member | undefined =>
  members.find(({ member }) => member === name)

/** By score; equal scores by name (commands/zrange.md). */
const inOrder = (one: Member, other: Member): number =>
  one.score - other.score || (one.member < other.member ? -1 : 1)

const put = (
  state: RedisState,
  key: string,
  members: Members,
  member: string,
  score: number,
  origin: Origin,
): void => {
  const others = members.filter((each) => each.member !== member)
  const next: SortedSet = { type: 'zset', members: [...others, { member, score }].sort(inOrder) }
  store(state, key, next, lookUp(state, key)?.expiresAtMs ?? Infinity, origin)
}

/** ZADD of one member (commands/zadd.md): 1 if it is new; a known one gets the new score. */
export const zadd = (
  state: RedisState,
  key: string,
  member: string,
  score: number,
  origin: Origin,
): Reply<number> => {
  const members = membersAt(state, key)
  if (members === undefined) return WRONG_TYPE
  put(state, key, members, member, score, origin)
  return find(members, member) === undefined ? ONE : ZERO
}

/** ZINCRBY: the score after it; an absent member counts from 0. */
export const zincrby = (
  state: RedisState,
  key: string,
  member: string,
  by: number,
  origin: Origin,
): Reply<number> => {
  const members = membersAt(state, key)
  if (members === undefined) return WRONG_TYPE
  const score = (find(members, member)?.score ?? 0) + by
  put(state, key, members, member, score, origin)
  return ok(score)
}

/** ZSCORE: a number, where the protocol has its digits. */
export const zscore = (state: RedisState, key: string, member: string): Reply<number | null> => {
  const members = membersAt(state, key)
  if (members === undefined) return WRONG_TYPE
  const found = find(members, member)
  return found === undefined ? NIL : ok(found.score)
}

/** ZREM of one member: a sorted set that has become empty is no key any more. */
export const zrem = (state: RedisState, key: string, member: string): Reply<number> => {
  const members = membersAt(state, key)
  if (members === undefined) return WRONG_TYPE
  if (find(members, member) === undefined) return ZERO
  const entry = lookUp(state, key)
  const left = members.filter((each) => each.member !== member)
  if (left.length === 0 || entry === undefined) write(state, key, undefined)
  else store(state, key, { type: 'zset', members: left }, entry.expiresAtMs, entry.origin)
  return ONE
}

/** ZRANGE of all members, lowest score first. */
export const zrange = (state: RedisState, key: string): Reply<readonly string[]> => {
  const members = membersAt(state, key)
  return members === undefined ? WRONG_TYPE : ok(members.map(({ member }) => member))
}
