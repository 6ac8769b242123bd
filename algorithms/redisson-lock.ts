/** Redisson's RLock: a reentrant lease in a hash, renewed by a watchdog, whose waiters are woken by pub/sub. */

import { monotonic } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { duration, flag } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'
import { channelOf, failed, LATCH_MS, redissonOn, sending, tryOrWait } from './redisson-client.ts'
import type { Redisson, Tried } from './redisson-client.ts'
import { settleGrant } from './redisson-grant.ts'
import { leaseOf, REDISSON, redissonParameters } from './redisson-parameters.ts'
import type { RedissonValues } from './redisson-parameters.ts'
import { unlockHash } from './redisson-release.ts'

const NOTHING: Grant = {}

type Values = RedissonValues & {
  readonly sharedLeaseMs: number
  readonly acquireLatch: boolean
}

/** One try: the script, WAIT for the replicas, and a watchdog if no lease was asked for. */
function* tryHash(me: Client<{ redis: 1 }, Redisson>, parameters: Values): Process<Tried<Grant>> {
  const { session, lock } = me
  const askedMs = yield* monotonic()
  const leaseMs = parameters.sharedLeaseMs || leaseOf(parameters)
  const latch = parameters.acquireLatch ? `${lock}:latch:${me.token()}` : ''
  const args = [session.owner, `${leaseMs}`, `${LATCH_MS}`]
  const reply = yield* sending(
    () => session.redis.evaluate<number | null>('reentrant-acquire', [lock, latch], args),
    parameters.resends,
  )
  if (!reply.ok) return failed(reply)
  if (reply.value !== null) return { kind: 'busy', ttlMs: reply.value }

  const isWatched = parameters.leaseMs === 0
  const release = () => unlockHash(session, me, { leaseMs, unlockLatch: true })
  const granted = { grant: NOTHING, askedMs, leaseMs, isWatched, release }
  return yield* settleGrant(session, me, granted, parameters)
}

/**
 * Not fair: whoever is first after the message gets it. A holder that stands still or is cut off past its lease
 * believes in it all the same, as published without ever being told; a watchdog lives as long as its process,
 * whether or not anybody still remembers to unlock.
 */
export const redissonLock = defineAlgorithm({
  name: 'redisson-lock',
  summary: 'Redisson RLock: a counted owner in a Redis hash, a watchdog, and waiting by pub/sub',
  sources: [REDISSON.docs, REDISSON.lock],
  claims: [
    { promise: 'exclusion/belief', from: REDISSON.java },
    { promise: 'deadlock-freedom', from: REDISSON.docs },
    { promise: 'ownership', from: REDISSON.docs },
    { promise: 'reentrancy', from: REDISSON.docs },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    ...redissonParameters,
    sharedLeaseMs: duration(
      0,
      'the lease that another thread has left in the field that all users of the lock object share ' +
        '(internalLockLeaseTime); it goes before the watchdog’s own; 0 if there is no such thread',
    ),
    acquireLatch: flag(
      false,
      'whether the server recognises an acquisition that was sent again, as it does a release; Redisson has no such thing',
    ),
  },
  services: () => ({ redis: { replication: 'asynchronous' } }),
  gives: () => ({ token: false, validity: false, reentry: true }),
  leaseMs: leaseOf,
  steps: [
    'Acquire: a script adds 1 to our field of the hash and sets its lease if the hash is absent or ours, and answers what is left of the lease otherwise.',
    'With replicas, WAIT until one of them has it; if none does in time, release it and fail.',
    'Turned away, subscribe to the lock’s channel, try once more, and sleep until a message comes or the lease that we were told is over.',
    'Hold: if no lease was asked for, a watchdog gives the hash 30 s more every 10 s for as long as our field is there.',
    'Release: a script takes 1 off our field; at 0 it deletes the hash and publishes that the lock is free.',
  ],
  useWhen:
    'For a JVM that wants java.util.concurrent’s Lock across machines and can live with two holders now and then. Not where a second holder does damage, and not for code that changes threads between lock and unlock.',

  *open({ services: { redis }, token }) {
    return redissonOn(redis.primary, token(), redis.servers.length - 1)
  },

  *acquire(me, parameters) {
    const tried = yield* tryOrWait(
      me.session,
      channelOf(me.lock),
      () => tryHash(me, parameters),
      parameters.waitMs || Infinity,
      parameters.waitsAtMostTtl,
    )
    return tried.kind === 'held' ? tried.grant : undefined
  },

  *release(me, _held, parameters) {
    return yield* unlockHash(me.session, me, { ...parameters, leaseMs: leaseOf(parameters) })
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
