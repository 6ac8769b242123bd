/** The example of the page on the library: a scenario, a judge and a run of one’s own, told, shrunk and played again. */

import {
  breaks,
  defineChecker,
  defineScenario,
  lockCheckers,
  parsePlan,
  planScenario,
  randomChoice,
  recordingChoice,
  replayingChoice,
  run,
  shrink,
  sparsePlan,
  tell,
} from 'locksim'
import { myLock } from './my-lock.ts'

// A timeline of our own, in terms of the lock's lease, so that it fits any lock.
const longPause = defineScenario({
  name: 'long-pause',
  summary: 'each client stands still for two leases, between reading and writing',
  source: 'our own incident of last May',
  plan: ({ leaseMs }) => ({
    rounds: 2,
    faults: [
      {
        kind: 'pause',
        node: 'client-1',
        at: { node: 'client-1', event: 'read-returned' },
        forMs: 2 * leaseMs,
      },
      {
        kind: 'pause',
        node: 'client-2',
        at: { node: 'client-2', event: 'read-returned' },
        forMs: 2 * leaseMs,
      },
    ],
  }),
})
const plan = planScenario(longPause, myLock, 42)
if ('skip' in plan) throw new Error(plan.skip)

// A judge of our own, beside all the others.
const shortHolds = defineChecker({
  promise: 'short-holds',
  mood: 'always',
  summary: 'nobody believes for more than a second that it holds the lock',
  source: 'our own service',
  sees: ['granted', 'released'],
  start() {
    const since = new Map()
    let longestMs = 0
    return {
      see(fact) {
        if (fact.kind === 'granted') since.set(fact.hold, fact.atMs)
        if (fact.kind === 'released') {
          longestMs = Math.max(longestMs, fact.atMs - (since.get(fact.hold) ?? fact.atMs))
        }
      },
      end: () => ({
        promise: 'short-holds',
        verdict: longestMs > 1_000 ? 'violated' : 'held',
        evidence: `the longest hold took ${longestMs} ms`,
        measures: { longestMs },
      }),
    }
  },
})
const { verdicts } = run(plan, { algorithm: myLock, checkers: [...lockCheckers, shortHolds] })
for (const { promise, verdict, evidence } of verdicts) {
  if (promise === 'short-holds' || promise === 'exclusion/effect')
    console.log(`${promise} ${verdict}: ${evidence}`)
}

// The smallest plan on which it still goes wrong, as a person would write it, and its story.
const smallest = shrink(myLock, plan, breaks(myLock, 'exclusion/effect'))
console.log(`smallest: ${JSON.stringify(sparsePlan(smallest.plan).faults)}`)
console.log(tell(run(smallest.plan, { algorithm: myLock })))

// All chance comes through one door: what was drawn can be kept, changed, and played again.
const calm = parsePlan({ format: 'locksim-plan/1', algorithm: myLock.name })
const { choice, recording } = recordingChoice(randomChoice(7))
const { hash } = run(calm, { algorithm: myLock, choice })
const again = run(calm, { algorithm: myLock, choice: replayingChoice(recording()) })
console.log(hash === again.hash ? 'the same run again' : 'another run')
