/** Redisson's RedissonRedLock and RedissonMultiLock: RLocks on independent servers, one after the other. */

import { all, clock, majorityOf, monotonic, sleep } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'
import { quorumOwners } from './redis-holders.ts'
import { channelOf, failed, redissonOn, SPIN_MS, tryOrWait } from './redisson-client.ts'
import type { Redisson, Tried } from './redisson-client.ts'
import { leaseOf, REDISSON, watchdogParameters } from './redisson-parameters.ts'
import { unlockHash } from './redisson-release.ts'
import { beginWatch } from './redisson-watchdog.ts'

const CODE = 'redisson org/redisson/RedissonMultiLock.java, RedissonRedLock.java'

const parameters = {
  leaseMs: duration(
    10_000,
    'the lease that the caller asks for; 0 asks for none, and each lock has a watchdog',
  ),
  waitMs: duration(
    4_500,
    'how long one call of tryLock may take; 0 does not wait. 1,500 for each of three locks is what lock() does',
  ),
  ...watchdogParameters,
  majority: flag(
    true,
    'whether a majority will do (RedissonRedLock, deprecated), or all are needed (RedissonMultiLock)',
  ),
  collectingLease: oneOf(
    ['twice-the-wait', 'lease', 'always-twice-the-wait'],
    'twice-the-wait',
    'the lease of each lock until all are there, if waitMs is given: twice that; the lease itself, without giving it ' +
      'anew at the end (before #624); or twice the waiting time even if there is none, which is -1 (#2172)',
  ),
  finalExpire: oneOf(
    ['unconditional', 'owned'],
    'unconditional',
    'the PEXPIRE at the end: whatever there is, its results ignored, as published; or only what is ours still, ' +
      'with as many yeses as there must be locks',
  ),
} as const

type Values = ParameterValues<typeof parameters>
type Locks = readonly Redisson[]
type Me = Client<{ redis: 3 }, Locks>

const neededOf = (size: number, { majority }: Pick<Values, 'majority'>): number =>
  majority ? majorityOf(size) : size

/** The lease of each lock while the others are being collected. */
const collectingLeaseOf = ({ leaseMs, waitMs, watchdogMs, collectingLease }: Values): number => {
  if (leaseMs === 0) return watchdogMs
  if (collectingLease === 'always-twice-the-wait') return 2 * (waitMs || -1)
  return collectingLease === 'twice-the-wait' && waitMs > 0 ? 2 * waitMs : leaseMs
}

/** How long to wait for one lock: RedissonRedLock divides what is left among all of them. */
const shareOf = (size: number, { waitMs, majority }: Values): number =>
  majority ? Math.max(Math.floor(waitMs / size), 1) : waitMs

/** RLock.tryLock on one server. */
function* tryOne(me: Me, client: Redisson, leaseMs: number): Process<Tried<number>> {
  const askedMs = yield* monotonic()
  const args = [client.owner, `${leaseMs}`]
  const reply = yield* client.redis.evaluate<number | null>('reentrant-acquire', [me.lock], args)
  if (!reply.ok) return failed(reply)
  return reply.value === null
    ? { kind: 'held', grant: askedMs }
    : { kind: 'busy', ttlMs: reply.value }
}

const unlockOne = (me: Me, client: Redisson, values: Values) =>
  unlockHash(client, me, { leaseMs: leaseOf(values), unlockLatch: true })

/** Unlocks some of the locks, all at once; how many of them were ours. */
function* unlockSome(me: Me, some: Locks, values: Values) {
  return yield* all(some.map((client) => unlockOne(me, client, values)))
}

/** Goes through the locks until enough are there; undefined if the time ran out. */
function* collect(me: Me, values: Values): Process<Locks | undefined> {
  const { session: locks, lock } = me
  const { waitMs } = values
  const mayFail = locks.length - neededOf(locks.length, values)
  const leaseMs = collectingLeaseOf(values)
  const shareMs = shareOf(locks.length, values)
  const untilMs = (yield* clock()) + waitMs
  let leftMs = waitMs
  let acquired: Redisson[] = []
  let askedMs: number[] = []
  let failures = 0

  for (let next = 0; next < locks.length;) {
    const client = locks[next++] as Redisson
    const tried = yield* tryOrWait(
      client,
      channelOf(lock),
      () => tryOne(me, client, leaseMs),
      Math.min(shareMs, leftMs),
      true,
    )
    if (tried.kind === 'held') {
      acquired.push(client)
      askedMs.push(tried.grant)
    } else {
      // Only a lock that may have been taken unheard is unlocked here: one that refused is taken for free.
      if (tried.kind === 'failed' && tried.mayHaveHappened) yield* unlockOne(me, client, values)
      // As many as may fail are left: enough are there. Nobody looks at the time any more.
      if (locks.length - acquired.length === mayFail) break
      if (failures++ === mayFail) {
        yield* unlockSome(me, acquired, values)
        if (waitMs === 0) return undefined
        // Begun anew at once, servers that refuse would be asked as fast as the network lets us.
        yield* sleep(SPIN_MS)
        failures = 0
        acquired = []
        askedMs = []
        next = 0
      }
    }
    if (waitMs === 0) continue
    leftMs = untilMs - (yield* clock())
    if (leftMs > 0) continue
    yield* unlockSome(me, acquired, values)
    return undefined
  }
  if (values.leaseMs === 0) yield* watchAll(me, acquired, askedMs, values)
  return acquired
}

function* loseOne(me: Me, kept: { left: number; readonly needed: number }, why: string): Process {
  if (--kept.left === kept.needed - 1) yield* me.lost(why)
}

/** A watchdog for each lock; the hold is lost when fewer of them are left than must be. */
function* watchAll(me: Me, acquired: Locks, askedMs: readonly number[], values: Values): Process {
  const kept = { left: acquired.length, needed: neededOf(me.session.length, values) }
  const lost = (why: string): Process => loseOne(me, kept, why)
  for (const [index, client] of acquired.entries()) {
    const watched = {
      lock: me.lock,
      askedMs: askedMs[index] ?? 0,
      leaseMs: values.watchdogMs,
      lost,
    }
    yield* beginWatch(client, watched, values)
  }
}

/** Gives every lock that was collected its real lease. Whether the hold stands. */
function* giveLease(me: Me, acquired: Locks, values: Values): Process<boolean> {
  const { lock, session } = me
  const { leaseMs, finalExpire } = values
  if (finalExpire === 'unconditional') {
    yield* all(acquired.map(({ redis }) => redis.pexpire(lock, leaseMs)))
    return true
  }
  const renewed = yield* all(
    acquired.map(({ redis, owner }) =>
      redis.evaluate('reentrant-renew', [lock], [owner, `${leaseMs}`]),
    ),
  )
  const ours = renewed.filter((reply) => reply.ok && reply.value === 1).length
  return ours >= neededOf(session.length, values)
}

/**
 * Looks like Redlock and is less: nothing compares the time that it took with the lease, there is no allowance
 * for drift, and what the last step finds out is thrown away. Deprecated by its own documentation.
 */
export const redissonMultilock = defineAlgorithm({
  name: 'redisson-multilock',
  summary: 'Redisson RedissonRedLock or MultiLock: RLocks on independent servers, one by one',
  sources: [REDISSON.docs, CODE],
  claims: [
    { promise: 'exclusion/belief', from: REDISSON.java },
    { promise: 'deadlock-freedom', from: REDISSON.docs },
    { promise: 'ownership', from: REDISSON.docs },
    { promise: 'reentrancy', from: REDISSON.docs },
  ],
  needs: { redis: 3 },
  scales: 'redis',
  parameters,
  gives: () => ({ token: false, validity: false, reentry: true }),
  leaseMs: leaseOf,
  steps: [
    'Acquire: take the RLock on one server after the other, each with a lease of twice the waiting time, waiting at most a share of it for each.',
    'Enough of them (a majority, or all): the lock is ours. Too many failures: unlock what we have and begin again, until the waiting time is over.',
    'Give every lock that we took the lease that was asked for with a bare PEXPIRE, and look at no answer.',
    'Hold: for the lease, or with a watchdog on each server if none was asked for.',
    'Release: unlock on all servers.',
  ],
  useWhen:
    'Not any more: its documentation says to use RLock or RFencedLock. MultiLock is for taking several locks at once, where losing one of them unnoticed does no harm.',

  *open({ services: { redis }, token }) {
    const owner = token()
    return redis.servers.map((server) => redissonOn(server, owner, 0))
  },

  *acquire(me, values) {
    const acquired = yield* collect(me, values)
    if (acquired === undefined) return undefined
    const isLeased = values.leaseMs > 0 && values.collectingLease !== 'lease'
    if (!isLeased || (yield* giveLease(me, acquired, values))) return {} satisfies Grant
    yield* unlockSome(me, acquired, values)
    return undefined
  },

  *release(me, _held, values) {
    const { session: locks } = me
    const outcomes = yield* unlockSome(me, locks, values)
    const needed = neededOf(locks.length, values)
    const freed = outcomes.filter((outcome) => outcome === 'ok').length
    if (freed >= needed) return 'ok'
    const unknown = outcomes.filter((outcome) => outcome === 'unknown').length
    return freed + unknown >= needed ? 'unknown' : 'not-held'
  },

  holders: ({ redis }, lock, values) => quorumOwners(redis, lock, neededOf(redis.length, values)),
})
