/** Commands on lists, without the blocking ones. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { lookUp, store, write } from './keys.ts'
import { NIL, WRONG_TYPE, ZERO } from './refusals.ts'
import type { RedisState, Value } from './state.ts'

const EMPTY: readonly string[] = []

// Array.isArray alone does not tell the compiler that a read-only list is one.
const isList = (value: Value): value is readonly string[] => Array.isArray(value)
const NOBODY: readonly Origin[] = []

/** The elements of a list, none for an absent key, undefined if the key holds something else. */
const listAt = (state: RedisState, key: string): readonly string[] | undefined => {
  const entry = lookUp(state, key)
  if (entry === undefined) return EMPTY
  return isList(entry.value) ? entry.value : undefined
}

const pushersAt = (state: RedisState, key: string): readonly Origin[] =>
  lookUp(state, key)?.origins ?? NOBODY

/** For the judges: one more has an element of this list. Who releases takes nothing for himself. */
const takeOut = (state: RedisState, key: string, origin: Origin): void => {
  if (origin.activity !== 'releasing') state.taken.push({ key, origin })
}

/**
 * For the judges: an element is back. Who has one brings back its own. A release has nothing of others to
 * bring back; anybody else (a watchdog) does it for whoever has had one longest.
 */
const bringBack = (state: RedisState, key: string, origin: Origin): void => {
  const { taken } = state
  let index = taken.findIndex((each) => each.key === key && each.origin.hold === origin.hold)
  if (index < 0 && origin.activity !== 'releasing') {
    index = taken.findIndex((each) => each.key === key)
  }
  if (index >= 0) taken.splice(index, 1)
}

/** A list that has become empty is no key any more. */
const replaceList = (
  state: RedisState,
  key: string,
  elements: readonly string[],
  pushers: readonly Origin[],
  origin: Origin,
): void => {
  if (elements.length === 0) write(state, key, undefined)
  else store(state, key, elements, lookUp(state, key)?.expiresAtMs ?? Infinity, origin, pushers)
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
  const pushers = pushersAt(state, key)
  const added = elements.map(() => origin)
  if (end === 'right') {
    replaceList(state, key, [...list, ...elements], [...pushers, ...added], origin)
  } else {
    replaceList(state, key, [...elements.toReversed(), ...list], [...added, ...pushers], origin)
  }
  if (state.taken.length > 0) for (const _ of elements) bringBack(state, key, origin)
  if (state.blocked.length > 0) state.ready.push(key)
  return ok(list.length + elements.length)
}

/** LPOP: the first element, or null. */
export const lpop = (state: RedisState, key: string, origin: Origin): Reply<string | null> => {
  const list = listAt(state, key)
  if (list === undefined) return WRONG_TYPE
  const [first] = list
  if (first === undefined) return NIL
  replaceList(state, key, list.slice(1), pushersAt(state, key).slice(1), origin)
  takeOut(state, key, origin)
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
  const stays = list.map(() => true)
  const [from, step] = count < 0 ? [list.length - 1, -1] : [0, 1]
  for (let index = from; index >= 0 && index < list.length && left > 0; index += step) {
    if (list[index] !== element) continue
    stays[index] = false
    left--
  }
  const kept = list.filter((_, index) => stays[index])
  const removed = list.length - kept.length
  if (removed === 0) return ZERO
  const pushers = pushersAt(state, key).filter((_, index) => stays[index])
  replaceList(state, key, kept, pushers, origin)
  return ok(removed)
}

/** LLEN. */
export const llen = (state: RedisState, key: string): Reply<number> => {
  const list = listAt(state, key)
  return list === undefined ? WRONG_TYPE : ok(list.length)
}

/** LRANGE with both ends included; negative indexes count from the end. */
export const lrange = (
  state: RedisState,
  key: string,
  first: number,
  last: number,
): Reply<readonly string[]> => {
  const list = listAt(state, key)
  if (list === undefined) return WRONG_TYPE
  return ok(list.slice(first, last === -1 ? undefined : last + 1))
}
