/** Redlock as an article tells it: more than three of five, and everything that the telling leaves out. */

import { all, clock, sleep } from '#sim'
import type { Process, RedisClient } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import { ownersOfVotes } from './redis-holders.ts'

const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), Redlock'

interface ToldGrant extends Grant {
  readonly value: string
  /** Servers that said yes. */
  readonly believed: readonly RedisClient[]
}

/** "Delete all locks, one by one." */
function* unlock(
  servers: readonly RedisClient[],
  lock: string,
  value: string,
  how: 'plain' | 'compare',
): Process<{ readonly freed: number; readonly unknown: number }> {
  let freed = 0
  let unknown = 0
  for (const server of servers) {
    const deleted =
      how === 'plain' ? yield* server.del(lock) : yield* server.deleteIfEquals(lock, value)
    if (deleted.ok) freed += deleted.value
    else if (deleted.happened === 'unknown') unknown++
  }
  return { freed, unknown }
}

/**
 * As told: success takes *more than three* of five servers, so that two that are down stop everybody, where the
 * article promises that two may be. It does not speak of clock drift, of a random delay between attempts, of
 * unlocking servers that did not answer, nor of deleting only what is one's own.
 */
export const redlockPublished = defineAlgorithm({
  name: 'redlock-published',
  summary: 'Redlock as told by an article: more than 3 of 5, no drift allowance, plain DEL',
  sources: [ARTICLE],
  steps: [
    'Read the clock, then SET lock value NX PX ttl on all servers, each with a short timeout.',
    'The lock is ours if more than 3 of the 5 said OK and less than the time to live has gone by; what is left is its validity.',
    'Otherwise DEL the key, one by one, on those that said OK.',
    'Release: DEL the key, one by one, on those that said OK.',
  ],
  useWhen: 'Never: it is here because it is told so.',
  claims: [
    { promise: 'exclusion/validity', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
    { promise: 'availability', from: ARTICLE },
  ],
  needs: { redis: 5 },
  scales: 'redis',
  parameters: {
    ttlMs: duration(10_000, 'how long the keys live'),
    serverTimeoutMs: duration(50, 'how long to wait for each server'),
    moreThan: count(3, 'how many votes are not enough; 2 would be the majority of five'),
    driftMs: duration(0, 'allowance for clock drift'),
    attemptsMax: count(1, 'how often to try in one call of acquire'),
    retryDelayMs: duration(200, 'between attempts'),
    retryJitter: flag(false, 'whether that delay is random'),
    unlocks: oneOf(
      ['believed', 'all'],
      'believed',
      'which servers are unlocked: those that said OK, or all, as one that did not answer may have the key',
    ),
    deletes: oneOf(['plain', 'compare'], 'plain', 'DEL, or only what holds our value'),
  },
  gives: () => ({ token: false, validity: true }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *open(me, { serverTimeoutMs }) {
    return me.services.redis.servers.map((server) => server.within(serverTimeoutMs))
  },

  *acquire(me, parameters): Process<ToldGrant | undefined> {
    const { lock, session: masters } = me
    const { ttlMs, moreThan, driftMs, attemptsMax, retryDelayMs } = parameters
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      if (attempt > 1) {
        yield* sleep(parameters.retryJitter ? me.jitterMs(retryDelayMs) : retryDelayMs)
      }
      const value = me.token()
      const startedMs = yield* clock()
      const replies = yield* all(masters.map((master) => master.setIfAbsent(lock, value, ttlMs)))
      const elapsedMs = (yield* clock()) - startedMs
      const agreed = masters.filter((_, index) => {
        const reply = replies[index]
        return reply?.ok === true && reply.value
      })
      const believed = parameters.unlocks === 'all' ? masters : agreed
      if (agreed.length > moreThan && elapsedMs < ttlMs) {
        return { value, believed, validUntilMs: startedMs + ttlMs - driftMs }
      }
      yield* unlock(believed, lock, value, parameters.deletes)
    }
    return undefined
  },

  *release({ lock }, { value, believed }, { moreThan, deletes }) {
    const { freed, unknown } = yield* unlock(believed, lock, value, deletes)
    if (freed > moreThan) return 'ok'
    return freed + unknown > moreThan ? 'unknown' : 'not-held'
  },

  holders: ({ redis }, lock, { moreThan }) => ownersOfVotes(redis, lock, moreThan + 1),
})
