/** `locksim/vitest`: what holds passes, what breaks tells its story, what nobody can say is an error either way. */

import {
  defineAlgorithm,
  defineChecker,
  lockCheckers,
  parsePlan,
  planScenario,
  run,
  scenarioNamed,
} from 'locksim'
import type { PromiseName, RunResult } from 'locksim'
import { describe, expect, it } from 'vitest'
import 'locksim/vitest'
import type { HoldOptions } from 'locksim/vitest'
import { algorithmNamed } from '#runs'
import { program } from '../bin/program.ts'
import { onAPage } from '../bin/on-a-page.ts'
import { myLock } from './examples/my-lock.ts'

/** What a failing expectation says. */
const said = (expectation: () => void): string => {
  try {
    expectation()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it passed')
}

/** The same whatever the width of the page. */
const unwrapped = (message: string): string => message.replaceAll(/\s+/g, ' ')

const repeatOf = (message: string): string => message.split('\n').at(-1) ?? ''

const gcPause = (lock: string, options = {}): RunResult => {
  const plan = planScenario(scenarioNamed('gc-pause'), algorithmNamed(lock), 42, options)
  if ('skip' in plan) throw new Error(plan.skip)
  return run(plan)
}

const RUNS = 60

describe('toHold', () => {
  it('passes for a lock that keeps its promise', () => {
    expect(myLock).toHold('ownership', { under: ['pause'], runs: RUNS })
    expect(algorithmNamed('two-phase-commit')).toHold('agreement', { under: ['crash'], runs: RUNS })
  })

  const broken = () => said(() => expect(myLock).toHold('exclusion/effect', { under: ['pause'] }))

  it('fails with the story of the smallest run that breaks it', () => {
    const message = broken()
    expect(unwrapped(message)).toMatch(
      /^my-lock breaks exclusion\/effect: in \d+ of 500 runs under pause, from seed 0, for the first time in run \d+\. The smallest one: /,
    )
    expect(message).toMatch(
      /^my-lock, seed \d+\n {2}2 clients, redis, a store that checks no tokens$/m,
    )
    expect(message).toMatch(/^ *[\d,.]+ .* ✗ client-\d {2}(reads|writes) /m)
    expect(message).toMatch(/^✗ exclusion\/effect\n {2}clash: /m)
    expect(message).toMatch(
      /^What it takes.*:\n- client-\d stood still for [^;]*; without\s+it: exclusion\/effect holds/m,
    )
  })

  it('has no line that is wider than 80 columns, but for the command, and no colour', () => {
    const lines = `Error: ${broken()}`.split('\n')
    expect(lines.slice(0, -1).filter((line) => line.length > 80)).toEqual([])
    expect(broken()).not.toContain('\u001B')
  })

  it('ends with the line that repeats it, by the path of the lock’s own file', () => {
    const message = broken()
    expect(repeatOf(message)).toMatch(
      /^again: npx locksim run \.\/test\/examples\/my-lock\.ts --plan '\{.*\}'$/,
    )
    const [, plan = ''] = /--plan '(.*)'$/.exec(message) ?? []
    const { verdicts } = run(parsePlan(JSON.parse(plan)), { algorithm: myLock })
    expect(verdicts.find(({ promise }) => promise === 'exclusion/effect')?.verdict).toBe('violated')
  })

  it('says the same every time', () => {
    expect(broken()).toBe(broken())
  })

  it('names a lock of locksim, and the command that it gives is right', async () => {
    const message = said(() => expect(algorithmNamed('redis-set-px')).toHold('exclusion/effect'))
    const [, plan = ''] =
      /^again: npx locksim run redis-set-px --plan '(.*)'$/.exec(repeatOf(message)) ?? []
    const { code, out } = await onAPage((io) =>
      program(['run', 'redis-set-px', '--plan', plan], io),
    )
    expect(out).toContain('✗ redis-set-px broke exclusion/effect')
    expect(code).toBe(1)
  })

  it('gives a line of code for a lock that no command can load', () => {
    const here = defineAlgorithm({ ...myLock, name: 'defined-in-a-test' })
    const message = said(() => expect(here).toHold('exclusion/effect', { under: ['pause'] }))
    expect(repeatOf(message)).toMatch(/^again: run\(parsePlan\(\{.*\}\), \{ algorithm \}\)$/)
  })

  it('takes what is asked into account', () => {
    const options = { under: ['pause'] as const, runs: 300 }
    const fenced = algorithmNamed('redlock')
    const parameters = { tokenCounter: true }
    expect(fenced).not.toHold('exclusion/effect', { ...options, parameters, fencing: 'off' })
    expect(fenced).toHold('exclusion/effect', { ...options, parameters, fencing: 'all' })
    const other = said(() => expect(myLock).toHold('exclusion/effect', { ...options, seed: 9_000 }))
    expect(unwrapped(other)).toContain('from seed 9000')
  })

  it('passes behind not only for a promise that was really broken', () => {
    expect(myLock).not.toHold('exclusion/effect', { under: ['pause'] })
    const message = said(() =>
      expect(myLock).not.toHold('ownership', { under: ['pause'], runs: RUNS }),
    )
    expect(unwrapped(message)).toMatch(
      /^my-lock was expected to break ownership, and held it in 60 of 60 runs under pause, from seed 0\. /,
    )
    expect(message).toMatch(/Faults that struck: pause \d+ of \d+\./)
    expect(message).toContain('evidence and no proof')
  })

  /** What both say, with and without `not`. */
  const eitherWay = (lock: unknown, promise: PromiseName, options: HoldOptions) => [
    said(() => expect(lock).toHold(promise, options)),
    said(() => expect(lock).not.toHold(promise, options)),
  ]

  it('fails either way where the promise was never put to the test', () => {
    for (const message of eitherWay(myLock, 'availability', { under: [], runs: 5 })) {
      const text = unwrapped(message)
      expect(text).toMatch(
        /^availability of my-lock was never put to the test in 5 runs under no faults/,
      )
      expect(text).toContain('The judge says: no server was struck.')
      expect(text).toContain('other faults (under: […])')
    }
    for (const message of eitherWay(myLock, 'fencing', { runs: 5 })) {
      expect(unwrapped(message)).toContain('The lock makes no such promise')
    }
    for (const message of eitherWay(myLock, 'ownership', { under: ['failover'] })) {
      expect(unwrapped(message)).toContain('was never put to the test')
      expect(unwrapped(message)).toContain('Never struck: failover.')
    }
  })

  it('fails either way where the lock’s own code fails, and names the seed', () => {
    const careless = defineAlgorithm({
      ...myLock,
      name: 'careless',
      *acquire() {
        throw new TypeError('no such key')
      },
    })
    for (const message of eitherWay(careless, 'exclusion/effect', {})) {
      expect(message).toMatch(
        /^careless broke the rules of the simulation in run 1, with seed \d+:/,
      )
      expect(message).toContain('no such key')
      expect(repeatOf(message)).toMatch(/^again: /)
    }
  })

  it('says what would be right where it is used wrongly', () => {
    const any = (value: unknown): never => value as never
    const cases: [() => void, string][] = [
      [() => expect(myLock).toHold(any('exclusion/efect')), '(did you mean exclusion/effect?)'],
      [() => expect(myLock).toHold(any('agreement')), 'expected one of exclusion/service'],
      [() => expect(myLock).toHold('fencing', { under: any(['pauze']) }), '(did you mean pause?)'],
      [() => expect(myLock).toHold('fencing', any({ run: 5 })), '(did you mean runs?)'],
      [
        () => expect(myLock).toHold('fencing', { runs: 0 }),
        'runs: found 0, expected a whole number',
      ],
      [
        () => expect(myLock).toHold('fencing', { parameters: { ttl: 5 } }),
        'has no parameter "ttl"',
      ],
      [() => expect('redlock').toHold('fencing'), 'found a string, expected what defineAlgorithm'],
      [() => expect({}).toHold('fencing'), 'found an object that is none'],
      [() => expect(gcPause('redlock')).toHold('fencing'), 'use toHaveHeld'],
      [() => expect(myLock).toHaveHeld('fencing'), 'use toHold for a lock'],
    ]
    for (const [expectation, words] of cases) expect(said(expectation)).toContain(words)
  })
})

describe('toHaveHeld', () => {
  it('passes where the promise held, and behind not where it was broken', () => {
    expect(gcPause('redlock')).toHaveHeld('exclusion/validity')
    expect(gcPause('redlock')).not.toHaveHeld('exclusion/effect')
  })

  it('fails with the story of the run', () => {
    const message = said(() => expect(gcPause('redlock')).toHaveHeld('exclusion/effect'))
    expect(message).toMatch(
      /^redlock broke exclusion\/effect in this run: 4 operations by 2 clients/,
    )
    expect(message).toContain('▶ client-1  runs on after 15,000 ms as if nothing had')
    expect(
      message
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.length > 80),
    ).toEqual([])
    expect(repeatOf(message)).toMatch(/^again: npx locksim run redlock --plan '/)
  })

  it('fails behind not where the promise held', () => {
    const message = said(() => expect(gcPause('redlock')).not.toHaveHeld('exclusion/validity'))
    expect(message).toMatch(/^redlock held exclusion\/validity in this run: 2 holds by 2 clients/)
  })

  it('fails either way where the run says nothing', () => {
    const alone = run(parsePlan({ format: 'locksim-plan/1', algorithm: 'redlock', clients: 1 }))
    for (const message of [
      said(() => expect(alone).toHaveHeld('exclusion/effect')),
      said(() => expect(alone).not.toHaveHeld('exclusion/effect')),
    ]) {
      expect(message).toContain('never put to the test')
    }
    expect(said(() => expect(alone).toHaveHeld('fencing'))).toContain('does not offer fencing')
    expect(said(() => expect(alone).not.toHaveHeld('fencing'))).toContain('does not offer fencing')
  })

  it('knows the promise of a checker of one’s own', () => {
    const punctual = defineChecker({
      promise: 'punctual',
      mood: 'always',
      summary: 'nobody gets the lock after 10 s',
      source: 'this test',
      sees: ['granted'],
      start() {
        let late = 0
        return {
          see: ({ atMs }) => void (late += atMs > 10_000 ? 1 : 0),
          end: () => ({
            promise: 'punctual',
            verdict: late === 0 ? 'held' : 'violated',
            evidence: `${late} late`,
            measures: { late },
          }),
        }
      },
    })
    const { plan } = gcPause('redlock')
    const result = run(plan, { checkers: [...lockCheckers, punctual] })
    expect(result).not.toHaveHeld('punctual')
    expect(result.verdicts).toHaveLength(lockCheckers.length + 1)
    expect(said(() => expect(result).toHaveHeld('punctual'))).toContain('redlock broke punctual')
    expect(said(() => expect(result).toHaveHeld('punctal'))).toContain('(did you mean punctual?)')
  })
})
