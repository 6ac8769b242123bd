/** A lock that reaches past the simulated world is told what to use instead, and the host gets its globals back. */

import { describe, expect, it } from 'vitest'
import { defineAlgorithm } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { SimulationError } from '#sim'
import { parsePlan } from './plan.ts'
import { run } from './run.ts'
import { withTraps } from './traps.ts'

/** A lock that does this when it is asked for. */
const reaching = (reach: () => unknown): AnyAlgorithm =>
  defineAlgorithm({
    name: 'reaching',
    summary: 'reaches past the world',
    sources: [],
    claims: [],
    needs: {},
    parameters: {},
    gives: () => ({ token: false, validity: false }),
    leaseMs: () => Infinity,
    *acquire() {
      reach()
      return {}
    },
    *release() {
      return 'ok'
    },
    holders: () => [],
  }) as unknown as AnyAlgorithm

const plan = parsePlan({
  format: 'locksim-plan/1',
  algorithm: 'reaching',
  workload: { startMs: [5] },
})

const complaint = (reach: () => unknown): SimulationError => {
  try {
    run(plan, { algorithm: reaching(reach) })
  } catch (error) {
    if (error instanceof SimulationError) return error
    throw error
  }
  throw new Error('nobody complained')
}

const globals = (): readonly unknown[] => [
  Date,
  Date.now,
  performance.now,
  process.hrtime,
  process.hrtime.bigint,
  process.nextTick,
  Math.random,
  crypto.randomUUID,
  crypto.getRandomValues,
  setTimeout,
  setInterval,
  setImmediate,
  queueMicrotask,
  fetch,
]

const useClock = '`yield* clock()`'
const useSleep = '`yield* sleep(ms)`'
const useStreams = '`me.token()`'

describe('a lock that calls', () => {
  it.each([
    ['Date.now()', () => Date.now(), useClock],
    ['new Date()', () => new Date(), useClock],
    ['new Date()', () => Date(), useClock],
    ['performance.now()', () => performance.now(), useClock],
    ['process.hrtime()', () => process.hrtime(), useClock],
    ['process.hrtime.bigint()', () => process.hrtime.bigint(), useClock],
    ['process.nextTick()', () => process.nextTick(() => undefined), useSleep],
    ['Math.random()', () => Math.random(), useStreams],
    ['crypto.randomUUID()', () => crypto.randomUUID(), useStreams],
    ['crypto.getRandomValues()', () => crypto.getRandomValues(new Uint8Array(1)), useStreams],
    ['setTimeout()', () => setTimeout(() => undefined, 1), useSleep],
    ['setInterval()', () => setInterval(() => undefined, 1), useSleep],
    ['setImmediate()', () => setImmediate(() => undefined), useSleep],
    ['queueMicrotask()', () => queueMicrotask(() => undefined), useSleep],
    ['fetch()', () => fetch('http://localhost/'), 'the clients in `me.services`'],
  ])('%s is told so', (name, reach, instead) => {
    const before = globals()
    const { message, place } = complaint(reach)
    expect(message).toContain(`reaching, on client-1 at 5 ms (effect ${name}): called ${name}, `)
    expect(message).toContain(`use ${instead}`)
    expect(place).toEqual({ node: 'client-1', process: 'client', effect: name, atMs: 5 })
    expect(globals()).toEqual(before)
    expect(globals().every((value, index) => value === before[index])).toBe(true)
  })

  it('what is harmless is left alone', () => {
    const { verdicts } = run(plan, {
      algorithm: reaching(() => [Date.UTC(2020, 1), Math.max(1, 2), Date.parse('2020')]),
    })
    expect(verdicts.length).toBeGreaterThan(0)
  })
})

describe('traps', () => {
  it('are gone after the run, also when it was cut short by an exception', () => {
    const before = globals()
    expect(() =>
      withTraps(() => {
        throw new Error('boom')
      }),
    ).toThrow('boom')
    expect(globals().every((value, index) => value === before[index])).toBe(true)
    expect([typeof Date.now(), typeof Math.random()]).toEqual(['number', 'number'])
  })

  it('stay set until the outermost of several is done', () => {
    withTraps(() => {
      withTraps(() => undefined)
      expect(() => Date.now()).toThrow(SimulationError)
    })
    expect(Date.now()).toBeGreaterThan(0)
  })

  it('give back what the body gives', () => {
    expect(withTraps(() => 42)).toBe(42)
  })
})
