/** contention: two clients really competed for the lock, or the run proves nothing. */

import { defineChecker } from './checker.ts'
import { held, vacuous } from './verdict.ts'
import { inMs } from './words.ts'

const promise = 'contention'

/** A "sometimes" property: no single run owes it, but a campaign in which it never happens has tested nothing. */
export const contention = defineChecker({
  promise,
  mood: 'sometimes',
  summary: 'two clients really competed for the lock',
  source: 'Antithesis, "sometimes assertions"; TigerBeetle, coverage marks',
  sees: [],
  start: (_header, { clients }) => {
    return {
      see() {},
      end() {
        const began = clients.began()
        return began === undefined
          ? vacuous(promise, 'no two clients competed', { competed: 0 })
          : held(
              promise,
              `${began.node} asked at ${inMs(began.atMs)} against ${clients.against() ?? ''}`,
              { competed: 1, firstMs: began.atMs },
            )
      },
    }
  },
})
