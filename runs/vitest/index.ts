/** `locksim/vitest`: importing it teaches vitest’s `expect` what locks promise. */

import { expect } from 'vitest'
import type { PromiseName } from '#checkers'
import { toHaveHeld } from './to-have-held.ts'
import { toHold } from './to-hold.ts'
import type { HoldOptions } from './to-hold.ts'

export type { HoldOptions } from './to-hold.ts'

/** What locksim adds to `expect`. */
export interface LockMatchers {
  /**
   * The lock keeps this promise in every run. It is an error, also behind `not`, if no run put it to the test.
   *
   * @example expect(myLock).toHold('exclusion/effect', { under: ['pause'] })
   */
  toHold(promise: PromiseName, options?: HoldOptions): void
  /**
   * The promise held in this run. It is an error, also behind `not`, if the run did not put it to the test.
   *
   * @example expect(run(plan, { algorithm: myLock })).toHaveHeld('exclusion/effect')
   */
  toHaveHeld(promise: PromiseName | (string & {})): void
}

declare module 'vitest' {
  // The type of what is expected must be named as vitest names it.
  interface Matchers<T> extends LockMatchers {}
}

expect.extend({ toHold, toHaveHeld })
