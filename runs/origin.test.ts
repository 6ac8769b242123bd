/** Where a lock was written: known for those of a module, by name for ours, and not made up for others. */

import { describe, expect, it } from 'vitest'
import { algorithms, defineAlgorithm as defineInside, isLock } from '#algorithms'
import type { AnyLock } from '#algorithms'
import { commandNameOf, defineAlgorithm } from './origin.ts'

const [ours] = algorithms.filter(isLock) as [AnyLock]

describe('commandNameOf', () => {
  it('is the name of a lock of locksim', () => {
    expect(commandNameOf(ours)).toBe(ours.name)
  })

  it('is unknown for a lock that was defined in a test, which no command can load', () => {
    expect(commandNameOf(defineAlgorithm({ ...ours, name: 'here' }))).toBeUndefined()
  })

  it('is unknown for a lock that was never defined, or copied', () => {
    expect(commandNameOf({ ...ours })).toBeUndefined()
    expect(commandNameOf(defineInside({ ...ours }))).toBeUndefined()
  })

  it('returns the lock as it is', () => {
    const mine = { ...ours, name: 'mine' }
    expect(defineAlgorithm(mine)).toBe(mine)
  })
})
