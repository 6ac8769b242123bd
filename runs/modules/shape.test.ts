import { describe, expect, it } from 'vitest'
import { algorithms, defineAlgorithm, duration } from '#algorithms'
import { checkAlgorithm, looksLikeAlgorithm } from './shape.ts'

const lock = defineAlgorithm({
  name: 'mine',
  summary: 'a lock that is always free',
  sources: [],
  claims: [],
  needs: { redis: 1 },
  parameters: { ttlMs: duration(10, 'nothing') },
  gives: () => ({ token: false, validity: false }),
  leaseMs: () => 10,
  *acquire() {
    return {}
  },
  *release() {
    return 'ok'
  },
  holders: () => [],
})

const refusal = (change: object): string => {
  try {
    checkAlgorithm({ ...lock, ...change }, './x.ts')
  } catch (error) {
    return (error as Error).message
  }
  return 'it can be run'
}

describe('checkAlgorithm', () => {
  it('lets every lock and protocol of the registry pass, but for its name', () => {
    for (const algorithm of algorithms) {
      const renamed = { ...algorithm, name: `my-${algorithm.name}` }
      expect(checkAlgorithm(renamed, './x.ts')).toBe(renamed)
      expect(() => checkAlgorithm(algorithm, './x.ts')).toThrow(
        `"${algorithm.name}" is the name of a `,
      )
    }
  })

  it('gives back the lock itself', () => {
    expect(checkAlgorithm(lock, './x.ts')).toBe(lock)
  })

  it.each([
    [{ name: 'my lock' }, 'name: found "my lock", expected letters, digits, dots, hyphens'],
    [{ name: '../x' }, 'name: found "../x", expected'],
    [{ name: undefined }, 'name: is missing; expected letters'],
    [{ summary: 7 }, 'summary: found 7, expected a line that says what it is'],
    [{ sources: 'me' }, 'sources: found "me", expected a list of texts'],
    [{ claims: ['ownership'] }, 'claims.0: found "ownership", expected'],
    [
      { claims: [{ promise: 'exclusion', from: 'me' }] },
      'claims.0.promise: found "exclusion", expected a promise',
    ],
    [{ claims: [{ promise: 'ownership' }] }, 'claims.0.from: is missing'],
    [
      { needs: { redes: 1 } },
      'needs.redes: found "redes", expected a service (did you mean redis?)',
    ],
    [{ needs: { redis: 0 } }, 'needs.redis: found 0, expected one server at least'],
    [{ scales: 'etcd' }, 'scales: found "etcd", expected a service that it needs: one of redis'],
    [{ parameters: { ttlMs: 5 } }, 'parameters.ttlMs: found 5, expected what duration(…)'],
    [{ parameters: undefined }, 'parameters: is missing; expected the parameters by name'],
    [{ gives: {} }, 'gives: found an object with the fields (none), expected a function'],
    [{ acquire: undefined }, 'acquire: is missing; expected a generator function'],
    [
      { acquire: async () => ({}) },
      'acquire: found a function, expected a generator function, and not an async one',
    ],
    [{ holders: 'x' }, 'holders: found "x", expected a function'],
    [{ jobs: [{ name: 'sweeper' }] }, 'jobs.0.run: is missing'],
  ])('names module and field: %o', (change, message) => {
    const said = refusal(change)
    expect(said).toMatch(/^\.\/x\.ts: /)
    expect(said).toContain(message)
  })

  it('tells what a field that is not there should be', () => {
    const { leaseMs: _leaseMs, ...rest } = lock
    expect(() => checkAlgorithm(rest, './x.ts')).toThrow('leaseMs: is missing; expected a function')
  })

  it('tells all that is wrong at once', () => {
    expect(refusal({ name: '', claims: 1, holders: 2 }).split('\n')).toHaveLength(4)
  })
})

describe('looksLikeAlgorithm', () => {
  it('knows what was meant to be a lock', () => {
    const { acquire: _acquire, ...rest } = lock
    expect(looksLikeAlgorithm(rest)).toBe(true)
  })

  it.each([null, undefined, 7, 'x', {}, [], () => 1, { name: 'x', summary: 'y' }])(
    'does not take %o for one',
    (value) => expect(looksLikeAlgorithm(value)).toBe(false),
  )
})
