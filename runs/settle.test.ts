/** Settling a plan: every name that it uses is looked up before the run. */

import { describe, expect, it } from 'vitest'
import { algorithms, count, duration, flag, oneOf } from '#algorithms'
import { FACT_KINDS } from '#sim'
import { didYouMean, InputError } from './errors.ts'
import { parsePlan } from './plan.ts'
import type { PlanInput } from './plan.ts'
import { algorithmNamed, expectedOf, groupsOf, parametersOf, settle } from './settle.ts'

const settled = (
  input: Omit<PlanInput, 'format' | 'algorithm'> & { readonly algorithm?: string } = {},
) => settle(parsePlan({ format: 'locksim-plan/1', algorithm: 'redlock', ...input }))

const complaint = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
  throw new Error('nobody complained')
}

const pause = { kind: 'pause', node: 'client-1', at: 0, forMs: 1 } as const

describe('a settled plan', () => {
  it('names its clients and servers, and fills in the parameters', () => {
    const { clients, groups, parameters } = settled({
      clients: 3,
      servers: 3,
      parameters: { ttlMs: 5_000 },
    })
    expect(clients).toEqual(['client-1', 'client-2', 'client-3'])
    expect(groups).toEqual([{ service: 'redis', nodes: ['redis-1', 'redis-2', 'redis-3'] }])
    expect(parameters).toMatchObject({ ttlMs: 5_000, clock: 'wall' })
  })

  it('gives a lone server no number', () => {
    expect(groupsOf(algorithmNamed('redis-set-px'), undefined)).toEqual([
      { service: 'redis', nodes: ['redis'] },
    ])
    expect(groupsOf(algorithmNamed('redis-set-px'), 2)[0]?.nodes).toEqual(['redis-1', 'redis-2'])
  })

  it.each([
    [{ algorithm: 'redlok' }, 'there is no lock "redlok" (did you mean redlock?)'],
    [
      { algorithm: 'zzzzzzzz' },
      'there is no lock "zzzzzzzz"; `locksim list algorithms` shows them all',
    ],
    [{ algorithm: '__proto__' }, 'there is no lock "__proto__"'],
    [
      { parameters: { tlMs: 5 } },
      'redlock has no parameter "tlMs" (did you mean ttlMs?); it has ttlMs, ',
    ],
    [{ parameters: { toString: 1 } }, 'redlock has no parameter "toString"'],
    [
      { parameters: { ttlMs: '5' } },
      'parameter ttlMs of redlock: found "5", expected a number of ms, 0 or more',
    ],
    [
      { parameters: { ttlMs: -5 } },
      'parameter ttlMs of redlock: found -5, expected a number of ms, 0 or more',
    ],
    [
      { parameters: { clock: 'sun' } },
      'parameter clock of redlock: found "sun", expected one of wall, monotonic',
    ],
    [
      { parameters: { tokenCounter: 1 } },
      'parameter tokenCounter of redlock: found 1, expected true or false',
    ],
    [
      { algorithm: 'no-lock', servers: 3 },
      '"servers": no-lock runs on a fixed number of servers; leave the field out',
    ],
    [
      { faults: [{ ...pause, node: 'client-3' }] },
      'faults.0: there is no node "client-3" (did you mean client-1?); this run has client-1, client-2, redis-1, ',
    ],
    [
      { faults: [pause, { ...pause, at: { node: 'redis-9', step: 1 } }] },
      'faults.1: there is no node "redis-9"',
    ],
    [
      { faults: [{ ...pause, at: { node: 'client-1', event: 'grnated' } }] },
      'faults.0.at.event: there is no fact "grnated" (did you mean granted?); expected one of acquiring, ',
    ],
    [{ clocks: { redis: {} } }, 'clocks: there is no node "redis" (did you mean redis-1?)'],
    [
      { services: { redsi: {} } },
      'services: there is no service "redsi" (did you mean redis?); expected one of ',
    ],
    [{ services: { toString: {} } }, 'services: there is no service "toString"'],
    [
      { services: { redis: { persistance: 'x' } } },
      'services.redis: there is no option "persistance" (did you mean persistence?)',
    ],
    [
      { services: { redis: { persistence: 5 } } },
      'services.redis.persistence: found 5, expected a string such as "none"',
    ],
  ])('%j is refused', (input, words) => {
    expect(complaint(() => settled(input as never))).toContain(words)
  })

  it('shows only some of very many nodes', () => {
    const said = complaint(() =>
      settled({ clients: 5_000, faults: [{ ...pause, node: 'nobody' }] }),
    )
    expect(said.length).toBeLessThan(300)
  })

  it('may aim at every kind of fact', () => {
    for (const event of FACT_KINDS) {
      expect(() =>
        settled({ faults: [{ ...pause, at: { node: 'client-1', event } }] }),
      ).not.toThrow()
    }
  })

  it.each(algorithms.map((algorithm) => [algorithm.name, algorithm] as const))(
    '%s has defaults that fit',
    (_name, algorithm) => {
      const defaults = Object.fromEntries(
        Object.entries(algorithm.parameters).map(([key, value]) => [key, value.default]),
      )
      expect(parametersOf(algorithm, defaults)).toEqual(parametersOf(algorithm, {}))
    },
  )
})

describe('what is expected of a parameter', () => {
  it('is said in words', () => {
    const definitions = [duration(1, ''), count(1, ''), flag(true, ''), oneOf(['a', 'b'], 'a', '')]
    expect(definitions.map(expectedOf)).toEqual([
      'a number of ms, 0 or more',
      'a whole number, 0 or more',
      'true or false',
      'one of a, b',
    ])
  })
})

describe('did you mean', () => {
  it('is the nearest name, if any is near', () => {
    expect(didYouMean('redlok', ['redis', 'redlock'])).toBe(' (did you mean redlock?)')
    expect(didYouMean('pasue', ['pause', 'crash'])).toBe(' (did you mean pause?)')
    expect(didYouMean('zookeeper', ['a', 'b'])).toBe('')
    expect(didYouMean('x', [])).toBe('')
  })
})
