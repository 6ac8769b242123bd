/** Plans drawn at random: valid, the same for the same seed, and of all kinds. */

import { describe, expect, it } from 'vitest'
import { algorithms } from '#algorithms'
import { faults } from '#sim'
import { drawClassPlan, drawPlan } from './draw.ts'
import { faultClassNamed } from './fault-classes/index.ts'
import { algorithmNamed, settle } from './settle.ts'

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed)

describe('a drawn plan', () => {
  it.each(algorithms.map((algorithm) => [algorithm.name, algorithm] as const))(
    'for %s names only what exists',
    (_name, algorithm) => {
      for (const seed of SEEDS) expect(() => settle(drawPlan(algorithm, seed))).not.toThrow()
    },
  )

  it('is the same for the same seed, and another for another seed or lock', () => {
    const redlock = algorithmNamed('redlock')
    expect(SEEDS.map((seed) => drawPlan(redlock, seed))).toEqual(
      SEEDS.map((seed) => drawPlan(redlock, seed)),
    )
    const shapes = SEEDS.map((seed) => JSON.stringify({ ...drawPlan(redlock, seed), seed: 0 }))
    expect(new Set(shapes).size).toBeGreaterThan(250)
    const [one, other] = ['redlock', 'redis-set-px'].map((name) =>
      drawPlan(algorithmNamed(name), 5),
    )
    expect({ ...one, algorithm: '' }).not.toEqual({ ...other, algorithm: '' })
  })

  it('gives a lock that waits long for an answer the time to ask again', () => {
    const lock = algorithmNamed('mysql-get-lock')
    const classPlan = drawClassPlan(lock, faultClassNamed('partition'), 0, {
      parameters: { statementTimeoutMs: 300_000 },
    })
    expect(classPlan).toMatchObject({ progressWithinMs: 600_000 })
    expect(drawPlan(lock, 0).progressWithinMs).toBe(120_000)
    expect(drawPlan(algorithmNamed('redis-set-px'), 0).progressWithinMs).toBe(60_000)
  })

  it('has every kind of fault sometimes, several at once sometimes, and none sometimes', () => {
    const lists = ['redlock', 'redis-set-px', 'no-lock'].flatMap((name) =>
      SEEDS.map((seed) => drawPlan(algorithmNamed(name), seed).faults),
    )
    const kinds = new Set(lists.flatMap((list) => list.map(({ kind }) => kind)))
    expect([...kinds].sort()).toEqual(Object.keys(faults).sort())
    expect(lists.some((list) => list.length === 0)).toBe(true)
    expect(lists.some((list) => list.length > 2)).toBe(true)
  })

  it('has exact clocks in about half of all cases', () => {
    const exact = SEEDS.filter(
      (seed) => Object.keys(drawPlan(algorithmNamed('redlock'), seed).clocks).length === 0,
    )
    expect(exact.length / SEEDS.length).toBeGreaterThan(0.4)
    expect(exact.length / SEEDS.length).toBeLessThan(0.7)
  })
})
