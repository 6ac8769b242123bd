/** The registry of checkers: one line each. */

import type { Checker } from './checker.ts'
import { agreement } from './agreement.ts'
import { availability } from './availability.ts'
import { blocking } from './blocking.ts'
import { commitValidity } from './commit-validity.ts'
import { contention } from './contention.ts'
import { deadlockFreedom } from './deadlock-freedom.ts'
import { exclusionBelief } from './exclusion-belief.ts'
import { exclusionEffect } from './exclusion-effect.ts'
import { exclusionService } from './exclusion-service.ts'
import { exclusionValidity } from './exclusion-validity.ts'
import { fairness } from './fairness.ts'
import { fencing } from './fencing.ts'
import { lostUpdate } from './lost-update.ts'
import { ownership } from './ownership.ts'
import { reentrancy } from './reentrancy.ts'
import { starvation } from './starvation.ts'
import { termination } from './termination.ts'

export * from './checker.ts'
export * from './fold.ts'
export * from './orphan-phantom.ts'
export * from './tally.ts'
export { countOf, inMs, numeral } from './words.ts'

/** Every judge, in the order in which verdicts are printed. */
export const checkers: readonly Checker[] = [
  exclusionService,
  exclusionBelief,
  exclusionValidity,
  exclusionEffect,
  fencing,
  lostUpdate,
  deadlockFreedom,
  ownership,
  starvation,
  fairness,
  reentrancy,
  availability,
  contention,
  agreement,
  commitValidity,
  blocking,
  termination,
]

/** Those of locks. */
export const lockCheckers: readonly Checker[] = checkers.filter(({ about }) => about !== 'commits')

/** Those of commit protocols. */
export const commitCheckers: readonly Checker[] = checkers.filter(
  ({ about }) => about === 'commits',
)
