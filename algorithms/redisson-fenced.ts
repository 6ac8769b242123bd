/** Redisson's RFencedLock: an RLock that counts its acquisitions, and gives the count away as a fencing token. */

import { monotonic } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { flag, oneOf } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'
import { channelOf, failed, redissonOn, sending, tokenKeyOf, tryOrWait } from './redisson-client.ts'
import type { Redisson, Tried } from './redisson-client.ts'
import { settleGrant } from './redisson-grant.ts'
import { leaseOf, REDISSON, redissonParameters } from './redisson-parameters.ts'
import type { RedissonValues } from './redisson-parameters.ts'
import { unlockHash } from './redisson-release.ts'

const CODE = 'redisson org/redisson/RedissonFencedLock.java'

interface TokenGrant extends Grant {
  readonly token: number
}

type Values = RedissonValues & { readonly ignoresLease: boolean }

/** The lease that the caller asked for, 0 for none, as far as the code listens. */
const askedLeaseOf = ({ leaseMs, waitMs, ignoresLease }: Values): number =>
  ignoresLease && waitMs === 0 ? 0 : leaseMs

const realLeaseOf = (parameters: Values): number =>
  leaseOf({ ...parameters, leaseMs: askedLeaseOf(parameters) })

/** One try: the script, which counts, WAIT if asked for, and a watchdog. */
function* tryCounting(
  me: Client<{ redis: 1 }, Redisson>,
  parameters: Values,
): Process<Tried<TokenGrant>> {
  const { session, lock } = me
  const askedMs = yield* monotonic()
  const leaseMs = realLeaseOf(parameters)
  const keys = [lock, tokenKeyOf(lock)]
  const args = [session.owner, `${leaseMs}`]
  const reply = yield* sending(
    () =>
      session.redis.evaluate<readonly [number, number]>('reentrant-acquire-and-count', keys, args),
    parameters.resends,
  )
  if (!reply.ok) return failed(reply)
  const [ttlMs, token] = reply.value
  if (token < 0) return { kind: 'busy', ttlMs }

  const isWatched = askedLeaseOf(parameters) === 0
  const release = () => unlockHash(session, me, { leaseMs, unlockLatch: true })
  const granted = { grant: { token }, askedMs, leaseMs, isWatched, release }
  return yield* settleGrant(session, me, granted, parameters)
}

/**
 * The token is as durable as the Redis that counts: after a failover to a replica that was behind, or a restart
 * without a disk, the same number is given out twice.
 */
export const redissonFenced = defineAlgorithm({
  name: 'redisson-fenced',
  summary: 'Redisson RFencedLock: an RLock with a fencing token from a counter in the same Redis',
  sources: [REDISSON.docs, CODE],
  claims: [
    { promise: 'fencing', from: REDISSON.docs },
    { promise: 'exclusion/effect', from: REDISSON.docs },
    { promise: 'deadlock-freedom', from: REDISSON.docs },
    { promise: 'ownership', from: REDISSON.docs },
    { promise: 'reentrancy', from: REDISSON.docs },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    ...redissonParameters,
    syncedReplicas: oneOf(
      ['off', 'any', 'all'],
      'off',
      'how many of the replicas must have acknowledged an acquisition within 1 s; its acquisition asks none',
    ),
    ignoresLease: flag(
      true,
      'whether lockAndGetToken with a lease forgets the lease and starts a watchdog, as published; with a waitMs ' +
        'it is tryLockAndGetToken, which does not',
    ),
  },
  services: () => ({ redis: { replication: 'asynchronous' } }),
  gives: () => ({ token: true, validity: false, reentry: true }),
  // The service should reject any operation whose token is less than one that it has seen.
  fencing: () => 'all',
  leaseMs: realLeaseOf,
  steps: [
    'Acquire: a script adds 1 to the token counter and to our field of the hash if the hash is absent or ours, sets its lease, and answers the token; otherwise what is left of the lease.',
    'Turned away, wait as an RLock does: for a message, or for the end of the lease that we were told.',
    'Hold: a watchdog renews every 10 s; show the token to whatever the lock protects.',
    'Release: a script takes 1 off our field; at 0 it deletes the hash and publishes that the lock is free. The counter stays.',
  ],
  useWhen:
    'Where the protected resource can refuse a token that is older than one it has seen, and Redis keeps every write on disk and never fails over. Not where the counter can be lost or step back.',

  *open({ services: { redis }, token }) {
    return redissonOn(redis.primary, token(), redis.servers.length - 1)
  },

  *acquire(me, parameters) {
    const tried = yield* tryOrWait(
      me.session,
      channelOf(me.lock),
      () => tryCounting(me, parameters),
      parameters.waitMs || Infinity,
      parameters.waitsAtMostTtl,
    )
    return tried.kind === 'held' ? tried.grant : undefined
  },

  *release(me, _held, parameters) {
    return yield* unlockHash(me.session, me, { ...parameters, leaseMs: realLeaseOf(parameters) })
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
