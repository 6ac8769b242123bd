/** Campaigns: the same request is the same result, ended early it is a prefix, and each broken promise has a plan that breaks it. */

import { describe, expect, it } from 'vitest'
import type { AnyLock } from '#algorithms'
import type { PromiseName } from '#checkers'
import { InputError } from '../errors.ts'
import { parsePlan } from '../plan.ts'
import { run } from '../run.ts'
import { algorithmNamed } from '../settle.ts'
import { fuzz, fuzzEach, fuzzHere } from './fuzz.ts'
import { fuzzExitCode, mostTelling, untestedIn } from './outcome.ts'
import { toHold } from '../vitest/to-hold.ts'
import type { FuzzRequest } from './request.ts'
import { STRETCH } from './stretch.ts'

const lock = algorithmNamed('redis-set-px') as AnyLock
const asked: FuzzRequest = { runs: 250, seed: 3 }

describe('a campaign', () => {
  const result = fuzzHere(lock, asked)

  it('is the same again, here or beside', async () => {
    expect(fuzzHere(lock, asked)).toEqual(result)
    expect(await fuzz(lock, asked)).toEqual(result)
  })

  it('gives each broken promise once, with a plan that breaks it, as drawn and made small', () => {
    expect(result.found.length).toBeGreaterThan(2)
    const names = result.found.map(({ promise }) => promise)
    expect(new Set(names).size).toBe(names.length)
    for (const { promise, plan, counterexample, firstAtRun, runs } of result.found) {
      for (const one of [plan, parsePlan(counterexample.plan)]) {
        const verdict = run(one).verdicts.find((each) => each.promise === promise)
        expect([promise, verdict?.verdict]).toEqual([promise, 'violated'])
      }
      expect(run(parsePlan(counterexample.plan)).hash).toBe(counterexample.hash)
      expect(firstAtRun).toBeGreaterThan(0)
      expect(runs).toBe(result.coverage.verdicts[promise]?.violated)
    }
  })

  it('says how sure it is', () => {
    const { coverage } = result
    expect(coverage.runs).toBe(250)
    expect(coverage.contended).toBeGreaterThan(100)
    expect(coverage.landed.pause.landed).toBeGreaterThan(0)
    expect(coverage.landed.pause.planned).toBeGreaterThanOrEqual(coverage.landed.pause.landed)
    expect(coverage.neverLanded).toEqual([])
    expect(result).toMatchObject({ stopped: 'runs', mishaps: [], mishapCount: 0, seed: 3 })
  })

  it('until found ends with the stretch that broke a promise which decides', () => {
    const found = fuzzHere(lock, { ...asked, runs: 5_000, until: 'found' })
    expect(found.stopped).toBe('found')
    expect(found.runs).toBe(STRETCH)
    expect(found).toEqual({ ...fuzzHere(lock, { ...asked, runs: STRETCH }), stopped: 'found' })
  })

  it('looks for one promise if told to, also for one that nobody made', () => {
    const promise: PromiseName = 'availability'
    const only = fuzzHere(lock, { ...asked, promise, until: 'found' })
    expect(only.found.map((one) => one.promise)).toEqual([promise])
    expect(only.stopped).toBe('found')
  })

  it('ends when time is up, with the stretches that were done', () => {
    const timed = fuzzHere(lock, { ...asked, runs: 1e9, timeMs: 1, until: 'time' })
    expect(timed.stopped).toBe('time')
    expect(timed).toEqual({ ...fuzzHere(lock, { ...asked, runs: timed.runs }), stopped: 'time' })
  })

  it('tells what it has when it is interrupted', async () => {
    const controller = new AbortController()
    const interrupted = await fuzz(lock, {
      ...asked,
      runs: 100_000,
      signal: controller.signal,
      progress: ({ runs }) => {
        if (runs >= STRETCH) controller.abort()
      },
    })
    expect(interrupted).toMatchObject({ stopped: 'interrupted', runs: STRETCH })
    expect(interrupted.found.length).toBeGreaterThan(0)
  })

  it('has the faults that were asked for and no others', () => {
    const { coverage } = fuzzHere(lock, { ...asked, faults: ['failover'] })
    expect(coverage.neverLanded).toEqual([])
    expect(coverage.landed.crash).toEqual({ planned: 0, landed: 0 })
    const none = fuzzHere(lock, { ...asked, faults: [] })
    expect(Object.values(none.coverage.landed).every(({ planned }) => planned === 0)).toBe(true)
  })

  it('refuses what makes no sense', async () => {
    const noTime = fuzzEach([lock], { ...asked, until: 'time' })
    await expect(noTime).rejects.toThrow(InputError)
    expect(() => fuzzHere(lock, { ...asked, promise: 'agreement' })).toThrow(/not judged by/)
    expect(() => fuzzHere(lock, { ...asked, parameters: { nope: 1 } })).toThrow(InputError)
  })
})

describe('a campaign of a lock that keeps something between runs', () => {
  /** Gives the lock to whoever asks for it, for the first twenty times in the life of its module. */
  const forgetful = (): typeof lock => {
    let asked = 0
    return {
      ...lock,
      name: 'forgetful',
      *acquire(me, parameters) {
        asked++
        return asked > 20 ? yield* lock.acquire(me, parameters) : { value: 'nobody' }
      },
    }
  }

  it('names it, with the seed and the run, where what was broken does not break again', async () => {
    const request: FuzzRequest = { runs: 100, seed: 3, faults: [], promise: 'exclusion/belief' }
    for (const result of [fuzzHere(forgetful(), request), await fuzz(forgetful(), request)]) {
      expect(result.found).toEqual([])
      expect(result.nondeterminism).toEqual([
        expect.stringMatching(
          /^forgetful, seed \d+: broke exclusion\/belief in run \d+, and not every time .*\nlikely cause: the module keeps/,
        ),
      ])
      expect(fuzzExitCode(result)).toBe(2)
    }
  })

  it('fails the matcher, also behind not', () => {
    const what = /^forgetful, seed \d+: .*the module keeps/ms
    const options = { under: [], runs: 100, seed: 3 }
    expect(() => toHold(forgetful(), 'exclusion/belief', options)).toThrow(what)
  })
})

describe('the outcome of a campaign', () => {
  it('is 1 where a promise that decides was broken, and 4 where none was put to the test', () => {
    expect(fuzzExitCode(fuzzHere(lock, asked))).toBe(1)
    const calm = fuzzHere(algorithmNamed('zk-sequential'), { runs: 60, seed: 1, faults: [] })
    expect(calm.found).toEqual([])
    expect(fuzzExitCode(calm)).toBe(0)
    expect(untestedIn(calm)).not.toContain('exclusion/effect')
    expect(fuzzExitCode({ ...calm, runs: 0 })).toBe(4)
    expect(fuzzExitCode({ ...calm, mishapCount: 1 })).toBe(2)
  })

  it('tells of the breaks that decide the one with the fewest faults', () => {
    const { found } = fuzzHere(lock, asked)
    expect(mostTelling(found)?.decides).toBe(true)
    expect(mostTelling(found.filter((one) => !one.decides))).toBeDefined()
    expect(mostTelling([])).toBeUndefined()
  })
})
