/** The cause in a sentence: true of every promise that the table knows as broken, and told with the faults that it takes. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { faults as faultKinds } from '#sim'
import type { AnyFaultPlan } from '#sim'
import { drawClassPlan } from '../draw.ts'
import { faultClassNamed } from '../fault-classes/index.ts'
import type { SavedTable } from '../matrix/table-file.ts'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import { algorithmNamed } from '../settle.ts'
import { causeOf } from './cause.ts'
import { faultWords } from './fault-words.ts'
import { necessaryFaults, weighedFaults } from './necessary.ts'

const table = JSON.parse(
  readFileSync(new URL('../../docs/reference/matrix.json', import.meta.url), 'utf8'),
) as SavedTable

/** The smallest known plan of every fifth violated cell: of each promise and class there are many. */
const cells = table.rows
  .flatMap(({ algorithm, campaigns }) =>
    campaigns.flatMap(({ fault, promises = {} }) =>
      Object.entries(promises).flatMap(([promise, { smallest }]) => {
        if (smallest === undefined || promise === 'contention') return []
        const plan = drawClassPlan(
          algorithmNamed(algorithm),
          faultClassNamed(fault),
          smallest.seed,
        ) as Plan
        return [{ name: `${algorithm}, ${promise}, ${fault}`, promise, plan }]
      }),
    ),
  )
  .filter((_cell, index) => index % 5 === 0)

const redlock = algorithmNamed('redlock')
const pause = {
  kind: 'pause',
  node: 'client-1',
  at: { node: 'client-1', event: 'write-sent' },
  forMs: 15_000,
} as const
const junk = { kind: 'clock', node: 'redis-5', at: 0, jumpMs: 3 } as const
const planWith = (faults: Plan['faults']): Plan =>
  parsePlan({ format: PLAN_FORMAT, algorithm: 'redlock', seed: 2, faults })

describe('the cause of a broken promise', () => {
  it('tells what contradicts what, for every promise that is known to be broken', () => {
    expect(new Set(cells.map(({ promise }) => promise)).size).toBeGreaterThan(12)
    const wrong = cells.flatMap(({ name, promise, plan }) => {
      const cause = causeOf(algorithmNamed(plan.algorithm), plan, promise)
      const { verdicts } = run(plan)
      const proof = verdicts.find((one) => one.promise === promise)?.witness?.proof.at(-1) ?? '?'
      // The numbers of the proof are those of the sentence, whatever became of its pronouns.
      const numbers = [...proof.matchAll(/\d[\d,.]*\d|\d/g)].map(([number]) => number)
      const isTrue =
        numbers.every((number) => cause.includes(number)) &&
        /^\S.*; then \S.*[^.]$/.test(cause) &&
        !/undefined|NaN|; then (?:it|both|he)\b/.test(cause)
      return isTrue ? [] : [`${name}: ${cause}`]
    })
    expect(wrong).toEqual([])
  }, 60_000)

  it('names exactly the faults that it takes', () => {
    const several = cells.filter(({ plan }) => plan.faults.length > 0)

    for (const { promise, plan } of several) {
      const algorithm = algorithmNamed(plan.algorithm)
      const cause = causeOf(algorithm, plan, promise)
      const weighed = weighedFaults(algorithm, plan, promise)
      for (const { fault, necessary } of weighed) {
        expect(necessary && !cause.includes(fault)).toBe(false)
      }
    }
    expect(several.length).toBeGreaterThan(20)
  }, 60_000)

  it('is one sentence', () => {
    expect(causeOf(redlock, planWith([junk, pause]), 'exclusion/effect')).toMatch(
      /^client-1 stood still for 15,000 ms right after it sent its write; then client-1 wrote 1 over 1 at 15,\d+\.?\d* ms, sent at .* ms: this stale write came after client-2 had been at the store, so the two sections are interleaved$/,
    )
  })

  it('is the order of events where nothing went wrong, and says so of clocks that are off', () => {
    const lock = algorithmNamed('no-lock')
    const plan = parsePlan({ format: PLAN_FORMAT, algorithm: 'no-lock' })
    expect(causeOf(lock, plan, 'lost-update')).toMatch(
      /^nothing went wrong but the order of events; then 2 increments had been acknowledged from 0 on/,
    )
    const skewed = { ...plan, clocks: { 'client-2': { offsetMs: -1_500, driftPpm: 20 } } }
    expect(causeOf(lock, skewed, 'exclusion/belief')).toMatch(
      /^the wall clock of client-2 was 1,500 ms behind; the clocks of client-2 ran fast by 20 ppm; then from .* client-1 and client-2 both believed/,
    )
  })

  it('is not made up for a plan that keeps the promise', () => {
    expect(causeOf(redlock, planWith([]), 'exclusion/effect')).toBe(
      'this plan does not break exclusion/effect',
    )
  })

  it('names all faults where each of them would do', () => {
    const twice = planWith([pause, { ...pause, forMs: 16_000 }])
    expect(weighedFaults(redlock, twice, 'exclusion/effect').map((one) => one.necessary)).toEqual([
      false,
      false,
    ])
    expect(causeOf(redlock, twice, 'exclusion/effect')).toContain(
      'client-1 stood still for 15,000 ms right after it sent its write; client-1 stood still for 16,000 ms',
    )
  })
})

describe('the faults of a counterexample', () => {
  it('are weighed one by one, all else being equal', () => {
    expect(necessaryFaults(redlock, planWith([junk, pause]), 'exclusion/effect')).toEqual([
      {
        fault: 'the wall clock of redis-5 was set ahead by 3 ms at the beginning',
        without: expect.stringMatching(/^exclusion\/effect is broken all the same: /),
      },
      {
        fault: 'client-1 stood still for 15,000 ms right after it sent its write',
        without: expect.stringMatching(/^exclusion\/effect holds: /),
      },
    ])
  })

  const at = { node: 'client-1', event: 'granted', nth: 2, afterMs: 2_500 } as const
  it.each<[string, AnyFaultPlan]>([
    [
      'the machine of client-2 was suspended for 1,000 ms 2,500 ms after client-1 was granted the lock for the second time',
      { kind: 'suspend', node: 'client-2', at, forMs: 1_000 },
    ],
    [
      'redis lost power and lost its disk at 1,200 ms, and was back 300 ms later',
      { kind: 'crash', node: 'redis', at: 1_200, forMs: 300, silent: true, losesDisk: true },
    ],
    ['redis crashed at the beginning', { kind: 'crash', node: 'redis', at: 0 }],
    [
      'client-1 was cut off from redis-1 and redis-2 for 50 ms from the beginning',
      { kind: 'partition', groups: [['client-1'], ['redis-1', 'redis-2']], at: 0, forMs: 50 },
    ],
    [
      'nothing got from client-1 to redis from the beginning, and what was sent came when it was over',
      { kind: 'partition', groups: [['client-1'], ['redis']], at: 0, oneWay: true, hold: true },
    ],
    [
      'the second "set" from client-1 to redis was late by 10,000 ms',
      {
        kind: 'message',
        from: 'client-1',
        to: 'redis',
        at: 0,
        nth: 2,
        operation: 'set',
        action: 'delay',
        byMs: 10_000,
      },
    ],
    [
      'every message from redis to client-1 for 20 ms right after client-1 took step 3 was lost',
      {
        kind: 'message',
        from: 'redis',
        to: 'client-1',
        at: { node: 'client-1', step: 3 },
        forMs: 20,
        action: 'lose',
      },
    ],
    [
      '3 messages from redis to client-1, beginning with the first, came twice',
      { kind: 'message', from: 'redis', to: 'client-1', at: 0, count: 3, action: 'duplicate' },
    ],
    [
      'the wall clock of redis was set back by 7 ms for 9 ms at 5 ms',
      { kind: 'clock', node: 'redis', at: 5, jumpMs: -7, forMs: 9 },
    ],
    [
      'the clocks of redis ran slow by 1,000 ppm from the beginning',
      { kind: 'clock', node: 'redis', at: 0, driftPpm: -1_000 },
    ],
    [
      'redis-2 was promoted at 5 ms, of which only client-1 was told, and the old leader went on',
      { kind: 'failover', to: 'redis-2', at: 5, clients: ['client-1'], demote: false },
    ],
  ])('are told as a person would: %s', (words, fault) => {
    expect(faultKinds[fault.kind].kind).toBe(fault.kind)
    expect(faultWords(fault)).toBe(words)
  })
})
