/** Numbers as people read them. */

import { describe, expect, it } from 'vitest'

import { countOf, inMs, numeral } from './words.ts'

describe('words', () => {
  it('group thousands and keep at most three decimals', () => {
    expect([0, 7, 999, 1003, 1_234_567, 16_003.125, 0.5, 2.0004, -1500].map(numeral)).toEqual([
      '0',
      '7',
      '999',
      '1,003',
      '1,234,567',
      '16,003.125',
      '0.5',
      '2',
      '-1,500',
    ])
    expect(inMs(16_003.125)).toBe('16,003.125 ms')
  })

  it('put the noun in its number', () => {
    expect([0, 1, 2].map((count) => countOf(count, 'hold'))).toEqual([
      '0 holds',
      '1 hold',
      '2 holds',
    ])
  })
})
