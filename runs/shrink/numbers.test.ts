/** Simpler numbers: finitely many, each with a smaller rank. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLess, rankOfNumber, rounderAbove, simplerNumbers } from './numbers.ts'

const values = fc.oneof(
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
  fc.integer({ min: 0, max: 8_000_000 }).map((ticks) => ticks / 8),
  fc.maxSafeNat(),
)

describe('simpler numbers', () => {
  it.each([
    [15_000, [0, 1, 10, 100, 1_000, 10_000, 7_500, 11_000, 14_000]],
    [1_000, [0, 1, 10, 100, 500, 750, 990]],
    [7, [0, 1, 3, 5, 6]],
    [1, [0]],
    [0, []],
    [0.5, [0, 1]],
    [-17, [-0, -1, -10, -8, -12, -16]],
  ])('than %d are round or small, the boldest first', (value, expected) => {
    expect(simplerNumbers(value).map((one) => one + 0)).toEqual(expected.map((one) => one + 0))
  })

  it('begin with the default, and stop at the least', () => {
    expect(simplerNumbers(250, { simplest: 100, least: 50 })).toEqual([100, 50, 200, 120, 180, 240])
    expect(simplerNumbers(3, { least: 1 })).toEqual([1, 2])
    expect(simplerNumbers(100, { simplest: 100 })).toEqual([])
  })

  it('are made of few digits before they are small', () => {
    expect(simplerNumbers(10_007)).toContain(11_000)
    expect(simplerNumbers(11_000)).not.toContain(10_999)
  })

  it('have a smaller rank and the same sign, and there are few of them', () => {
    fc.assert(
      fc.property(values, fc.option(values, { nil: undefined }), (value, simplest) => {
        const simpler = simplerNumbers(value, simplest === undefined ? {} : { simplest })
        expect(simpler.length).toBeLessThan(25)
        for (const one of simpler) {
          expect(isLess(rankOfNumber(one, simplest), rankOfNumber(value, simplest))).toBe(true)
        }
        expect(simpler.filter((one) => one !== simplest && one * value < 0)).toEqual([])
      }),
    )
  })
})

describe('rounder numbers above', () => {
  it('are the next ones of one digit', () => {
    expect(rounderAbove(30, 3)).toEqual([50, 100, 200])
    expect(rounderAbove(0, 2)).toEqual([1, 2])
  })
})
