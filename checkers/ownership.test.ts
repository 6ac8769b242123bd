/** ownership: whose release may end what. */

import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import { judgeEvents } from './examples/judge.ts'
import { at, did, drops, granted, serves } from './examples/traces.ts'
import { ownership } from './ownership.ts'

const one = 'client-1#1'
const two = 'client-2#1'
const taken = [serves(1, one), granted(2, one), drops(100, one, 'expired'), serves(101, two)]
const judge = (...events: FactEvent[]) =>
  judgeEvents(ownership, [...taken, granted(102, two), did(110, one, 'releasing'), ...events])

describe('ownership', () => {
  it('lets a release end its own hold', () => {
    expect(judge(drops(111, two, 'request', two)).verdict).toBe('held')
    expect(judge().verdict).toBe('held')
  })

  it("is broken by a release that ends another client's hold", () => {
    const found = judge(drops(111, two, 'request', one))
    expect(found).toMatchObject({ verdict: 'violated', measures: { violations: 1 } })
    expect(found.witness?.events.map(({ kind }) => kind)).toEqual([
      'service-granted',
      'releasing',
      'service-revoked',
    ])
    expect(found.witness?.proof).toMatchInlineSnapshot(`
      [
        "client-1 was granted the lock at 2 ms (client-1#1) and began to release it at 110 ms.",
        "The lease of client-1 was over on redis at 100 ms.",
        "redis had the lock granted to client-2 from 101 ms on (client-2#1).",
        "However, redis ended client-2#1 of client-2 at 111 ms, because of the release of client-1#1: client-1 ended a hold that was not its own.",
      ]
    `)
  })

  it('is broken by a late release that ends a later hold of the same client', () => {
    expect(judge(drops(111, 'client-1#2', 'request', one)).verdict).toBe('violated')
  })

  it('lets a release clear away what an earlier attempt of the same client left', () => {
    const second = 'client-1#2'
    const left = [serves(2, one), did(8, one, 'denied'), did(9, second, 'acquiring')]
    const adopted = [...left, granted(10, second), did(20, second, 'releasing')]
    expect(judgeEvents(ownership, [...adopted, drops(21, one, 'request', second)]).verdict).toBe(
      'held',
    )
    const inherited = adopted.filter(({ kind }) => kind !== 'denied')
    expect(judgeEvents(ownership, [...inherited, drops(21, one, 'request', second)]).verdict).toBe(
      'violated',
    )
  })

  it('blames nobody for expiry, nor for a request made while acquiring', () => {
    const by = { client: 'client-1', hold: one, activity: 'acquiring' } as const
    const swept = {
      kind: 'service-revoked',
      client: 'client-2',
      hold: two,
      cause: 'request',
      by,
    } as const
    expect(judge(at(111, 'redis', swept)).verdict).toBe('held')
    expect(judge(drops(111, two, 'expired', one)).verdict).toBe('held')
  })

  it('is vacuous without a release, and not offered without sight of the servers', () => {
    expect(judgeEvents(ownership, taken).verdict).toBe('vacuous')
    expect(judgeEvents(ownership, [granted(2, one), did(3, one, 'releasing')]).verdict).toBe(
      'not offered',
    )
  })
})
