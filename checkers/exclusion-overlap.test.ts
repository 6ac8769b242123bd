/** The three overlap checkers: what begins and ends a hold in each sense, against a brute-force oracle. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import { judgeEvents } from './examples/judge.ts'
import {
  at,
  clientOf,
  crashed,
  did,
  drops,
  granted,
  pausedHolder,
  serves,
  told,
} from './examples/traces.ts'
import { exclusionBelief } from './exclusion-belief.ts'
import { exclusionService } from './exclusion-service.ts'
import { exclusionValidity } from './exclusion-validity.ts'

const one = 'client-1#1'
const two = 'client-2#1'
const asked = [did(0, one, 'acquiring'), did(0, two, 'acquiring')]

/** client-1 has the lock, `between` happens, client-2 gets it. */
const belief = (...between: FactEvent[]) => [
  ...asked,
  granted(1, one),
  ...between,
  granted(10, two),
]
const service = (...between: FactEvent[]) => [
  ...asked,
  serves(1, one),
  granted(2, one),
  ...between,
  serves(10, two),
  granted(11, two),
]

describe('exclusion/belief', () => {
  const verdict = (events: readonly FactEvent[]) => judgeEvents(exclusionBelief, events).verdict

  it('ends a belief with the call of release, the news of the loss, or a crash', () => {
    expect(verdict(belief(did(10, one, 'releasing')))).toBe('held')
    expect(verdict(belief(told(10, one)))).toBe('held')
    expect(verdict(belief(crashed(10, 'client-1')))).toBe('held')
  })

  it('lets a client believe through a pause, the end of its validity and its loss at the servers', () => {
    expect(verdict(belief())).toBe('violated')
    expect(verdict(belief(at(2, 'client-1', { kind: 'paused', clocksStop: false })))).toBe(
      'violated',
    )
    expect(verdict(belief(did(3, one, 'validity-ended')))).toBe('violated')
    expect(verdict(belief(drops(3, one, 'expired')))).toBe('violated')
    expect(verdict(belief(crashed(3, 'redis')))).toBe('violated')
    expect(verdict(belief(told(3, 'client-1#0')))).toBe('violated')
  })

  it('lets the order in the trace decide at one instant', () => {
    const events = [...asked, granted(1, one), granted(10, two), did(10, one, 'releasing')]
    const found = judgeEvents(exclusionBelief, events)
    expect(found).toMatchObject({ verdict: 'violated', measures: { violations: 1, overlapMs: 0 } })
  })

  it('does not mind two holds of one client', () => {
    expect(verdict([...asked, granted(1, one), granted(2, 'client-1#2')])).toBe('held')
  })

  it('is vacuous when no two clients competed', () => {
    const events = [did(0, one, 'acquiring'), granted(1, one), did(2, one, 'releasing')]
    expect(verdict(events)).toBe('vacuous')
  })

  it('tells what happened', () => {
    expect(judgeEvents(exclusionBelief, pausedHolder.events).witness?.proof).toMatchInlineSnapshot(`
      [
        "client-1 was granted the lock at 2 ms (client-1#1) and had not released it.",
        "client-1 stood still from 1,003 ms to 16,003 ms.",
        "The lease of client-1 was over on redis at 10,001 ms.",
        "client-2 was granted the lock at 11,003 ms (client-2#1).",
        "However, from 11,003 ms to 16,005 ms both believed that they held the lock: two clients held it at once.",
      ]
    `)
  })
})

describe('exclusion/validity', () => {
  it('cuts belief where the validity ended, even before acquire returned', () => {
    const verdict = (events: readonly FactEvent[]) => judgeEvents(exclusionValidity, events).verdict
    expect(verdict(belief())).toBe('violated')
    expect(verdict(belief(did(10, one, 'validity-ended')))).toBe('held')
    expect(verdict(belief(did(10, 'client-1#0', 'validity-ended')))).toBe('violated')
    expect(verdict([did(0, one, 'validity-ended'), ...belief()])).toBe('held')
  })

  it('is not offered by a lock that states no validity', () => {
    const found = judgeEvents(exclusionValidity, belief(), { offersValidity: false })
    expect(found.verdict).toBe('not offered')
  })
})

describe('exclusion/service', () => {
  const verdict = (events: readonly FactEvent[]) => judgeEvents(exclusionService, events).verdict

  it('goes by the data of the servers', () => {
    expect(verdict(service())).toBe('violated')
    expect(verdict(service(drops(10, one, 'expired')))).toBe('held')
    expect(verdict(service(drops(10, one, 'session-ended')))).toBe('held')
    expect(verdict(service(drops(10, one, 'request', one)))).toBe('held')
    expect(verdict(service(did(9, one, 'releasing')))).toBe('violated')
    expect(verdict(service(crashed(9, 'client-1')))).toBe('violated')
  })

  it('does not forgive servers that lost a grant which its holder still goes by', () => {
    expect(verdict(service(drops(5, one, 'lost')))).toBe('violated')
    expect(verdict(service(drops(5, one, 'lost'), did(10, one, 'releasing')))).toBe('held')
    expect(verdict(service(drops(5, one, 'lost'), did(10, one, 'validity-ended')))).toBe('held')
    expect(verdict(service(drops(5, one, 'lost'), told(10, one)))).toBe('held')
    expect(verdict(service(drops(5, one, 'lost'), crashed(10, 'client-1')))).toBe('held')
    expect(verdict(service(did(4, one, 'releasing'), drops(5, one, 'lost')))).toBe('held')
  })

  it('counts a grant that was lost with the reply in flight only if its client gets to hear of it', () => {
    const lostEarly = [...asked, serves(1, one), drops(1, one, 'lost'), serves(5, two)]
    expect(verdict([...lostEarly, granted(6, one)])).toBe('violated')
    expect(verdict([...lostEarly, did(6, one, 'denied')])).toBe('held')
    expect(verdict([...lostEarly, crashed(6, 'client-1')])).toBe('held')
  })

  it('is not offered when no server shows its grants', () => {
    expect(verdict(belief())).toBe('not offered')
  })
})

interface Hold {
  readonly hold: string
  readonly fromMs: number
  readonly toMs: number
}

/** Holds of up to three clients at whole ms, each client's one after the other or over each other. */
const holds: fc.Arbitrary<Hold[]> = fc
  .array(
    fc.record({ client: fc.integer({ min: 1, max: 3 }), from: fc.nat(30), length: fc.nat(8) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((drawn) =>
    drawn.map(({ client, from, length }, index) => ({
      hold: `client-${client}#${index}`,
      // Even beginnings and odd endings: no two events at one instant whose order would decide.
      fromMs: from * 2,
      toMs: (from + length) * 2 + 1,
    })),
  )

const oracle = (all: readonly Hold[]) => {
  let violations = 0
  let overlapMs = 0
  for (const [index, hold] of all.entries()) {
    for (const other of all.slice(index + 1)) {
      if (clientOf(hold.hold) === clientOf(other.hold)) continue
      if (hold.fromMs < other.toMs && other.fromMs < hold.toMs) violations++
    }
  }
  for (let ms = 0; ms < 100; ms++) {
    const inside = all.filter(({ fromMs, toMs }) => fromMs <= ms && ms < toMs)
    if (new Set(inside.map(({ hold }) => clientOf(hold))).size > 1) overlapMs++
  }
  return { violations, overlapMs }
}

const timeline = (
  all: readonly Hold[],
  begins: (atMs: number, hold: string) => FactEvent,
  ends: (atMs: number, hold: string) => FactEvent,
) =>
  all
    .flatMap(({ hold, fromMs, toMs }) => [begins(fromMs, hold), ends(toMs, hold)])
    .sort((a, b) => a.atMs - b.atMs)

describe('overlaps', () => {
  it('are those that brute force finds, for every sense of holding', () => {
    const begins = (atMs: number, hold: string) => granted(atMs, hold)
    const senses = [
      [exclusionBelief, begins, (atMs: number, hold: string) => did(atMs, hold, 'releasing')],
      [
        exclusionValidity,
        begins,
        (atMs: number, hold: string) => did(atMs, hold, 'validity-ended'),
      ],
      [exclusionService, serves, (atMs: number, hold: string) => drops(atMs, hold, 'expired')],
    ] as const
    fc.assert(
      fc.property(holds, (all) => {
        const expected = oracle(all)
        for (const [checker, begin, end] of senses) {
          const events = [...asked, ...timeline(all, (ms, hold) => begin(ms, hold), end)]
          const found = judgeEvents(checker, events)
          expect(found.measures).toMatchObject(expected)
          expect(found.verdict).toBe(expected.violations > 0 ? 'violated' : 'held')
        }
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
