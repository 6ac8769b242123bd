/** What Redisson's locks let their users decide, and the choices that its history made for them. */

import { duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'

/** The pages and files that say how Redisson does it. */
export const REDISSON = {
  docs: 'redisson docs/data-and-services/locks-and-synchronizers.md',
  lock: 'redisson org/redisson/RedissonLock.java, RedissonBaseLock.java',
  java: 'java.util.concurrent.locks.Lock, which redisson’s documentation refers to',
} as const

/** How a lock renews, for every lock that may have a watchdog. */
export const watchdogParameters = {
  watchdogMs: duration(
    30_000,
    'lockWatchdogTimeout: the lease while a watchdog renews it, at each third of it',
  ),
  onLost: oneOf(
    ['silent', 'tell'],
    'silent',
    'what the watchdog does when the lock is gone, or may be because no renewal came through for a lease: ' +
      'nothing, as published, or tell the application',
  ),
  afterError: oneOf(
    ['again', 'stop'],
    'again',
    'what the watchdog does after a renewal without an answer: try again a period later, or end (before #775)',
  ),
} as const

/** What a lock on one Redis, or on a master with replicas, lets its user decide. */
export const redissonParameters = {
  leaseMs: duration(
    0,
    'the lease that the caller asks for; 0 asks for none, and a watchdog renews',
  ),
  waitMs: duration(0, 'for how long tryLock waits; 0 waits without end, as lock() does'),
  ...watchdogParameters,
  waitsAtMostTtl: flag(
    true,
    'whether a waiter tries again when the lease that it was told is over, message or not (before #1763: not)',
  ),
  syncedReplicas: oneOf(
    ['off', 'any', 'all'],
    'any',
    'how many of the replicas must have acknowledged an acquisition within 1 s (checkLockSyncedSlaves)',
  ),
  resends: flag(
    false,
    'whether an acquisition without an answer is sent again, and may count twice (before #6025)',
  ),
  unlockLatch: flag(
    true,
    'whether the server recognises a release that was sent again by its request’s own key',
  ),
  keepsDeadEntry: flag(
    false,
    'whether a watchdog that has ended stays in the list of watchdogs, so that the next hold gets none ' +
      '(before #2515, #3194, #3712)',
  ),
  releasedBy: oneOf(
    ['the-holder', 'another-thread', 'nobody'],
    'the-holder',
    'which thread of the application calls unlock; nobody does if the one that should has died',
  ),
} as const

/** The values of those parameters. */
export type RedissonValues = ParameterValues<typeof redissonParameters>

/** The lease that a hold gets. */
export const leaseOf = ({
  leaseMs,
  watchdogMs,
}: Pick<RedissonValues, 'leaseMs' | 'watchdogMs'>): number => (leaseMs === 0 ? watchdogMs : leaseMs)
