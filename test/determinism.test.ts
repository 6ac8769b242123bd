/** The same plan is the same run, to the last bit: twice in a row, watched or not, in fresh modules. */

import { describe, expect, it, vi } from 'vitest'
import { algorithms } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { drawPlan, planScenario, run, scenarios } from '#runs'
import type { Plan } from '#runs'

const SEEDS = [1, 42]
const DRAWN = 50

const locks = algorithms.map((algorithm) => [algorithm.name, algorithm] as const)

const planned = (algorithm: AnyAlgorithm, seeds: readonly number[]): readonly Plan[] =>
  scenarios.flatMap((scenario) =>
    seeds.flatMap((seed) => {
      const plan = planScenario(scenario, algorithm, seed)
      return 'skip' in plan ? [] : [plan]
    }),
  )

const drawn = (algorithm: AnyAlgorithm): readonly Plan[] =>
  Array.from({ length: DRAWN }, (_, seed) => drawPlan(algorithm, seed))

/** Everything about a run that anybody could compare. */
const outcomeOf = (plan: Plan, record?: () => void) => {
  const { hash, events, endedAtMs, why, landed, verdicts, measures } = run(
    plan,
    record === undefined ? {} : { record },
  )
  return { plan, hash, events, endedAtMs, why, landed, verdicts, measures }
}

describe.each(locks)('%s', (_name, algorithm) => {
  it('repeats every scenario, watched or not', () => {
    for (const plan of planned(algorithm, SEEDS)) {
      let lines = 0
      const first = outcomeOf(plan)
      expect(outcomeOf(plan)).toEqual(first)
      expect(outcomeOf(plan, () => lines++)).toEqual(first)
      expect(lines).toBeGreaterThan(0)
    }
  })

  it('repeats random plans, watched or not', () => {
    for (const plan of drawn(algorithm)) {
      const first = outcomeOf(plan)
      expect(outcomeOf(plan, () => undefined)).toEqual(first)
    }
  })

  it('repeats a plan that was written down and read again', () => {
    for (const plan of drawn(algorithm).slice(0, 10)) {
      expect(run(JSON.parse(JSON.stringify(plan)) as Plan).hash).toBe(run(plan).hash)
    }
  })

  it('gives other seeds other runs', () => {
    // Where every message takes the same time, two seeds may well make the same plan and the same run.
    const plans = drawn(algorithm).filter(
      ({ network: { latencyMs } }) => latencyMs.maxMs > latencyMs.minMs,
    )
    const hashes = plans.map((plan) => run(plan).hash)
    expect(plans.length).toBeGreaterThan(10)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('does not care what ran before', () => {
    const plans = drawn(algorithm).slice(0, 10)
    const forwards = plans.map((plan) => run(plan).hash)
    const backwards = plans.toReversed().map((plan) => run(plan).hash)
    expect(backwards.toReversed()).toEqual(forwards)
  })
})

describe('a fresh copy of every module', () => {
  it('gives the same hashes: nothing that a run leaves behind in them matters', async () => {
    const plans = algorithms.flatMap((algorithm) => [
      ...planned(algorithm, [1]),
      ...drawn(algorithm).slice(0, 5),
    ])
    const hashes = plans.map((plan) => run(plan).hash)
    vi.resetModules()
    const fresh = await import('#runs')
    expect(fresh.run).not.toBe(run)
    expect(plans.map((plan) => fresh.run(plan).hash)).toEqual(hashes)
  })
})
