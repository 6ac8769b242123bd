/** The laws of quantised time. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantise, quantiseDown, quantiseUp, TICKS_PER_MS } from './time.ts'

const times = fc.integer({ min: -1e12, max: 1e12 }).map((microseconds) => microseconds / 1_000)
const isWhole = (ms: number): boolean => Number.isInteger(ms * TICKS_PER_MS)

describe('time', () => {
  it('is always a multiple of 1/8 ms', () => {
    fc.assert(
      fc.property(times, (ms) => {
        expect([quantise(ms), quantiseUp(ms), quantiseDown(ms)].every(isWhole)).toBe(true)
      }),
    )
  })

  it('moves by half a tick at most, up never earlier and down never later', () => {
    fc.assert(
      fc.property(times, (ms) => {
        expect(Math.abs(quantise(ms) - ms)).toBeLessThanOrEqual(1 / 16)
        expect(quantiseUp(ms)).toBeGreaterThanOrEqual(ms)
        expect(quantiseUp(ms) - ms).toBeLessThan(1 / 8)
        expect(quantiseDown(ms)).toBeLessThanOrEqual(ms)
        expect(ms - quantiseDown(ms)).toBeLessThan(1 / 8)
      }),
    )
  })

  it('stays where it is once quantised, keeps order, and sums exactly', () => {
    const ticks = fc.integer({ min: 0, max: 2 ** 40 })
    fc.assert(
      fc.property(ticks, ticks, times, times, (one, other, low, high) => {
        const [first, second] = [one / 8, other / 8]
        for (const round of [quantise, quantiseUp, quantiseDown]) expect(round(first)).toBe(first)
        expect(first + second).toBe((one + other) / 8)
        expect(quantise(Math.min(low, high))).toBeLessThanOrEqual(quantise(Math.max(low, high)))
      }),
    )
  })

  it('keeps for ever as for ever', () => {
    expect([quantise(Infinity), quantiseUp(Infinity)]).toEqual([Infinity, Infinity])
  })

  it('prints in three decimals at most', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        expect(String(quantise(ms))).toMatch(/^\d+(\.\d{1,3})?$/)
      }),
    )
  })
})
