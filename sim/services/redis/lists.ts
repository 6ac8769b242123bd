/** Commands on lists, without the blocking ones. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { lookUp, store, write } from './keys.ts'
import { NIL, WRONG_TYPE, ZERO } from './refusals.ts'
import type { RedisState } from './state.ts'

const EMPTY: readonly string[] = []

/** The elements of a list, none for an absent key, undefined if the key holds something else. */
const listAt = (state: RedisState, key: string): readonly string[] | undefined => {
  const entry = lookUp(state, key)
  if (entry === undefined) return EMPTY
  return typeof entry.value === 'string' ? undefined : entry.value
}

/** A list that has become empty is no key any more. */
const replaceList = (
  state: RedisState,
  key: string,
  elements: readonly string[],
  origin: Origin,
): void => {
  if (elements.length === 0) write(state, key, undefined)
  else store(state, key, elements, lookUp(state, key)?.expiresAtMs ?? Infinity, origin)
}

/** RPUSH and LPUSH: the length after it. LPUSH puts one element after the other in front. */
export const push = (
  state: RedisState,
  end: 'left' | 'right',
  key: string,
  elements: readonly string[],
  origin: Origin,
): Reply<number> => {
  const list = listAt(state, key)
  if (list === undefined) return WRONG_TYPE
  const longer = end === 'right' ? [...list, ...elements] : [...elements.toReversed(), ...list]
  replaceList(state, key, longer, origin)
  if (state.blocked.length > 0) state.ready.push(key)
  return ok(longer.length)
}

/** LPOP: the first element, or null. */
export const lpop = (state: RedisState, key: string, origin: Origin): Reply<string | null> => {
  const list = listAt(state, key)
  if (list === undefined) return WRONG_TYPE
  const [first] = list
  if (first === undefined) return NIL
  replaceList(state, key, list.slice(1), origin)
  return ok(first)
}

/** LINDEX: negative indexes count from the end. */
export const lindex = (state: RedisState, key: string, index: number): Reply<string | null> => {
  const list = listAt(state, key)
  if (list === undefined) return WRONG_TYPE
  const element = list.at(index)
  return element === undefined ? NIL : ok(element)
}

/** LREM: removes up to `count` equal elements from the front, from the back if negative, all if 0. */
export const lrem = (
  state: RedisState,
  key: string,
  count: number,
  element: string,
  origin: Origin,
): Reply<number> => {
  const list = listAt(state, key)
  if (list === undefined) return WRONG_TYPE
  let left = count === 0 ? Infinity : Math.abs(count)
  const ordered = count < 0 ? list.toReversed() : list
  const kept = ordered.filter((each) => each !== element || left-- <= 0)
  const removed = list.length - kept.length
  if (removed === 0) return ZERO
  replaceList(state, key, count < 0 ? kept.reverse() : kept, origin)
  return ok(removed)
}

/** LLEN. */
export const llen = (state: RedisState, key: string): Reply<number> => {
  const list = listAt(state, key)
  return list === undefined ? WRONG_TYPE : ok(list.length)
}
