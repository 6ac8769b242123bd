/** What is run again at the end of a stretch, and what is said when it was another run. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rerunRemark, rerunsOf } from './rerun.ts'

describe('the runs that are run again', () => {
  it('are the first, one in the middle, and the last', () => {
    expect(rerunsOf([10, 11, 12, 13, 14])).toEqual([10, 12, 14])
  })

  it('are all of them where there are few', () => {
    expect([rerunsOf([]), rerunsOf([1]), rerunsOf([1, 2])]).toEqual([[], [1], [1, 2]])
  })

  it('are different ones of the stretch, in order, the first and the last among them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), (runs) => {
        const again = rerunsOf(runs)
        expect(new Set(again).size).toBe(again.length)
        expect(again[0]).toBe(runs[0])
        expect(again.at(-1)).toBe(runs.at(-1))
        expect(again.map((one) => runs.indexOf(one))).toEqual(
          again.map((one) => runs.indexOf(one)).toSorted((one, other) => one - other),
        )
        expect(again.length).toBe(Math.min(3, runs.length))
      }),
    )
  })
})

describe('a run that is run again', () => {
  it('and is the same is not remarked on; another one is, by lock and seed', () => {
    const before = { seed: 7, hash: 'aa' }
    expect(rerunRemark('my-lock', before, 'aa')).toBeUndefined()
    expect(rerunRemark('my-lock', before, 'bb')).toMatch(
      /^my-lock, seed 7: .* \(hash aa, then bb\); the module keeps something between runs/,
    )
  })
})
