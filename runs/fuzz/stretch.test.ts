/** Stretches: sums that can be added in any order, plans that depend on nothing but their number, mishaps that stop nothing. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defineAlgorithm } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { sleep } from '#sim'
import { run } from '../run.ts'
import { algorithmNamed } from '../settle.ts'
import { addSum, emptySum, planOfRun, runStretch, STRETCH } from './stretch.ts'
import type { StretchSum } from './stretch.ts'

const lock = algorithmNamed('redis-blind-delete')
const SEED = 5

const sumOf = (parts: readonly StretchSum[]): StretchSum => {
  const whole = emptySum()
  for (const part of parts) addSum(whole, part)
  return whole
}

const clumsy = defineAlgorithm({
  name: 'clumsy',
  summary: 'fails now and then',
  sources: ['this test'],
  claims: [],
  needs: {},
  parameters: {},
  gives: () => ({ token: false, validity: false }),
  leaseMs: () => 1_000,
  *acquire(me) {
    yield* sleep(1)
    if (me.jitterMs(20) === 0) throw new Error('slipped')
    return {}
  },
  *release() {
    yield* sleep(1)
    return 'ok'
  },
  holders: () => [],
}) as unknown as AnyAlgorithm

describe('a stretch', () => {
  const parts = Array.from({ length: 8 }, (_, index) =>
    runStretch(lock, {}, { seed: SEED, from: index * 10, to: index * 10 + 10 }),
  )

  it('is the sum of its parts, in whatever order they are added', () => {
    const whole = runStretch(lock, {}, { seed: SEED, from: 0, to: 80 })
    expect(whole.runs).toBe(80)
    expect(Object.keys(whole.promises)).toContain('exclusion/effect')
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (shuffled) => {
        expect(sumOf(shuffled)).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  it('can be added in groups', () => {
    const groups = [parts.slice(0, 3), parts.slice(3, 4), parts.slice(4)].map(sumOf)
    expect(sumOf(groups)).toEqual(sumOf(parts))
  })

  it('goes through JSON unchanged', () => {
    const read = JSON.parse(JSON.stringify(parts[0])) as StretchSum
    expect(sumOf([read, ...parts.slice(1)])).toEqual(sumOf(parts))
  })

  it('names the first and the smallest run that broke a promise', () => {
    const broken = sumOf(parts).promises['exclusion/effect']
    for (const number of [broken?.firstAtRun ?? 0, broken?.smallest?.run ?? 0]) {
      const { verdicts } = run(planOfRun(lock, {}, SEED, number))
      expect(verdicts.find(({ promise }) => promise === 'exclusion/effect')?.verdict).toBe(
        'violated',
      )
    }
  })

  it('tells more runs the same plans', () => {
    const numbers = [0, 7, STRETCH - 1, STRETCH, 3 * STRETCH + 11]
    const plans = numbers.map((number) => planOfRun(lock, {}, SEED, number))
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(numbers.length)
    expect(numbers.map((number) => planOfRun(lock, {}, SEED, number))).toEqual(plans)
    expect(planOfRun(lock, {}, SEED + 1, 7)).not.toEqual(plans[1])
  })

  it('goes on after a run that the lock’s own code broke off, and says which it was', () => {
    const sum = runStretch(clumsy, {}, { seed: SEED, from: 0, to: 60 })
    expect(sum.runs).toBe(60)
    expect(sum.mishapCount).toBeGreaterThan(0)
    expect(sum.mishapCount).toBeLessThan(60)
    const [first] = sum.mishaps
    expect(first?.message).toContain('slipped')
    const plan = planOfRun(clumsy, {}, SEED, (first?.run ?? 0) - 1)
    expect(plan.seed).toBe(first?.seed)
    expect(() => run(plan, { algorithm: clumsy })).toThrow('slipped')
  })

  it('leaves out what it is told to leave out', () => {
    const begun: number[] = []
    const stretch = { seed: SEED, from: 0, to: 6 }
    runStretch(lock, {}, stretch, { begun: (number) => void begun.push(number), skip: [2, 4] })
    expect(begun).toEqual([0, 1, 3, 5])
  })
})
