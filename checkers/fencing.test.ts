/** fencing: tokens in grant order, and nothing older applied after something newer. */

import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import { judgeEvents } from './examples/judge.ts'
import { crashed, failover, granted, reads, refuses, serves, writes } from './examples/traces.ts'
import { fencing } from './fencing.ts'

const one = 'client-1#1'
const two = 'client-2#1'
const judge = (events: readonly FactEvent[], store: 'off' | 'writes' | 'all' = 'off') =>
  judgeEvents(fencing, events, { fencing: store })
const inOrder = [granted(1, one, 33), granted(2, two, 34)]

describe('fencing', () => {
  it('wants tokens that strictly increase', () => {
    expect(judge(inOrder).verdict).toBe('held')
    expect(judge([granted(1, one, 33), granted(2, two, 33)]).verdict).toBe('violated')
    expect(judge([granted(1, one, 34), granted(2, two, 33)]).verdict).toBe('violated')
    const gap = [granted(1, one, 5), granted(2, two, 9), granted(3, 'client-1#2', 7)]
    expect(judge(gap).measures).toMatchObject({ disorders: 1 })
  })

  it('goes by the order at the servers where it is known, not by who hears of it first', () => {
    const heardLate = [serves(1, one), serves(2, two), granted(3, two, 34), granted(4, one, 33)]
    expect(judge(heardLate).verdict).toBe('held')
    const wrong = [serves(1, one), serves(2, two), granted(3, two, 33), granted(4, one, 34)]
    expect(judge(wrong).verdict).toBe('violated')
  })

  it('goes by the grant that the client heard of, where one attempt was granted the lock twice', () => {
    const twice = [
      serves(1, one),
      serves(2, two),
      granted(3, two, 34),
      serves(4, one),
      granted(5, one, 35),
    ]
    expect(judge(twice).verdict).toBe('held')
    const again = [serves(1, one), granted(2, one, 33), serves(3, two), serves(4, one)]
    expect(judge([...again, granted(5, two, 34)]).verdict).toBe('held')
  })

  it('remembers tokens across a crash of the server', () => {
    expect(judge([granted(1, one, 5), crashed(2, 'redis'), granted(3, two, 1)]).verdict).toBe(
      'violated',
    )
  })

  it('wants the store to apply nothing of an older grant after a newer one', () => {
    const stale = [...inOrder, writes(3, two, 1, 0), writes(4, one, 1, 1)]
    expect(judge(stale, 'writes')).toMatchObject({
      verdict: 'violated',
      measures: { staleApplied: 1 },
    })
    expect(judge([...inOrder, writes(3, one, 1, 0), writes(4, two, 2, 1)], 'writes').verdict).toBe(
      'held',
    )
    const own = [...inOrder, writes(3, two, 1, 0), writes(4, two, 2, 1)]
    expect(judge(own, 'writes').verdict).toBe('held')
  })

  it('judges reads only where the store checks them', () => {
    const overtaken = [...inOrder, reads(3, two), writes(4, one, 1, 0)]
    expect(judge(overtaken, 'writes').verdict).toBe('held')
    expect(judge(overtaken, 'all').verdict).toBe('violated')
  })

  it('judges only the tokens when the store checks nothing, and says so', () => {
    const found = judge([...inOrder, writes(3, two, 1, 0), writes(4, one, 1, 1)])
    expect(found).toMatchObject({
      verdict: 'held',
      evidence: '2 tokens, strictly increasing; only the tokens judged, as the store checks none',
    })
  })

  it('counts what the store refused', () => {
    const found = judge([...inOrder, writes(3, two, 1, 0), refuses(4, one, 33, 34)], 'writes')
    expect(found.evidence).toBe('2 tokens, strictly increasing; 1 stale write refused')
  })

  it('is vacuous with one token, and not offered without', () => {
    expect(judge([granted(1, one, 1)]).verdict).toBe('vacuous')
    expect(judgeEvents(fencing, inOrder, { offersToken: false }).verdict).toBe('not offered')
  })

  it('names both grants', () => {
    expect(judge(failover.events).witness?.proof).toMatchInlineSnapshot(`
      [
        "client-1 was granted the lock at 2 ms (client-1#1).",
        "Its token was 1.",
        "client-2 was granted the lock at 5,002 ms (client-2#1).",
        "Its token was 1.",
        "However, the grant to client-2 came after the one to client-1: its token had to be higher than 1.",
      ]
    `)
  })
})
