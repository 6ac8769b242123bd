/** exclusion/belief: no two clients believe at once that they hold the lock. */

import { BELIEF_KINDS, judgeBelief } from './belief.ts'
import { defineChecker } from './checker.ts'

/**
 * Belief lasts from acquire's return to release's call, to being told of the loss, or to a crash. No lock that frees
 * itself after a crash can promise this in an asynchronous system: its lease must end by time.
 */
export const exclusionBelief = defineChecker({
  promise: 'exclusion/belief',
  mood: 'always',
  summary: 'no two clients believe at once that they hold the lock',
  source: 'etcd, learning/why.md, on what a lock with a lease can promise; Hazelcast, FencedLock',
  sees: BELIEF_KINDS,
  start: (_header, history) =>
    judgeBelief(
      'exclusion/belief',
      history,
      false,
      'both believed that they held the lock: two clients held it at once.',
    ),
})
