/** Scripts over a hash with an owner, a list of those who wait for it, and a sorted set of when each is given up. */

import { ok } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import type { Outbox } from '../service.ts'
import { hexists, hincrby, hset } from './hashes.ts'
import { lookUp } from './keys.ts'
import { lindex, lrange, lrem, push } from './lists.ts'
import { publish } from './publish.ts'
import { answeredBefore, remember } from './reentrant-scripts.ts'
import { NIL, ONE, ZERO } from './refusals.ts'
import { defineScript, given } from './script.ts'
import { zadd, zincrby, zrange, zrem, zscore } from './sorted-sets.ts'
import type { RedisState } from './state.ts'
import { delOne, pexpire, pttl } from './strings.ts'

const SOURCE = 'Redisson org/redisson/RedissonFairLock.java'

/** What a command answered, undefined where it was null or refused. */
const valueIn = <Value>(reply: Reply<Value | null>): Value | undefined =>
  reply.ok ? (reply.value ?? undefined) : undefined

const firstOf = (state: RedisState, queue: string): string | undefined =>
  valueIn(lindex(state, queue, 0))

/** Takes out those at the head whose time is over by the caller's clock. Other times stay as they are. */
const prune = (
  state: RedisState,
  queue: string,
  times: string,
  nowMs: number,
  origin: Origin,
): void => {
  for (;;) {
    const first = firstOf(state, queue)
    const timeMs = first === undefined ? undefined : valueIn(zscore(state, times, first))
    if (first === undefined || timeMs === undefined || timeMs > nowMs) return
    zrem(state, times, first)
    lrem(state, queue, 1, first, origin)
  }
}

const callNext = (state: RedisState, queue: string, channel: string, out: Outbox): void => {
  const next = firstOf(state, queue)
  if (next !== undefined) publish(state, `${channel}:${next}`, 'released', out)
}

/** The scripts of a lock with a queue. */
export const queueScripts = {
  /**
   * KEYS: lock, queue, times. ARGV: owner, lease in ms, ms that a waiter is waited for, the caller's clock, `estimate`
   * to answer who stands in the queue with what his time leaves of it. Null if the owner has it now, else for
   * how long to wait.
   */
  'queued-acquire': defineScript({
    writes: true,
    source: SOURCE,
    run(state, { keys, args }, origin) {
      const [key, queue, times] = [given(keys, 0), given(keys, 1), given(keys, 2)]
      const owner = given(args, 0)
      const leaseMs = Number(given(args, 1))
      const waitMs = Number(given(args, 2))
      const nowMs = Number(given(args, 3))
      prune(state, queue, times, nowMs, origin)

      const first = firstOf(state, queue)
      if (lookUp(state, key) === undefined && (first === undefined || first === owner)) {
        lrem(state, queue, 1, owner, origin)
        zrem(state, times, owner)
        for (const member of valueIn(zrange(state, times)) ?? []) {
          zincrby(state, times, member, -waitMs, origin)
        }
        hset(state, key, owner, '1', origin)
        pexpire(state, { op: 'pexpire', key, pxMs: leaseMs })
        return NIL
      }
      if (hexists(state, key, owner) === ONE) {
        hincrby(state, key, owner, 1, origin)
        pexpire(state, { op: 'pexpire', key, pxMs: leaseMs })
        return NIL
      }

      const leftMs = valueIn(pttl(state, key)) ?? -2
      const ownTimeMs = valueIn(zscore(state, times, owner))
      if (ownTimeMs !== undefined) {
        return ok(given(args, 4) === 'estimate' ? ownTimeMs - waitMs - nowMs : Math.max(0, leftMs))
      }
      const last = valueIn(lindex(state, queue, -1))
      const lastTimeMs = last === undefined ? undefined : valueIn(zscore(state, times, last))
      const ttlMs = lastTimeMs === undefined ? leftMs : lastTimeMs - nowMs
      if (zadd(state, times, owner, ttlMs + waitMs + nowMs, origin) === ONE) {
        push(state, 'right', queue, [owner], origin)
      }
      return ok(ttlMs)
    },
  }),
  /**
   * KEYS: lock, queue, times, channel, latch. ARGV: owner, ms that an outer hold has from now on, ms that the latch
   * lives, the caller's clock. 1 if it is free, and the next in the queue is called; 0 if the owner still has
   * it; null if somebody else has.
   */
  'queued-release': defineScript({
    writes: true,
    source: SOURCE,
    run(state, { keys, args }, origin, out) {
      const [key, queue, times] = [given(keys, 0), given(keys, 1), given(keys, 2)]
      const [channel, latch, owner] = [given(keys, 3), given(keys, 4), given(args, 0)]
      const latchMs = Number(given(args, 2))
      const before = answeredBefore(state, latch)
      if (before !== undefined) return before
      prune(state, queue, times, Number(given(args, 3)), origin)

      if (lookUp(state, key) !== undefined) {
        const owns = hexists(state, key, owner)
        if (owns !== ONE) return owns === ZERO ? NIL : owns
        const left = hincrby(state, key, owner, -1, origin)
        if (left.ok && left.value > 0) {
          pexpire(state, { op: 'pexpire', key, pxMs: Number(given(args, 1)) })
          remember(state, latch, '0', latchMs, origin)
          return ZERO
        }
        delOne(state, key)
      }
      remember(state, latch, '1', latchMs, origin)
      callNext(state, queue, channel, out)
      return ONE
    },
  }),
  /** KEYS: queue, times. ARGV: owner, ms by which those behind him are given up earlier. He leaves the queue. */
  'queued-leave': defineScript({
    writes: true,
    source: SOURCE,
    run(state, { keys, args }, origin) {
      const [queue, times, owner] = [given(keys, 0), given(keys, 1), given(args, 0)]
      const byMs = Number(given(args, 1))
      const everybody = valueIn(lrange(state, queue, 0, -1)) ?? []
      const place = everybody.indexOf(owner)
      const behind = place < 0 || byMs === 0 ? [] : everybody.slice(place + 1)
      for (const member of behind) zincrby(state, times, member, -byMs, origin)
      zrem(state, times, owner)
      lrem(state, queue, 0, owner, origin)
      return NIL
    },
  }),
}
