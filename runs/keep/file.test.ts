import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { readPlan } from '../plan-file.ts'
import { parsePlan } from '../plan.ts'
import { pausedInHold } from './edited-locks.ts'
import { readCounterexample, writeCounterexample } from './file.ts'
import { jsonText } from './json-text.ts'
import { readVerdicts } from './verdicts-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-keep-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const counterexample = pausedInHold(1)

const fileOf = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const edited = (change: Record<string, unknown>): string =>
  fileOf('edited.json', JSON.stringify({ ...counterexample, ...change }))

/** `read`, or the name of the error. */
const outcomeOf = (act: () => unknown): string => {
  try {
    act()
    return 'read'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

describe('the file of a counterexample', () => {
  it('is named after its lock and its promise, and comes back as it was', () => {
    const path = writeCounterexample(folder, counterexample)
    expect(path).toBe(join(folder, 'redis-set-px.exclusion-effect.json'))
    expect(readCounterexample(path)).toEqual(counterexample)
  })

  it('is the same text however its fields are ordered, and leaves nothing else behind', () => {
    const own = join(folder, 'own')
    const path = writeCounterexample(own, counterexample)
    const text = readFileSync(path, 'utf8')
    const turned = Object.fromEntries(Object.entries(counterexample).reverse())
    writeCounterexample(own, turned as unknown as typeof counterexample)
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(readdirSync(own)).toEqual(['redis-set-px.exclusion-effect.json'])
  })

  it('is small: no default of a plan is in it, and only what is prose takes more than a line of a page', () => {
    const lines = readFileSync(writeCounterexample(folder, counterexample), 'utf8').split('\n')
    const long = lines.filter((line) => line.length > 100)
    const prose = long.filter((line) => /^\s*"(sentence|fault|without)":/.test(line))
    expect(long).toEqual(prose)
    const { seed: _seed, ...plan } = counterexample.plan
    expect(Object.keys(plan)).toEqual(['format', 'algorithm', 'faults'])
  })

  it('can be replayed, as a plan can', () => {
    const path = writeCounterexample(folder, counterexample)
    expect(readPlan(path)).toEqual(parsePlan(counterexample.plan))
  })

  it.each([
    ['no JSON', '{ "format": ', /not JSON/],
    ['a list', '[]', /format: is missing/],
    ['nothing', '', /not JSON/],
    ['a document that nests without end', '['.repeat(200), /nests deeper than 100 levels/],
  ])('is refused where it is %s', (_what, text, message) => {
    const path = fileOf('bad.json', text)
    expect(() => readCounterexample(path)).toThrow(InputError)
    expect(() => readCounterexample(path)).toThrow(message)
    expect(() => readCounterexample(path)).toThrow(path)
  })

  it.each([
    [
      'another format',
      { format: 'locksim-counterexample/0' },
      /format: found "locksim-counterexample\/0", expected "locksim-counterexample\/1"/,
    ],
    [
      'a promise that nobody judges',
      { promise: 'exclusion/efect' },
      /promise: found "exclusion\/efect", expected the name of a promise \(did you mean exclusion\/effect\?\)/,
    ],
    [
      'a hash that is none',
      { hash: 'yes' },
      /hash: found "yes", expected a hash of 16 hexadecimal digits/,
    ],
    ['no story', { story: undefined }, /story: is missing/],
    ['a story that is no list', { story: 'long' }, /story: found "long", expected a list of lines/],
    ['a field of its own', { prise: 1 }, /prise: there is no such field/],
    ['no plan', { plan: null }, /plan: found null, expected an object/],
    [
      'a plan with a mistake',
      { plan: { ...counterexample.plan, clients: 0 } },
      /clients: found 0, expected a whole number from 1 to 10000/,
    ],
    [
      'the plan of another lock',
      { plan: { ...counterexample.plan, algorithm: 'redlock' } },
      /plan\.algorithm: found "redlock", expected "redis-set-px"/,
    ],
  ])('is refused with %s, by the name of the field', (_what, change, message) => {
    const path = edited(change)
    expect(() => readCounterexample(path)).toThrow(InputError)
    expect(() => readCounterexample(path)).toThrow(message)
  })

  it('is refused, or read, but never ends in any other error, whatever is done to one byte of it', () => {
    const text = readFileSync(writeCounterexample(folder, counterexample), 'utf8')
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
        const path = fileOf('fuzzed.json', text.slice(0, at) + put + text.slice(at + 1))
        expect(outcomeOf(() => readCounterexample(path))).toMatch(/^(read|InputError)$/)
      }),
      { numRuns: 200 },
    )
  })

  it('cannot be written where there is no folder to write into, and says so', () => {
    const file = fileOf('file', '')
    expect(() => writeCounterexample(join(file, 'below'), counterexample)).toThrow(
      /cannot write .*file.below.redis-set-px\.exclusion-effect\.json: part of the path is not a folder/,
    )
  })

  it('has a name that leads nowhere else, whatever its lock is called', () => {
    const path = writeCounterexample(folder, {
      ...counterexample,
      algorithm: '../locks/my lock.ts#../../first',
    })
    expect(path).toBe(join(folder, 'my-lock-..-..-first.exclusion-effect.json'))
  })
})

describe('the file of recorded verdicts', () => {
  it.each([
    [
      'a verdict that there is not',
      {
        locks: [
          { algorithm: 'redlock', locksim: '0', seed: 0, runs: 1, promises: { fencing: 'fine' } },
        ],
      },
      /locks\.0\.promises\.fencing: found "fine", expected one of "held"/,
    ],
    [
      'a promise that there is not',
      {
        locks: [
          { algorithm: 'redlock', locksim: '0', seed: 0, runs: 1, promises: { fence: 'held' } },
        ],
      },
      /locks\.0\.promises\.fence: found "fence", expected the name of a promise/,
    ],
    [
      'no runs',
      { locks: [{ algorithm: 'redlock', locksim: '0', seed: 0, runs: 0, promises: {} }] },
      /locks\.0\.runs: found 0, expected a whole number, 1 or more/,
    ],
  ])('is refused with %s', (_what, rest, message) => {
    const path = fileOf('verdicts.json', JSON.stringify({ format: 'locksim-verdicts/1', ...rest }))
    expect(() => readVerdicts(path)).toThrow(message)
  })
})

describe('JSON for people', () => {
  it('means the same as the value, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(JSON.parse(jsonText(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
