/** Shrinking: it ends, what is left still fails, and nothing of it can be weakened. */

import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { algorithms } from '#algorithms'
import { drawClassPlan, drawPlan } from '../draw.ts'
import { faultClasses } from '../fault-classes/index.ts'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { checkersOf, run } from '../run.ts'
import { algorithmNamed, settle } from '../settle.ts'
import { isSimpler, rankOf } from './order.ts'
import { breaks, failsWhere, shrink } from './shrink.ts'
import { sparsePlan } from './sparse.ts'
import { weakenings } from './weaken.ts'

const locks = algorithms.map(({ name }) => name)

/** Plans of any lock, under any faults. */
const plans = fc
  .tuple(
    fc.constantFrom(...locks),
    fc.nat(5_000),
    fc.option(fc.constantFrom(...faultClasses)),
    fc.constantFrom(0, 0, 0, 3),
  )
  .map(([name, seed, faultClass, more]): Plan => {
    const algorithm = algorithmNamed(name)
    const drawn = faultClass === null ? undefined : drawClassPlan(algorithm, faultClass, seed)
    const plan = drawn === undefined || 'skip' in drawn ? drawPlan(algorithm, seed) : drawn
    return { ...plan, clients: plan.clients + more }
  })

/** Questions that can be asked of any plan. What they say of one is a matter of chance, and always the same. */
const questions = fc.nat().map((salt) => (plan: Plan): boolean => {
  let sum = salt
  for (const character of JSON.stringify(plan)) sum = (sum * 31 + character.charCodeAt(0)) % 65_521
  return sum % 3 !== 0
})

/** A plan may be run for longer than it was drawn for, and never shorter. */
const EVENTS_BY_DEFAULT = 5_000_000

describe('weakening a plan', () => {
  it('gives plans that can be run, each of them simpler', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const algorithm = algorithmNamed(plan.algorithm)
        const wrong = [...weakenings(plan, algorithm)].filter((weaker) => {
          const written = JSON.parse(JSON.stringify(weaker)) as unknown
          settle(weaker, algorithm)
          return (
            !isDeepStrictEqual(JSON.parse(JSON.stringify(parsePlan(written))), written) ||
            !isSimpler(weaker, plan, algorithm) ||
            isSimpler(plan, weaker, algorithm)
          )
        })
        expect(wrong).toEqual([])
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  it('never weakens what is asked', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { format, algorithm, progressWithinMs, eventsMax } = plan
        const changed = [...weakenings(plan, algorithmNamed(algorithm))].filter(
          (weaker) =>
            weaker.format !== format ||
            weaker.algorithm !== algorithm ||
            weaker.progressWithinMs !== progressWithinMs ||
            ![eventsMax, EVENTS_BY_DEFAULT].includes(weaker.eventsMax),
        )
        expect(changed).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  it('compares plans by whole numbers that are not negative, so that no descent is endless', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const rank = rankOf(plan, algorithmNamed(plan.algorithm))
        expect(rank.filter((part) => !Number.isInteger(part) || part < 0)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it('gives the same plans for the same plan', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const algorithm = algorithmNamed(plan.algorithm)
        expect([...weakenings(plan, algorithm)]).toEqual([...weakenings({ ...plan }, algorithm)])
      }),
      { numRuns: 10 },
    )
  })
})

describe('shrinking', () => {
  it('ends, whatever is asked, at a plan that fails and of which no weakening does', () => {
    fc.assert(
      fc.property(plans, questions, (plan, fails) => {
        fc.pre(fails(plan))
        const algorithm = algorithmNamed(plan.algorithm)
        const shrunk = shrink(algorithm, plan, fails)
        expect(shrunk.minimal).toBe(true)
        expect(fails(shrunk.plan)).toBe(true)
        expect([...weakenings(shrunk.plan, algorithm)].filter(fails)).toEqual([])
        expect(shrink(algorithm, plan, fails)).toEqual(shrunk)
      }),
      { numRuns: 15 },
    )
  })

  it('keeps the promise broken, with nothing left that could be taken away', () => {
    let shrunkCount = 0
    fc.assert(
      fc.property(plans, (plan) => {
        const algorithm = algorithmNamed(plan.algorithm)
        const broken = run(plan).verdicts.find(({ verdict }) => verdict === 'violated')
        if (broken === undefined) return
        const fails = breaks(algorithm, broken.promise)
        const shrunk = shrink(algorithm, plan, fails)
        expect(shrunk.minimal).toBe(true)
        const result = run(shrunk.plan)
        expect(result.verdicts).toContainEqual(
          expect.objectContaining({ promise: broken.promise, verdict: 'violated' }),
        )
        // A fault that never struck could have been left out.
        expect(result.landed).toHaveLength(shrunk.plan.faults.length)
        expect(shrunk.plan.drawn).toBe(false)
        expect([...weakenings(shrunk.plan, algorithm)].filter(fails)).toEqual([])
        shrunkCount++
      }),
      { numRuns: 60, seed: 7 },
    )
    expect(shrunkCount).toBeGreaterThan(5)
  }, 60_000)

  it('stops when its tries are used up, and does not call that minimal', () => {
    const redlock = algorithmNamed('redlock')
    const plan = drawPlan(redlock, 1)
    const shrunk = shrink(redlock, plan, () => true, { triesMax: 3 })
    expect(shrunk).toMatchObject({ tries: 3, minimal: false })
    expect(isSimpler(shrunk.plan, plan, redlock)).toBe(true)
  })

  it('takes everything away from a plan of which nothing matters', () => {
    const lock = algorithmNamed('redis-set-px')
    for (const seed of [1, 2, 3]) {
      const { plan } = shrink(lock, drawPlan(lock, seed), () => true)
      expect(sparsePlan(plan)).toEqual({
        format: PLAN_FORMAT,
        algorithm: 'redis-set-px',
        seed: 0,
        clients: 1,
      })
    }
  })

  it('leaves fields alone that belong to the question', () => {
    const lock = algorithmNamed('redis-set-px')
    const plan = parsePlan({
      ...drawPlan(lock, 1),
      parameters: { ttlMs: 5_000 },
      store: { fencing: 'writes' },
    })
    const { plan: kept } = shrink(lock, plan, () => true, { keep: ['parameters', 'store'] })
    expect(sparsePlan(kept)).toMatchObject({
      parameters: { ttlMs: 5_000 },
      store: { fencing: 'writes' },
    })
  })

  it('takes a plan on which the lock’s own code fails for one that does not show what is looked for', () => {
    const lock = algorithmNamed('no-lock')
    const careless = {
      ...lock,
      *acquire() {
        throw new Error('oops')
      },
    } as unknown as typeof lock
    const plan = parsePlan({ format: PLAN_FORMAT, algorithm: 'no-lock' })
    expect(failsWhere(careless, () => true)(plan)).toBe(false)
    expect(failsWhere(lock, () => true)(plan)).toBe(true)
  })
})

describe('a plan whose smallest form is known', () => {
  const lock = algorithmNamed('redlock')
  /** The gc-pause, on the third client, in the second of three rounds, among much that has nothing to do with it. */
  const story = parsePlan({
    format: PLAN_FORMAT,
    algorithm: 'redlock',
    drawn: true,
    seed: 123_456,
    clients: 4,
    rounds: 3,
    workload: { startMs: [0, 7, 13, 29], workMs: 97.5, thinkMs: 31, retryMs: 200, careful: true },
    network: { latencyMs: { minMs: 0.5, maxMs: 25 } },
    clocks: { 'client-2': { offsetMs: -371, driftPpm: 113 }, 'redis-4': { driftPpm: -77 } },
    faults: [
      { kind: 'clock', node: 'client-4', at: 3_117, jumpMs: 17 },
      {
        kind: 'suspend',
        node: 'client-3',
        at: { node: 'client-3', event: 'write-sent', nth: 2 },
        forMs: 23_417,
      },
      { kind: 'message', from: 'redis-2', to: 'client-1', at: 40, nth: 2, action: 'lose' },
      { kind: 'pause', node: 'redis-5', at: { node: 'client-2', event: 'granted' }, forMs: 311 },
    ],
    horizonMs: 500_000,
  })
  const { plan, minimal } = shrink(lock, story, breaks(lock, 'exclusion/effect'))

  it('is found among everything that does not matter', () => {
    expect(minimal).toBe(true)
    const { seed: _seed, ...rest } = sparsePlan(plan)
    expect(rest).toEqual({
      format: PLAN_FORMAT,
      algorithm: 'redlock',
      servers: 3,
      faults: [
        {
          kind: 'pause',
          node: 'client-1',
          at: { node: 'client-1', event: 'write-sent' },
          forMs: 10_000,
        },
      ],
    })
  })

  it('is found for any question about a run', () => {
    const wanted = failsWhere(lock, ({ tally }) => tally.grants >= 2)
    expect(sparsePlan(shrink(lock, story, wanted).plan)).toEqual({
      format: PLAN_FORMAT,
      algorithm: 'redlock',
      seed: 0,
      clients: 1,
      servers: 3,
      rounds: 2,
    })
  })
})

describe('a sparse plan', () => {
  it('is read as the plan that it came from', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(parsePlan(JSON.parse(JSON.stringify(sparsePlan(plan))))).toEqual(plan)
      }),
      { numRuns: 200 },
    )
  })

  it('says nothing that its reader knows', () => {
    const plan = parsePlan({ format: PLAN_FORMAT, algorithm: 'redlock', clients: 2, clocks: {} })
    expect(sparsePlan(plan)).toEqual({ format: PLAN_FORMAT, algorithm: 'redlock', seed: 0 })
  })
})

describe('the question whether a plan breaks a promise', () => {
  it('has the answer that a whole run gives', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const algorithm = algorithmNamed(plan.algorithm)
        const { verdicts } = run(plan)
        expect(
          checkersOf(algorithm).map(({ promise }) => breaks(algorithm, promise)(plan)),
        ).toEqual(verdicts.map(({ verdict }) => verdict === 'violated'))
      }),
      { numRuns: 15 },
    )
  })
})
