/** The trace hash tells runs apart, and seeds of campaigns never meet. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RollingHash, seedOfRun } from './hash.ts'

type Item = number | string

const hashOf = (items: readonly Item[]): string => {
  const hash = new RollingHash()
  for (const item of items) {
    if (typeof item === 'number') hash.mixNumber(item)
    else hash.mixText(item)
  }
  return hash.digest()
}

const items = fc.array(
  fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string({ maxLength: 12 })),
  {
    minLength: 1,
    maxLength: 20,
  },
)

describe('rolling hash', () => {
  it('is sixteen hexadecimal digits and depends on nothing but what was mixed', () => {
    fc.assert(
      fc.property(items, (list) => {
        expect(hashOf(list)).toMatch(/^[0-9a-f]{16}$/)
        expect(hashOf(list)).toBe(hashOf(list))
      }),
    )
  })

  it('changes with any single integer, wherever it stands', () => {
    const words = fc.array(fc.integer(), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(words, fc.nat(), fc.integer(), (list, position, other) => {
        const index = position % list.length
        fc.pre(list[index] !== other)
        expect(hashOf(list.with(index, other))).not.toBe(hashOf(list))
      }),
    )
  })

  it('changes with the order, with a repetition and with an empty text', () => {
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]))
    expect(hashOf([1, 1])).not.toBe(hashOf([1]))
    expect(hashOf(['a', ''])).not.toBe(hashOf(['a']))
    expect(hashOf(['ab', 'c'])).not.toBe(hashOf(['a', 'bc']))
    expect(hashOf([0])).not.toBe(hashOf([]))
    expect(hashOf([0.5])).not.toBe(hashOf([0.25]))
  })

  it('changes with an eighth of a millisecond, and with the word beside it', () => {
    const at = (ms: number, word: number): string => {
      const hash = new RollingHash()
      hash.mixAt(ms, word)
      hash.mix(1)
      return hash.digest()
    }
    expect(at(1, 5)).not.toBe(at(1.125, 5))
    expect(at(1, 5)).not.toBe(at(1, 6))
    // What stands still is what gets past a rolling hash: one tick later, one word less.
    const near = [at(1, 5), at(1.125, 4), at(0.875, 6), at(1.125, 6), at(0.875, 4)]
    expect(new Set(near).size).toBe(near.length)
  })

  it('goes on rolling after a digest as if nobody had looked', () => {
    const looked = new RollingHash()
    looked.mix(1)
    looked.digest()
    looked.mix(2)
    expect(looked.digest()).toBe(hashOf([1, 2]))
  })

  it('tells ten thousand similar runs apart', () => {
    const seen = new Set<string>()
    for (let index = 0; index < 10_000; index++)
      seen.add(hashOf([index % 100, Math.floor(index / 100), 'x']))
    expect(seen.size).toBe(10_000)
  })

  it('keeps its value from one version of locksim to the next', () => {
    expect(hashOf(['client-1', 42, 0.125, -1])).toMatchInlineSnapshot(`"fab9e38069e3371a"`)
  })
})

describe('seeds of a campaign', () => {
  const seedsOf = (campaign: number | string): readonly number[] =>
    Array.from({ length: 10_000 }, (_, index) => seedOfRun(campaign, index))

  it('shares no run with the campaign of the next seed, nor repeats one', () => {
    const campaigns = [0, 1, 2, 10, 12].flatMap(seedsOf)
    expect(new Set(campaigns).size).toBe(50_000)
  })

  it('are whole numbers that survive JSON', () => {
    for (const seed of seedsOf(1)) expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true)
  })
})
