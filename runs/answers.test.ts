/** What a lock's functions return is checked where it is returned, and told with the lock, the node and the time. */

import { describe, expect, it } from 'vitest'
import type { AnyLock, Grant } from '#algorithms'
import { SimulationError } from '#sim'
import type { Process } from '#sim'
import { parsePlan } from './plan.ts'
import { run } from './run.ts'
import { algorithmNamed } from './settle.ts'

const plan = parsePlan({ format: 'locksim-plan/1', algorithm: 'own-lock', seed: 7 })
const base = algorithmNamed('redis-set-px') as AnyLock

const complaint = (change: Partial<AnyLock>): SimulationError => {
  try {
    run(plan, { algorithm: { ...base, ...change, name: 'own-lock' } })
  } catch (error) {
    if (error instanceof SimulationError) return error
    throw error
  }
  throw new Error('nobody complained')
}

function* returning(value: unknown): Process<never> {
  return value as never
}

/** Made before the run: one that is made in it is noticed first. */
const made = Promise.resolve(1)

describe('acquire that returns', () => {
  it.each<[string, unknown, string]>([
    ['a word', 'yes', 'acquire returned "yes", which is no grant'],
    ['a number', 5, 'acquire returned 5, which is no grant'],
    ['true', true, 'acquire returned true, which is no grant'],
    ['false', false, 'acquire returned false, which is no grant'],
    ['null', null, 'acquire returned null, which is no grant'],
    ['a function', () => undefined, 'acquire returned a function, which is no grant'],
    ['a promise', made, 'acquire returned a promise, which is no grant'],
    ['a token that is a word', { token: '7' }, 'acquire returned the token "7"'],
    ['a token below 0', { token: -1 }, 'acquire returned the token -1'],
    ['no number as a token', { token: Number.NaN }, 'acquire returned the token NaN'],
    ['no number as its end', { validUntilMs: Number.NaN }, 'acquire returned validUntilMs NaN'],
    ['a word as its end', { validUntilMs: 'soon' }, 'acquire returned validUntilMs "soon"'],
    [
      'a clock that is none',
      { validUntilMs: 5, validityClock: 'sun' },
      'acquire returned validityClock "sun"',
    ],
  ])('%s is told so', (_what, value, says) => {
    const { message, place } = complaint({ acquire: () => returning(value) })
    expect(message).toContain(`own-lock, on client-1 at 0 ms (effect mark): ${says}`)
    expect(place.node).toBe('client-1')
  })

  it('an object with a token, an end that is never, or fields of its own is not', () => {
    const grant: Grant & { readonly mine: number } = { token: 0, validUntilMs: Infinity, mine: 1 }
    const lock = { ...base, acquire: () => returning(grant), release: () => returning('ok') }
    expect(run(plan, { algorithm: lock }).why).toBe('finished')
  })
})

describe('release that returns', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'release returned undefined; return '],
    ['true', true, 'release returned true; return '],
    ['another word', 'done', 'release returned "done"; return '],
  ])('%s is told so', (_what, value, says) => {
    expect(complaint({ release: () => returning(value) }).message).toContain(says)
  })
})

describe('holders that returns', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'its holders() returned undefined; return an array'],
    ['a name', 'client-1', 'its holders() returned "client-1"; return an array'],
    ['a list of names', ['client-1'], 'its holders() returned a list with "client-1" in it'],
    ['a hole', [undefined], 'its holders() returned a list with undefined in it'],
  ])('%s is told so, with the server', (_what, value, says) => {
    const { message, place } = complaint({ holders: () => value as never })
    expect(message).toContain(says)
    expect(place.node).toBe('redis')
  })
})

describe('open that is no generator function', () => {
  it('is told so', () => {
    expect(complaint({ open: (() => 5) as never }).message).toContain(
      'open is not a generator function; write `*open(…)`',
    )
  })
})
