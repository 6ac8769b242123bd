/** exclusion/validity: no two clients are at once inside the validity time that each computed. */

import { BELIEF_KINDS, judgeBelief } from './belief.ts'
import { defineChecker } from './checker.ts'
import { notOffered } from './verdict.ts'

/**
 * Belief, cut where the client's own clock passed the end of the validity that it computed. It says
 * nothing about a client that slept past that end and went on without looking: exclusion/effect does.
 */
export const exclusionValidity = defineChecker({
  promise: 'exclusion/validity',
  mood: 'always',
  summary:
    'no two clients are at once inside the validity time that each computed by its own clock',
  source: 'redis.io, "Distributed Locks with Redis": the lock validity time, safety arguments',
  sees: BELIEF_KINDS,
  start: (header, history) =>
    header.offersValidity
      ? judgeBelief(
          'exclusion/validity',
          history,
          true,
          'both were inside the validity that they had computed: two clients held a valid lock at once.',
        )
      : {
          see() {},
          end: () => notOffered('exclusion/validity', 'the lock states no end of validity'),
        },
})
