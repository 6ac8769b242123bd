/** Sparse plans: nothing is said that goes without saying, and nothing is lost. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { algorithms } from '#algorithms'
import { drawPlan } from './draw.ts'
import { parsePlan } from './plan.ts'
import { sparsePlan } from './sparse.ts'

describe('a sparse plan', () => {
  it('is the same plan once it is read', () => {
    fc.assert(
      fc.property(fc.nat({ max: algorithms.length - 1 }), fc.nat(), (index, seed) => {
        const plan = drawPlan(algorithms[index] as (typeof algorithms)[number], seed)
        expect(parsePlan(sparsePlan(plan))).toEqual(plan)
      }),
    )
  })

  it('says no default', () => {
    const input = {
      format: 'locksim-plan/1' as const,
      algorithm: 'redlock',
      seed: 7,
      workload: { workMs: 5 },
      network: { latencyMs: { minMs: 1, maxMs: 1 } },
    }
    expect(
      sparsePlan(parsePlan({ ...input, rounds: 1, workload: { workMs: 5, thinkMs: 50 } })),
    ).toEqual(input)
  })
})
