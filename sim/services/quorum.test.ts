/** Tests of what counts as a majority. */

import { describe, expect, it } from 'vitest'
import { majorityOf } from './quorum.ts'

describe('a majority', () => {
  it('is more than half', () => {
    expect([1, 2, 3, 4, 5].map(majorityOf)).toEqual([1, 2, 2, 3, 3])
  })
})
