/** A lock that reaches past the simulated world is told what to use instead, and the host gets its globals back. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { defineAlgorithm } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { SimulationError } from '#sim'
import { parsePlan } from './plan.ts'
import { run } from './run.ts'
import { armLastingTraps, whileLoading, withoutTraps, withTraps } from './traps.ts'

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
  process.exit,
  console.log,
  WeakRef,
  AbortSignal.timeout,
  Math.random,
  Math.log,
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
    ['process.uptime()', () => process.uptime(), useClock],
    ['process.memoryUsage()', () => process.memoryUsage(), 'a parameter of the lock'],
    ['process.exit()', () => process.exit(0), '`return`, or `throw` an error'],
    ['Math.log()', () => Math.log(2), 'whole numbers'],
    ['Math.hypot()', () => Math.hypot(3, 4), 'whole numbers'],
    ['new WeakRef()', () => new WeakRef({}), 'a `Map`'],
    ['AbortSignal.timeout()', () => AbortSignal.timeout(5), useSleep],
    [
      'Atomics.wait()',
      () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1),
      useSleep,
    ],
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
      algorithm: reaching(() => [Date.UTC(2020, 1), Math.max(1, 2), Date.parse('2020'), 2 ** 0.5]),
    })
    expect(verdicts.length).toBeGreaterThan(0)
  })
})

describe('a lock that', () => {
  const at = 'reaching, on client-1 at 5 ms (effect '

  it('catches the error of a trap is told all the same', () => {
    const { message } = complaint(() => {
      try {
        return Date.now()
      } catch {
        return 0
      }
    })
    expect(message).toContain(`${at}Date.now()): called Date.now(), which`)
  })

  it.each<[string, () => unknown]>([
    ['calls an async function', async () => 1],
    ['makes a promise', () => Promise.resolve(1)],
    ['makes one by hand', () => new Promise(() => undefined)],
  ])('%s is told so, with the line', (_what, reach) => {
    const { message, place } = complaint(reach)
    expect(message).toContain(`${at}promise): made a promise at `)
    expect(message).toMatch(/runs\/traps\.test\.ts:\d+:\d+, which goes on outside of virtual time/)
    expect(place).toEqual({ node: 'client-1', process: 'client', effect: 'promise', atMs: 5 })
  })

  it('prints something may do so', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {
      // What is behind a console may well want to know the time.
      void Promise.resolve(Date.now())
    })
    run(plan, { algorithm: reaching(() => console.log('here')) })
    expect(log).toHaveBeenCalledWith('here')
    log.mockRestore()
  })

  it('throws an error of its own is told that, not what it did before', () => {
    const { message } = complaint(() => {
      void Promise.resolve(1)
      throw new Error('boom')
    })
    expect(message).toContain('threw Error: boom')
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

  it('do not keep a campaign from what is not its locks', () => {
    withTraps(() => {
      expect(withoutTraps(() => Date.now())).toBeGreaterThan(0)
      expect(() => Date.now()).toThrow(SimulationError)
      expect(() =>
        withoutTraps(() => {
          throw new Error('boom')
        }),
      ).toThrow('boom')
      expect(() => Date.now()).toThrow(SimulationError)
    })
  })

  it('tell each run of several what it did, and no other', () => {
    withTraps(() => {
      expect(complaint(async () => 1).message).toContain('made a promise')
      expect(run(plan, { algorithm: reaching(() => 1) }).events).toBeGreaterThan(0)
    })
  })

  it('let everything pass when they are set for good and no run is going on', async () => {
    armLastingTraps()
    const { hostname } = await import('node:os')
    const { env } = process
    const now = Date.now
    expect(hostname().length).toBeGreaterThan(0)
    expect(env['PATH']?.length).toBeGreaterThan(0)
    expect(Object.keys(env).length).toBeGreaterThan(0)
    expect(now()).toBeGreaterThan(0)
    expect(new Date(5)).toBeInstanceOf(Date)
    expect('B'.localeCompare('a')).not.toBe(0)
    expect(complaint(() => now()).message).toContain('called Date.now()')
    expect(complaint(() => env['PATH']).message).toContain('read process.env, which')
    expect(complaint(() => hostname()).message).toContain('called os.hostname()')
    expect(complaint(() => new Intl.Collator()).message).toContain('called Intl.Collator()')
  })

  it('know what a module asked for while it was loaded, and where', async () => {
    armLastingTraps()
    const path = join(mkdtempSync(join(tmpdir(), 'locksim-loaded-')), 'loaded.mjs')
    writeFileSync(path, '\nexport const began = Date.now()\nexport const again = Date.now()\n')
    const url = pathToFileURL(path).href
    const { result, calls } = await whileLoading(() => import(url) as Promise<{ began: number }>)
    rmSync(dirname(path), { recursive: true })
    expect(result.began).toBeGreaterThan(0)
    expect([...calls.keys()]).toEqual(['Date.now()'])
    expect(calls.get('Date.now()')).toMatch(/loaded\.mjs:2:\d+$/)
  })

  it('give back what the body gives', () => {
    expect(withTraps(() => 42)).toBe(42)
  })
})
