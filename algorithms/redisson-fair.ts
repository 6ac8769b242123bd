/** Redisson's RFairLock: an RLock with a queue, whose members are given up by the clocks of those who come later. */

import { clock, monotonic } from '#sim'
import type { Origin, Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { duration, flag, oneOf } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'
import { channelOf, failed, redissonOn, sending, tryOrWait } from './redisson-client.ts'
import type { Redisson, Tried } from './redisson-client.ts'
import { settleGrant } from './redisson-grant.ts'
import { leaseOf, REDISSON, redissonParameters } from './redisson-parameters.ts'
import type { RedissonValues } from './redisson-parameters.ts'
import { unlocking } from './redisson-release.ts'
import type { Unlocking } from './redisson-release.ts'

const CODE = 'redisson org/redisson/RedissonFairLock.java'

const NOTHING: Grant = {}

const queueOf = (lock: string): string => `redisson_lock_queue:{${lock}}`
const timesOf = (lock: string): string => `redisson_lock_timeout:{${lock}}`

type Me = Client<{ redis: 1 }, Redisson>
type Values = RedissonValues & {
  readonly threadWaitMs: number
  readonly waitsFor: 'ttl' | 'estimate'
}

/** System.currentTimeMillis: the wall clock in whole ms. */
function* currentTimeMillis(): Process<number> {
  return Math.floor(yield* clock())
}

function* unlockQueued(me: Me, how: Unlocking) {
  const { session, lock } = me
  const nowMs = yield* currentTimeMillis()
  return yield* unlocking(session, me, how, (owner, latch, latchMs) =>
    session.redis.evaluate<number | null>(
      'queued-release',
      [lock, queueOf(lock), timesOf(lock), channelOf(lock), latch],
      [owner, `${how.leaseMs}`, `${latchMs}`, `${nowMs}`],
    ),
  )
}

/** For how long a waiter is waited for. */
const patienceOf = ({ waitMs, threadWaitMs }: Values): number => waitMs || threadWaitMs

/** One try: the script, which queues us, WAIT for the replicas, and a watchdog if no lease was asked for. */
function* tryQueued(me: Me, parameters: Values): Process<Tried<Grant>> {
  const { session, lock } = me
  const leaseMs = leaseOf(parameters)
  const askedMs = yield* monotonic()
  const nowMs = yield* currentTimeMillis()
  const keys = [lock, queueOf(lock), timesOf(lock)]
  const patience = `${patienceOf(parameters)}`
  const args = [session.owner, `${leaseMs}`, patience, `${nowMs}`, parameters.waitsFor]
  const reply = yield* sending(
    () => session.redis.evaluate<number | null>('queued-acquire', keys, args),
    parameters.resends,
  )
  if (!reply.ok) return failed(reply)
  if (reply.value !== null) return { kind: 'busy', ttlMs: reply.value }

  const isWatched = parameters.leaseMs === 0
  const release = () => unlockQueued(me, { leaseMs, unlockLatch: true })
  const granted = { grant: NOTHING, askedMs, leaseMs, isWatched, release }
  return yield* settleGrant(session, me, granted, parameters)
}

/**
 * In order of arrival, as long as the clocks of its clients agree: who stands in the queue is thrown out by the
 * clock of whoever tries next. A waiter that died costs up to its whole time, by default five minutes.
 */
export const redissonFair = defineAlgorithm({
  name: 'redisson-fair',
  summary: 'Redisson RFairLock: an RLock with a queue in Redis, pruned by the clients’ clocks',
  sources: [REDISSON.docs, CODE],
  claims: [
    { promise: 'fairness', from: REDISSON.docs },
    { promise: 'exclusion/belief', from: REDISSON.java },
    { promise: 'deadlock-freedom', from: REDISSON.docs },
    { promise: 'ownership', from: REDISSON.docs },
    { promise: 'reentrancy', from: REDISSON.docs },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    ...redissonParameters,
    threadWaitMs: duration(
      300_000,
      'fairLockWaitTimeout: for how long a waiter that says nothing keeps its place; the documentation says 5,000',
    ),
    waitsFor: oneOf(
      ['ttl', 'estimate'],
      'ttl',
      'what a waiter in the queue is told to wait for: the end of the holder’s lease, or an estimate from its own ' +
        'time, which becomes negative and then means for ever (before #3004)',
    ),
    shiftsTimes: flag(
      true,
      'whether those behind a waiter that gives up are given up earlier by as much (before #1104, #2099: not)',
    ),
  },
  services: () => ({ redis: { replication: 'asynchronous' } }),
  gives: () => ({ token: false, validity: false, reentry: true }),
  leaseMs: leaseOf,
  doorway: {
    name: 'the script has put us into the queue’s list, or given us the lock at once',
    waiting({ redis }, lock): readonly Origin[] {
      const owners = ownersOf(redis, lock)
      const queue = queueOf(lock)
      const master = redis.find(({ up, data }) => up && data.pushed(queue).length > 0)
      return master === undefined ? owners : [...owners, ...master.data.pushed(queue)]
    },
  },
  steps: [
    'Acquire: a script throws out those at the head of the queue whose time is over by our clock.',
    'If nobody has the lock and we are at the head, or nobody is, it takes us out of the queue and the hash is ours.',
    'Otherwise it puts us at the end of the queue, with a time: that of the one before us, or what is left of the lease, plus five minutes.',
    'Subscribe to a channel of our own, try once more, and sleep until a message comes or the lease that we were told is over.',
    'Hold: if no lease was asked for, a watchdog renews every 10 s.',
    'Release: a script takes 1 off our field; at 0 it deletes the hash and publishes to the channel of whoever is first.',
  ],
  useWhen:
    'Where clients must be served in the order of their coming and their clocks agree to well within the five minutes. Not where a dead waiter must not hold everybody up.',

  *open({ services: { redis }, token }) {
    return redissonOn(redis.primary, token(), redis.servers.length - 1)
  },

  *acquire(me, parameters) {
    const { session, lock } = me
    const tried = yield* tryOrWait(
      session,
      `${channelOf(lock)}:${session.owner}`,
      () => tryQueued(me, parameters),
      parameters.waitMs || Infinity,
      parameters.waitsAtMostTtl,
    )
    if (tried.kind === 'held') return tried.grant
    if (tried.kind === 'busy') {
      const byMs = parameters.shiftsTimes ? patienceOf(parameters) : 0
      const keys = [queueOf(lock), timesOf(lock)]
      yield* session.redis.evaluate('queued-leave', keys, [session.owner, `${byMs}`])
    }
    return undefined
  },

  *release(me, _held, parameters) {
    return yield* unlockQueued(me, { ...parameters, leaseMs: leaseOf(parameters) })
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
