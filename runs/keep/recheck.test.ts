import { describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { parsePlan } from '../plan.ts'
import { run } from '../run.ts'
import type { Counterexample } from './counterexample.ts'
import {
  counterexampleWith,
  mended,
  original,
  pausedInHold,
  refusing,
  throwing,
  withClockRead,
  withLongerLease,
  withoutFirstGrant,
  withRoundTrip,
} from './edited-locks.ts'
import { nearby } from './nearby.ts'
import { recheck } from './recheck.ts'

const first = pausedInHold(1)
const second = pausedInHold(2, { seed: 3, rounds: 4 })

/** Asks for the lock once more: between them the moments count in steps, which no edit leaves alone. */
const byStep = counterexampleWith([
  { kind: 'pause', node: 'client-1', at: { node: 'client-1', step: 7 }, forMs: 15_000 },
])

describe('rechecking a counterexample', () => {
  it('says that the very same run still breaks the promise', () => {
    expect(recheck(first)).toMatchObject({
      outcome: 'still broken',
      identical: true,
      message: 'still broken, by the same run',
    })
  })

  it.each([
    ['an extra round trip before the SET', withRoundTrip],
    ['an extra look at the clock', withClockRead],
  ])('survives %s, and says what is different', (_edit, lock) => {
    for (const counterexample of [first, second, byStep]) {
      const found = recheck(counterexample, lock)
      expect(found).toMatchObject({ outcome: 'still broken', identical: false })
      expect(found.message).toMatch(/^still broken[;,] /)
    }
  })

  it('survives one grant fewer: the fault is aimed at the grant before', () => {
    const only = pausedInHold(1, { rounds: 1 })
    const aimedAtSecond: Counterexample = {
      ...only,
      plan: { ...second.plan, rounds: 1 },
    }
    expect(recheck(aimedAtSecond)).toMatchObject({
      outcome: 'still broken',
      identical: false,
      message: expect.stringContaining('by a plan nearby') as string,
    })
    expect(recheck(second, withoutFirstGrant())).toMatchObject({ outcome: 'still broken' })
  })

  it('survives another lease by a longer fault, and says so', () => {
    const found = recheck(first, withLongerLease)
    expect(found).toMatchObject({
      outcome: 'still broken',
      message: expect.stringContaining('by a plan nearby') as string,
    })
  })

  it('survives another lease where it is the work that takes too long', () => {
    const slow = counterexampleWith([], { workload: { workMs: 11_000 } })
    expect(recheck(slow, withLongerLease)).toMatchObject({
      outcome: 'still broken',
      message: expect.stringMatching(/by a plan nearby .*: work of 44,000 ms$/) as string,
    })
  })

  it('gives a plan on which the promise is broken, whenever it is still broken', () => {
    for (const lock of [original, withRoundTrip, withClockRead, withLongerLease]) {
      const found = recheck(second, lock)
      expect(found.outcome).toBe('still broken')
      if (found.outcome !== 'still broken') continue
      const { verdicts } = run(found.plan, { algorithm: lock })
      expect(verdicts).toContainEqual(
        expect.objectContaining({ promise: 'exclusion/effect', verdict: 'violated' }),
      )
    }
  })

  it('says that it is no longer broken when the lock has been mended, and how many plans it tried', () => {
    const found = recheck(first, mended)
    expect(found.outcome).toBe('no longer broken')
    expect(found.message).toMatch(
      /^no longer broken: exclusion\/effect was put to the test and held, also under \d+ plans nearby$/,
    )
  })

  it('says that it does not apply when nobody gets the lock, and which step is missed', () => {
    const found = recheck(second, refusing)
    expect(found.outcome).toBe('does not apply')
    expect(found.message).toMatch(
      /^does not apply any more: expected the grant by the servers to client-\d at step \d+; fault 0 \(pause\) never struck/,
    )
  })

  it('says that it does not apply when the lock’s own code fails, or has no such parameter any more', () => {
    expect(recheck(first, throwing)).toMatchObject({
      outcome: 'does not apply',
      message: expect.stringContaining('it has a mistake in it') as string,
    })
    const withParameter = {
      ...first,
      plan: { ...first.plan, parameters: { gone: 1 } },
    }
    expect(recheck(withParameter)).toMatchObject({
      outcome: 'does not apply',
      message: expect.stringContaining('has no parameter "gone"') as string,
    })
  })

  it('refuses a counterexample of a lock that is gone', () => {
    const gone = { ...first, algorithm: 'redis-set-pz' }
    expect(() => recheck(gone)).toThrow(InputError)
    expect(() => recheck(gone)).toThrow(
      'there is no lock "redis-set-pz" (did you mean redis-set-px?)',
    )
  })
})

describe('plans nearby', () => {
  const plan = parsePlan(second.plan)

  it('are always the same, and none is the plan itself', () => {
    const texts = [...nearby(plan, Infinity)].map((near) => JSON.stringify(near))
    expect(texts).toEqual([...nearby(plan, Infinity)].map((near) => JSON.stringify(near)))
    expect(texts).not.toContain(JSON.stringify(plan))
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('can all be read as plans', () => {
    for (const near of nearby(parsePlan(byStep.plan), Infinity))
      expect(parsePlan(near)).toEqual(near)
  })
})
