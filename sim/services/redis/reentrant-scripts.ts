/** Scripts over a hash that counts how often its one owner holds it. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { hexists, hincrby } from './hashes.ts'
import { lookUp } from './keys.ts'
import { publish } from './publish.ts'
import { NIL, ONE, ZERO } from './refusals.ts'
import { defineScript, given } from './script.ts'
import type { RedisState } from './state.ts'
import { delOne, get, incr, pexpire, pttl, set } from './strings.ts'

const SOURCE = 'Redisson org/redisson/RedissonLock.java and RedissonBaseLock.java'

/** Whether the owner may have the hash: nobody has it, or the owner does. */
const isOpenTo = (state: RedisState, key: string, owner: string): boolean =>
  lookUp(state, key) === undefined || hexists(state, key, owner) === ONE

const enter = (
  state: RedisState,
  key: string,
  owner: string,
  leaseMs: number,
  origin: Origin,
): void => {
  hincrby(state, key, owner, 1, origin)
  pexpire(state, { op: 'pexpire', key, pxMs: leaseMs })
}

/** Answers a request that has been answered before the same again: 0 or 1, null if it is new. */
export const answeredBefore = (state: RedisState, latch: string): Reply<number> | undefined => {
  if (latch === '') return undefined
  const known = get(state, latch)
  return known.ok && known.value !== null ? ok(Number(known.value)) : undefined
}

/** Remembers for a while what this request was answered. */
export const remember = (
  state: RedisState,
  latch: string,
  answer: string,
  pxMs: number,
  origin: Origin,
): void => {
  if (latch !== '') set(state, { op: 'set', key: latch, value: answer, pxMs }, origin)
}

/** The scripts of a reentrant lock. An empty name of a latch means that there is none. */
export const reentrantScripts = {
  /**
   * KEYS: lock, latch. ARGV: owner, ms, ms that the latch lives. Null if the owner has it now, else what is left of the
   * lease. Redisson has no latch here: with one, a request that comes twice is counted once.
   */
  'reentrant-acquire': defineScript({
    writes: true,
    source: SOURCE,
    run(state, { keys, args }, origin) {
      const [key, latch, owner] = [given(keys, 0), given(keys, 1), given(args, 0)]
      if (answeredBefore(state, latch) !== undefined) return NIL
      if (!isOpenTo(state, key, owner)) return pttl(state, key)
      enter(state, key, owner, Number(given(args, 1)), origin)
      remember(state, latch, '1', Number(given(args, 2)), origin)
      return NIL
    },
  }),
  /** The same with a counter as the second key. Answers [-1, count], or what is left of the lease and -1. */
  'reentrant-acquire-and-count': defineScript({
    writes: true,
    source: 'Redisson org/redisson/RedissonFencedLock.java',
    run(state, { keys, args }, origin) {
      const [key, owner] = [given(keys, 0), given(args, 0)]
      if (!isOpenTo(state, key, owner)) {
        const left = pttl(state, key)
        return left.ok ? ok([left.value, -1]) : left
      }
      const counted = incr(state, given(keys, 1), origin)
      if (!counted.ok) return counted
      enter(state, key, owner, Number(given(args, 1)), origin)
      return ok([-1, counted.value])
    },
  }),
  /** KEYS: lock. ARGV: owner, ms. 1 if the owner had it and has it for so long from now on. */
  'reentrant-renew': defineScript({
    writes: true,
    source: SOURCE,
    run(state, { keys, args }) {
      const key = given(keys, 0)
      const owns = hexists(state, key, given(args, 0))
      return owns === ONE
        ? pexpire(state, { op: 'pexpire', key, pxMs: Number(given(args, 1)) })
        : owns
    },
  }),
  /**
   * KEYS: lock, channel, latch. ARGV: owner, ms that an outer hold has from now on, ms that the latch lives. 1 if it is
   * free, 0 if the owner still has it, null if he had not.
   */
  'reentrant-release': defineScript({
    writes: true,
    source: SOURCE,
    run(state, { keys, args }, origin, out) {
      const [key, channel, latch] = [given(keys, 0), given(keys, 1), given(keys, 2)]
      const owner = given(args, 0)
      const before = answeredBefore(state, latch)
      if (before !== undefined) return before
      const owns = hexists(state, key, owner)
      if (owns !== ONE) return owns === ZERO ? NIL : owns
      const left = hincrby(state, key, owner, -1, origin)
      const stays = left.ok && left.value > 0
      if (stays) {
        pexpire(state, { op: 'pexpire', key, pxMs: Number(given(args, 1)) })
      } else {
        delOne(state, key)
        publish(state, channel, 'released', out)
      }
      remember(state, latch, stays ? '0' : '1', Number(given(args, 2)), origin)
      return stays ? ZERO : ONE
    },
  }),
}
