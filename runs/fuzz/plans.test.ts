/** Plans as fast-check draws them: valid, of the kinds that were asked for, of great variety, and shrunk step by step. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { algorithms } from '#algorithms'
import { InputError } from '../errors.ts'
import { faultClasses } from '../fault-classes/index.ts'
import { parsePlan } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { algorithmNamed, settle } from '../settle.ts'
import { drawClassPlan } from '../draw.ts'
import { FAULT_KINDS, faultKindsNamed } from './kinds.ts'
import { plansFor } from './plans.ts'

const redlock = algorithmNamed('redlock')
const sample = (name: string, count: number): readonly Plan[] =>
  fc.sample(plansFor(algorithmNamed(name)), { seed: 7, numRuns: count })

const kindsOf = ({ faults, clocks }: Plan): readonly string[] => [
  ...faults.map(({ kind }) => kind),
  ...(Object.keys(clocks).length > 0 ? ['clock'] : []),
]

describe('plans for a lock', () => {
  it.each(algorithms.map((algorithm) => [algorithm.name, algorithm] as const))(
    'of %s can be run, and survive being written down',
    (_name, algorithm) => {
      fc.assert(
        fc.property(plansFor(algorithm), (plan) => {
          expect(() => settle(plan)).not.toThrow()
          expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
        }),
        { numRuns: 300 },
      )
    },
  )

  it('have only faults of the kinds that were asked for', () => {
    const locks = ['redlock', 'redis-set-px', 'zk-sequential', 'two-phase-commit', 'no-lock']
    fc.assert(
      fc.property(
        fc.constantFrom(...locks),
        fc.subarray([...FAULT_KINDS]),
        fc.nat(),
        (name, faults, seed) => {
          const plans = fc.sample(plansFor(algorithmNamed(name), { faults }), {
            seed,
            numRuns: 20,
          })
          for (const plan of plans) for (const kind of kindsOf(plan)) expect(faults).toContain(kind)
        },
      ),
    )
  })

  it('keep to the parameters and to what the store checks', () => {
    const plans = fc.sample(
      plansFor(redlock, { parameters: { ttlMs: 3_000 }, fencing: 'writes' }),
      { seed: 1, numRuns: 50 },
    )
    for (const plan of plans) {
      expect(plan).toMatchObject({ parameters: { ttlMs: 3_000 }, store: { fencing: 'writes' } })
    }
    expect(() => plansFor(redlock, { parameters: { lease: 1 } })).toThrow(InputError)
  })

  it('vary in everything that a plan can vary in', () => {
    const plans = sample('redlock', 600)
    const distinct = (value: (plan: Plan) => unknown): number =>
      new Set(plans.map((plan) => JSON.stringify(value(plan)))).size
    expect(distinct((plan) => [...new Set(kindsOf(plan))].sort())).toBeGreaterThan(25)
    expect(distinct(({ network }) => network.latencyMs)).toBeGreaterThan(3)
    expect(distinct(({ clients }) => clients)).toBeGreaterThan(3)
    expect(distinct(({ servers }) => servers)).toBeGreaterThan(2)
    expect(distinct(({ rounds }) => rounds)).toBeGreaterThan(3)
    expect(distinct(({ workload }) => workload.workMs)).toBeGreaterThan(4)
    expect(distinct(({ workload }) => workload.careful)).toBe(2)
    expect(distinct(({ services }) => services)).toBeGreaterThan(2)
    expect(distinct(({ seed }) => seed)).toBeGreaterThan(590)
    expect(new Set(plans.flatMap(kindsOf)).size).toBe(FAULT_KINDS.length)
    const aimedAt = plans.flatMap(({ faults }) =>
      faults.map(({ at }) => (typeof at === 'object' ? at.node.split('-')[0] : 'time')),
    )
    expect(new Set(aimedAt)).toEqual(new Set(['client', 'redis', 'store', 'time']))
    expect(sample('redisson-lock', 100).some(({ workload }) => workload.nested)).toBe(true)
  })

  it('shrink to plans that are weaker, as any arbitrary does', () => {
    const hasPause = ({ faults }: Plan): boolean => faults.some(({ kind }) => kind === 'pause')
    const { counterexample } = fc.check(
      fc.property(plansFor(redlock), (plan) => !hasPause(plan)),
      { seed: 3, numRuns: 200 },
    )
    const [smallest] = counterexample as [Plan]
    expect(smallest.faults).toHaveLength(1)
    expect(smallest.rounds).toBe(1)
  })

  it('take a plan that somebody wrote, and nothing else, as one of theirs', () => {
    const [plan] = sample('redlock', 1)
    expect(plansFor(redlock).canShrinkWithoutContext(plan)).toBe(true)
    for (const other of [null, 1, {}, { format: 'locksim-plan/2' }]) {
      expect(plansFor(redlock).canShrinkWithoutContext(other)).toBe(false)
    }
  })
})

describe('kinds of faults', () => {
  it('are read in the order of the registry, each once, and refused with a hint', () => {
    expect(faultKindsNamed(['clock', 'pause', 'clock'])).toEqual(['pause', 'clock'])
    expect(() => faultKindsNamed(['puase'])).toThrow(/no fault "puase" \(did you mean pause\?\)/)
  })

  it('of a class are those that it says it draws', () => {
    for (const faultClass of faultClasses) {
      const drawn = algorithms.flatMap((algorithm) =>
        Array.from({ length: 40 }, (_, seed) => drawClassPlan(algorithm, faultClass, seed)).flatMap(
          (plan) => ('skip' in plan ? [] : kindsOf(plan)),
        ),
      )
      expect([...new Set(drawn)].sort()).toEqual([...faultClass.kinds].sort())
    }
  })
})
