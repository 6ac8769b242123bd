/** Plans: what may be left out, what is refused and how, and that a plan survives being written down. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { algorithms } from '#algorithms'
import { drawPlan } from './draw.ts'
import { InputError } from './errors.ts'
import { parsePlan } from './plan.ts'
import { planScenario, scenarios } from './scenarios/index.ts'

const base = { format: 'locksim-plan/1', algorithm: 'redlock' } as const

const complaint = (input: unknown): string => {
  try {
    parsePlan(input)
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  throw new Error('the plan was accepted')
}

/** Whether it is read or refused; throws what is neither. */
const verdictOn = (input: unknown): 'read' | 'refused' => {
  try {
    parsePlan(input)
    return 'read'
  } catch (error) {
    if (error instanceof InputError) return 'refused'
    throw error
  }
}

describe('a plan', () => {
  it('needs a format and a lock; everything else has a default', () => {
    expect(parsePlan(base)).toEqual({
      ...base,
      parameters: {},
      drawn: false,
      seed: 0,
      clients: 2,
      rounds: 1,
      workload: {
        startMs: [0],
        workMs: 100,
        thinkMs: 50,
        retryMs: 100,
        careful: false,
        nested: false,
        storeTimeoutMs: 30_000,
      },
      network: { latencyMs: { minMs: 0.5, maxMs: 1.5 }, keepaliveMs: 7_875_000 },
      store: {},
      services: {},
      clocks: {},
      faults: [],
      horizonMs: 180_000,
      progressWithinMs: 60_000,
      eventsMax: 5_000_000,
    })
  })

  it('does not share its defaults with other plans', () => {
    expect(parsePlan(base).workload).not.toBe(parsePlan(base).workload)
    expect(parsePlan({ ...base, clocks: { store: {} } }).clocks).toEqual({
      store: { offsetMs: 0, driftPpm: 0 },
    })
  })

  it.each([
    ['x', 'the plan: found "x", expected an object'],
    [null, 'the plan: found null, expected an object'],
    [{}, 'format: is missing\n  algorithm: is missing'],
    [
      { ...base, format: 'locksim-plan/2' },
      'format: found "locksim-plan/2", expected "locksim-plan/1"',
    ],
    [{ ...base, algorithm: '' }, 'algorithm: found "", expected the name of a lock'],
    [{ ...base, nonsense: 1 }, 'nonsense: there is no such field'],
    [{ ...base, workload: { workms: 1 } }, 'workload.workms: there is no such field'],
    [{ ...base, workload: null }, 'workload: found null, expected an object'],
    [
      { ...base, workload: { startMs: [] } },
      'workload.startMs: found an empty list, expected a list of at least one number of ms',
    ],
    [
      { ...base, workload: { startMs: [0, -1] } },
      'workload.startMs.1: found -1, expected a number of ms, 0 or more',
    ],
    [
      { ...base, workload: { careful: 'no' } },
      'workload.careful: found "no", expected true or false',
    ],
    [{ ...base, clients: '2' }, 'clients: found "2", expected a whole number'],
    [{ ...base, clients: 0 }, 'clients: found 0, expected a whole number from 1 to 10000'],
    [{ ...base, rounds: 1.5 }, 'rounds: found 1.5, expected a whole number'],
    [{ ...base, seed: -1 }, 'seed: found -1, expected a whole number, 0 or more'],
    [{ ...base, seed: 2 ** 60 }, 'expected a whole number'],
    [{ ...base, horizonMs: -1 }, 'horizonMs: found -1, expected a number of ms, 0 or more'],
    [{ ...base, horizonMs: Infinity }, 'horizonMs: found Infinity, expected a finite number of ms'],
    [{ ...base, horizonMs: Number.NaN }, 'horizonMs: found NaN, expected a number of ms'],
    [
      { ...base, network: { latencyMs: { minMs: 5, maxMs: 1 } } },
      'network.latencyMs: found an object with the fields minMs, maxMs, expected a range in which maxMs is at least minMs',
    ],
    [{ ...base, network: { latencyMs: { minMs: 5 } } }, 'network.latencyMs.maxMs: is missing'],
    [
      { ...base, store: { fencing: 'yes' } },
      'store.fencing: found "yes", expected "off", "writes", "all" or "compare"',
    ],
    [{ ...base, services: { redis: 5 } }, 'services.redis: found 5, expected an object'],
    [
      { ...base, parameters: { ttlMs: null } },
      'parameters.ttlMs: found null, expected a number, true, false or a word',
    ],
    [{ ...base, clocks: { redis: { offset: 1 } } }, 'clocks.redis.offset: there is no such field'],
    [
      { ...base, faults: {} },
      'faults: found an object with the fields (none), expected a list of faults',
    ],
    [
      { ...base, faults: [5] },
      'faults.0: found 5, expected an object whose "kind" is one of pause, suspend, ',
    ],
    [
      { ...base, faults: [{ kind: 'puase' }] },
      'faults.0.kind: found "puase", expected an object whose "kind" is one of pause, ',
    ],
    [{ ...base, faults: [{ kind: 'pause', node: 'a', at: 0 }] }, 'faults.0.forMs: is missing'],
    [
      { ...base, faults: [{ kind: 'pause', node: 'a', at: -1, forMs: 1 }] },
      'faults.0.at: found -1, expected a number of ms, 0 or more',
    ],
    [
      { ...base, faults: [{ kind: 'pause', node: 'a', at: {}, forMs: 1 }] },
      'faults.0.at: found an object with the fields (none), expected a time in ms (0 or more), { "node", "step" }',
    ],
  ])('%j is refused', (input, words) => {
    const said = complaint(input)
    expect(said).toContain('the plan is not valid:\n  ')
    expect(said).toContain(words)
    expect(said).not.toContain('Invalid')
  })

  it('is told of all its mistakes at once, but of ten at most', () => {
    expect(complaint({ ...base, clients: 0, rounds: 0, seed: -1 }).split('\n')).toHaveLength(4)
    expect(
      complaint({ ...base, faults: Array.from({ length: 50 }, () => 5) }).split('\n'),
    ).toHaveLength(11)
  })

  it('is never anything but read or refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom('faults', 'workload', 'clocks', 'parameters', 'seed'),
        (value, field) => {
          // Whatever else it threw would end the property.
          for (const input of [value, { ...base, [field]: value }]) {
            expect(verdictOn(input)).toMatch(/read|refused/)
          }
        },
      ),
    )
  })

  it('survives being written down', () => {
    for (const algorithm of algorithms) {
      const plans = [
        ...scenarios.map((scenario) => planScenario(scenario, algorithm, 1)),
        ...Array.from({ length: 20 }, (_, seed) => drawPlan(algorithm, seed)),
      ].filter((plan) => !('skip' in plan))
      for (const plan of plans) expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
    }
  })
})
