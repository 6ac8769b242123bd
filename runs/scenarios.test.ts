/** Scenarios: each lock has a part in each of them or a reason why not. */

import { describe, expect, it } from 'vitest'
import { algorithms, isProtocol } from '#algorithms'
import { InputError } from './errors.ts'
import type { Plan } from './plan.ts'
import { run } from './run.ts'
import { algorithmNamed } from './settle.ts'
import { planScenario, scenarioNamed, scenarios } from './scenarios/index.ts'

const planOf = (scenario: string, algorithm: string, overrides = {}): Plan => {
  const plan = planScenario(scenarioNamed(scenario), algorithmNamed(algorithm), 1, overrides)
  if ('skip' in plan) throw new Error(plan.skip)
  return plan
}

describe.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  'scenario %s',
  (name, scenario) => {
    it('has a part for most locks, and a reason for the others', () => {
      const kin = algorithms.filter(
        (algorithm) => isProtocol(algorithm) === (scenario.about === 'commits'),
      )
      const planned = algorithms.map((algorithm) => planScenario(scenario, algorithm, 1))
      const skips = planned.flatMap((plan) => ('skip' in plan ? [plan.skip] : []))
      for (const skip of skips) expect(skip).toMatch(/^it[s ]/)
      const plans = planned.flatMap((plan) => ('skip' in plan ? [] : [plan]))
      for (const plan of plans) {
        expect(plan).toMatchObject({ scenario: name, seed: 1 })
        expect(['finished', 'horizon']).toContain(run(plan).why)
      }
      expect(plans.length).toBeGreaterThan(scenario.about === 'commits' ? 0 : kin.length / 2)
    })

    it('strikes with all its faults', () => {
      const plans = ['redlock', 'redis-set-px', 'two-phase-commit', 'three-phase-commit']
        .map((lock) => planScenario(scenario, algorithmNamed(lock), 1))
        .flatMap((plan) => ('skip' in plan ? [] : [plan]))
      expect(plans.length).toBeGreaterThan(0)
      for (const plan of plans) {
        expect(run(plan).landed).toEqual(plan.faults.map((_fault, index) => index))
      }
    })
  },
)

describe('a scenario', () => {
  it('scales with the lease of the lock', () => {
    const [short, long] = [1_000, 20_000].map((ttlMs) =>
      planOf('gc-pause', 'redlock', { parameters: { ttlMs } }),
    )
    expect([short?.faults[0], long?.faults[0]]).toMatchObject([{ forMs: 1_500 }, { forMs: 30_000 }])
  })

  it('gives way to what is said on the command line', () => {
    const plan = planOf('calm', 'redlock', {
      clients: 7,
      servers: 3,
      rounds: 9,
      fencing: 'all',
      parameters: { ttlMs: 77 },
    })
    expect(plan).toMatchObject({
      clients: 7,
      servers: 3,
      rounds: 9,
      store: { fencing: 'all' },
      parameters: { ttlMs: 77 },
    })
  })

  it('that is not known is refused with the nearest name', () => {
    expect(() => scenarioNamed('gc-puase')).toThrow(InputError)
    expect(() => scenarioNamed('gc-puase')).toThrow(
      'there is no scenario "gc-puase" (did you mean gc-pause?); expected one of ',
    )
  })
})
