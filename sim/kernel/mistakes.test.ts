/** Mistakes in an active thing are reported by name: node, process, effect, time. */

import { describe, expect, it } from 'vitest'
import { smallWorld } from '../world/small-world.ts'
import type { SmallClient } from '../world/small-world.ts'
import { all, clock, note, race, sleep, spawn } from './effect.ts'
import type { Effect, Process } from './effect.ts'
import { LocksimBug, SimulationError } from './errors.ts'

/** Sleeps for 5 ms, makes the mistake in a process called `watchdog`, and gives back the error. */
const mistake = (body: (stub: SmallClient) => Process<unknown>): SimulationError => {
  const { start, run } = smallWorld()
  start(
    function* (stub) {
      yield* sleep(5)
      yield* body(stub)
    },
    undefined,
    'watchdog',
  )
  try {
    run()
  } catch (error) {
    if (error instanceof SimulationError) return error
    throw error
  }
  throw new Error('nobody complained')
}

const here = { node: 'client-1', process: 'watchdog', atMs: 5 }

describe('a mistake of an active thing', () => {
  it('forgets yield*', () => {
    const error = mistake(function* () {
      void sleep(1)
    })
    expect(error.message).toBe(
      'built the effect sleep() and never yielded it, so it did nothing; write `yield* sleep(…)`',
    )
    expect(error.place).toEqual({ ...here, effect: 'sleep' })
  })

  it('forgets yield* before a call, and goes on with another effect', () => {
    const error = mistake(function* ({ first }) {
      void first.call({ op: 'refuse' })
      yield* clock()
    })
    expect(error.message).toContain('the effect call()')
    expect(error.place).toEqual({ ...here, effect: 'call' })
  })

  it('forgets yield* before all, whose parts are not to blame', () => {
    const error = mistake(function* () {
      void all([sleep(1), sleep(2)])
    })
    expect(error.place.effect).toBe('all')
  })

  it('writes yield where yield* belongs', () => {
    const error = mistake(function* () {
      yield sleep(1)
    })
    expect(error.message).toContain('write `yield* sleep(…)`')
    expect(error.place).toEqual({ ...here, effect: 'sleep' })
  })

  it('yields the same effect twice', () => {
    const error = mistake(function* () {
      const nap = sleep(1)
      yield* nap
      yield* nap
    })
    expect(error.message).toBe(
      'the effect sleep() was yielded twice; build a new one for each `yield*`',
    )
    expect(error.place).toEqual({ ...here, atMs: 6, effect: 'sleep' })
  })

  it.each([
    ['a number', 5, '5'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a promise', Promise.resolve(1), 'a promise'],
    ['a function', () => 1, '() => 1'],
    ['an object', { ok: true, value: 1 }, 'an object with the fields ok, value'],
  ])('yields %s, which is no effect', (_what, value, words) => {
    const error = mistake(function* () {
      yield value as unknown as Effect<unknown>
    })
    expect(error.message).toContain(`yielded ${words}, which is not an effect`)
    expect(error.place).toMatchObject(here)
  })

  it('waits in a circle without letting time move on', () => {
    const error = mistake(function* () {
      for (;;) yield* clock()
    })
    expect(error.message).toContain('without virtual time moving on')
    expect(error.place).toEqual({ ...here, effect: 'clock' })
  })

  it('waits in a circle by sleeping for no time at all', () => {
    const error = mistake(function* () {
      for (;;) yield* sleep(0)
    })
    expect(error.message).toContain('a loop that waits must sleep() or receive()')
    expect(error.place).toEqual({ ...here, effect: 'sleep' })
  })

  it('throws', () => {
    const cause = new RangeError('no such key')
    const error = mistake(function* () {
      yield* note('about to')
      throw cause
    })
    expect(error.message).toBe('threw RangeError: no such key')
    expect(error.cause).toBe(cause)
    expect(error.place).toEqual({ ...here, effect: 'note' })
  })

  it('throws something that is no error', () => {
    const error = mistake(function* () {
      throw 'a word' as unknown as Error
    })
    expect(error.message).toBe('threw a word')
  })

  it.each([-1, Number.NaN])('sleeps for %d ms', (ms) => {
    const error = mistake(function* () {
      yield* sleep(ms)
    })
    expect(error.message).toBe(`sleep(${ms}): a duration is a number of ms, 0 or more`)
    expect(error.place).toEqual({ ...here, effect: 'sleep' })
  })

  it('is laid at the door of the child that made it', () => {
    const child = mistake(function* () {
      function* hasty(): Process {
        yield* sleep(2)
        throw new Error('boom')
      }
      yield* spawn('hasty', hasty())
      yield* sleep(100)
    })
    expect(child.place).toMatchObject({ process: 'hasty', atMs: 7 })
    const part = mistake(function* () {
      function* hasty(): Process {
        yield* sleep(2)
        throw new Error('boom')
      }
      yield* race([sleep(100), hasty()])
    })
    expect(part.place).toMatchObject({ process: 'watchdog/2', atMs: 7 })
  })

  it('leaves nothing behind for the next simulation to be blamed for', () => {
    mistake(function* () {
      void sleep(1)
      throw new Error('boom')
    })
    const { start, run } = smallWorld()
    start(function* () {
      yield* sleep(1)
    })
    expect(run()).toBe('idle')
  })
})

describe('a mistake of locksim', () => {
  it('is not laid at the door of the process that ran last', () => {
    const { start, run, at } = smallWorld()
    start(function* () {
      yield* sleep(1)
    })
    at(10, () => {
      throw new TypeError('a judge stumbled')
    })
    expect(() => run()).toThrow(TypeError)
  })

  it('is an event in the past', () => {
    const { run, at, world } = smallWorld()
    at(10, () => world.kernel.at(9, { fire: () => undefined }, 0, undefined))
    expect(() => run()).toThrow(LocksimBug)
  })
})
