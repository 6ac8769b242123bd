/** deadlock-freedom: which waits count, from when, and how long. */

import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import type { RunEnd } from './checker.ts'
import { deadlockFreedom } from './deadlock-freedom.ts'
import { judgeEvents } from './examples/judge.ts'
import { at, crashed, deadHolder, did, granted, released, serves, told } from './examples/traces.ts'

const one = 'client-1#1'
const two = 'client-2#1'
const horizon = (atMs: number): RunEnd => ({ atMs, why: 'horizon', faultsOverAtMs: 0 })
const judge = (events: readonly FactEvent[], end: RunEnd) =>
  judgeEvents(deadlockFreedom, events, { progressWithinMs: 100 }, end)

const bothAsk = [did(0, one, 'acquiring'), did(0, two, 'acquiring')]
const holderCrashes = [...bothAsk, serves(0, one), granted(1, one), crashed(10, 'client-1')]

describe('deadlock-freedom', () => {
  it('is broken when the wait reaches the bound, and not before', () => {
    expect(judge([...holderCrashes, granted(109, two)], horizon(200)).verdict).toBe('held')
    expect(judge([...holderCrashes, granted(110, two)], horizon(200)).verdict).toBe('violated')
    expect(judge(holderCrashes, horizon(110)).verdict).toBe('violated')
  })

  it('is inconclusive when the run was cut off during a wait', () => {
    expect(judge(holderCrashes, horizon(109)).verdict).toBe('inconclusive')
    expect(judge(holderCrashes, { ...horizon(109), idle: true }).verdict).toBe('violated')
  })

  it('counts only from when the last fault was over', () => {
    const end = { ...horizon(300), faultsOverAtMs: 50 }
    const found = judge([...holderCrashes, granted(140, two)], end)
    expect(found).toMatchObject({ verdict: 'held', measures: { boundMs: 90, takeOverMs: 130 } })
  })

  it('lets a live client in its section block, told of its loss or not, and counts again once it releases', () => {
    const holding = [...bothAsk, granted(1, one)]
    expect(judge(holding, horizon(1000)).verdict).toBe('held')
    expect(judge([...holding, did(10, one, 'releasing')], horizon(500)).verdict).toBe('violated')
    expect(judge([...holding, told(10, one)], horizon(500)).verdict).toBe('held')
  })

  it('counts through denials, and not for those who crashed or are done', () => {
    const denied = [...holderCrashes, did(20, two, 'denied')]
    expect(judge(denied, horizon(500)).verdict).toBe('violated')
    const done = at(21, 'client-2', { kind: 'finished' })
    expect(judge([...denied, done], horizon(500)).verdict).toBe('held')
    expect(judge([...denied, crashed(21, 'client-2')], horizon(500)).verdict).toBe('held')
    expect(judge([...denied, crashed(21, 'redis')], horizon(500)).verdict).toBe('violated')
  })

  it('catches a client that stands in its own way after a crash', () => {
    const alone = [
      did(0, one, 'acquiring'),
      serves(0, one),
      granted(1, one),
      crashed(10, 'client-1'),
    ]
    const back = [...alone, did(20, 'client-1#2', 'acquiring')]
    expect(judge(back, horizon(500)).verdict).toBe('violated')
    const taken = judge([...back, granted(60, 'client-1#2')], horizon(500))
    expect(taken).toMatchObject({ verdict: 'held', measures: { takeOverMs: 40 } })
  })

  it('is vacuous when nobody had to wait', () => {
    const easy = [
      did(0, one, 'acquiring'),
      granted(1, one),
      did(2, one, 'releasing'),
      released(3, one),
    ]
    expect(judge(easy, { ...horizon(500), why: 'finished' }).verdict).toBe('vacuous')
  })

  it('names what stood in the way', () => {
    const { witness } = judgeEvents(deadlockFreedom, deadHolder.events, {}, deadHolder.end)
    expect(witness?.proof).toMatchInlineSnapshot(`
      [
        "redis had the lock granted to client-1 from 1 ms on (client-1#1).",
        "client-1 crashed at 100 ms.",
        "client-2 was turned away at 150 ms.",
        "client-2 asked at 200 ms.",
        "However, no live client held the lock and nobody got it for 59,900 ms, from 100 ms to 60,000 ms, the end of the run: 30,000 ms were allowed.",
      ]
    `)
  })
})
