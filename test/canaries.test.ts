/** Canaries: locks that are wrong on purpose must be caught within a small budget, or the alarm does not ring. */

import { describe, expect, it } from 'vitest'
import { algorithms, isProtocol } from '#algorithms'
import { algorithmNamed, drawPlan, run } from '#runs'

const BUDGET = 100

/** The first of the drawn plans under which the promise breaks. */
const firstBreak = (lock: string, promise: string): number | undefined => {
  for (let seed = 0; seed < BUDGET; seed++) {
    const { verdicts } = run(drawPlan(algorithmNamed(lock), seed))
    if (verdicts.some((each) => each.promise === promise && each.verdict === 'violated'))
      return seed
  }
  return undefined
}

describe('canaries', () => {
  const names = algorithms.filter(({ canary }) => canary === true).map(({ name }) => name)

  it('are there', () => {
    expect(names).toEqual(
      expect.arrayContaining(['no-lock', 'redis-blind-delete', 'majority-commit']),
    )
  })

  it.each(names)(`%s is caught within ${BUDGET} random plans`, (name) => {
    const promise = isProtocol(algorithmNamed(name)) ? 'agreement' : 'exclusion/effect'
    expect(firstBreak(name, promise)).toBeDefined()
  })

  it('redis-blind-delete is caught deleting the lock of another, which redis-set-px never is', () => {
    expect(firstBreak('redis-blind-delete', 'ownership')).toBeDefined()
    expect(firstBreak('redis-set-px', 'ownership')).toBeUndefined()
  })
})

describe('no false alarm', () => {
  it('ZooKeeper’s lock with its tokens checked at the store keeps the effect under every fault drawn', () => {
    for (let seed = 0; seed < 3 * BUDGET; seed++) {
      const plan = drawPlan(algorithmNamed('zk-sequential'), seed)
      const { verdicts } = run({ ...plan, store: { fencing: 'all' } })
      for (const { promise, verdict } of verdicts) {
        if (promise === 'exclusion/belief') continue
        expect([seed, promise, verdict]).not.toEqual([seed, promise, 'violated'])
      }
    }
  })
})
