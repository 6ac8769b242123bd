/** The same lock as the article's Java code really does it: `RedisLockUtil.lock2` and `unLock2`. */

import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import { ownersOf } from './redis-holders.ts'
import {
  ARTICLE,
  lockWithStamp,
  TAKEOVERS,
  unlockInTime,
  unlockOwnStamp,
  unlockStoredStamp,
} from './redis-lock-util.ts'
import type { Stamp } from './redis-lock-util.ts'

interface UtilGrant extends Grant {
  /** Missing for a caller that goes on without having got the lock. */
  readonly taken: Stamp | undefined
}

/**
 * The published code, faults included:
 *
 * - `expire` is documented as seconds and added to a clock in ms: the lease is 60 ms, not 60 s;
 * - a missing key reads as stamp "0", hence as expired; if it is still missing at GETSET, the answer null
 *   cannot be parsed, and the exception leaves behind a key that nobody owns;
 * - a losing GETSET overwrites the winner's stamp;
 * - `unLock2` never asks whose lock it is: it deletes whatever has a stamp in the future, in two steps;
 * - a stamp in the past is not deleted, so that with 60 ms the usual release leaves the key for ever.
 */
export const redisSetnxGetsetPublished = defineAlgorithm({
  name: 'redis-setnx-getset-published',
  summary:
    'SETNX with an expiry stamp, taken over with GETSET; the published Java code, bugs included',
  sources: [`${ARTICLE}.lock2 and unLock2, and their use`, 'redis docs/commands/getset.md'],
  steps: [
    'SETNX lock with now plus a timeout, whose unit is mistaken; 1 means that the lock is ours.',
    'Otherwise GET it; if that instant has passed, GETSET a new one.',
    'The lock is ours if GETSET gave back what GET had shown.',
    'Release: GET the key and delete it if the instant in it lies ahead, whoever wrote it.',
  ],
  useWhen: 'Never: it is here because it is copied.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    expire: count(60, 'meant as seconds, used as ms'),
    unitMs: duration(1, 'how many ms one unit of expire is: 1 as coded, 1000 as documented'),
    takeover: oneOf(
      TAKEOVERS,
      'same-value',
      'which answer to GETSET wins: the stamp that was read before, or any that is expired (redis.io)',
    ),
    absentIsExpired: flag(
      true,
      'whether a key that is gone when it is read counts as expired, and is set without being owned',
    ),
    release: oneOf(
      ['stored-stamp', 'own-elapsed', 'compare-and-delete'],
      'stored-stamp',
      'delete if the stored stamp lies ahead (unLock2); if our own lease is not over (the text, step 5); or if the stamp is ours',
    ),
    loserGoesOn: flag(
      false,
      'whether the caller makes its exception without throwing it, as the article’s usage does, and goes on',
    ),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ expire, unitMs }) => expire * unitMs,

  *acquire(me, parameters): Process<UtilGrant | undefined> {
    const { expire, unitMs, takeover, absentIsExpired } = parameters
    const leaseMs = expire * unitMs
    const taken = yield* lockWithStamp(me, { leaseMs, takeover, absentIsExpired })
    return taken === undefined && !parameters.loserGoesOn ? undefined : { taken }
  },

  *release(me, { taken }, { release, expire, unitMs }) {
    if (taken === undefined || release === 'stored-stamp') return yield* unlockStoredStamp(me)
    return release === 'own-elapsed'
      ? yield* unlockInTime(me, taken, expire * unitMs)
      : yield* unlockOwnStamp(me, taken)
  },

  holders: ({ redis }, lock) => ownersOf(redis, lock),
})
