/** lost-update: acknowledged increments against the counter. */

import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import { judgeEvents } from './examples/judge.ts'
import { acknowledged, did, pausedHolder, writes } from './examples/traces.ts'
import { lostUpdate } from './lost-update.ts'

const one = 'client-1#1'
const two = 'client-2#1'
const judge = (...events: FactEvent[]) => judgeEvents(lostUpdate, events)

describe('lost-update', () => {
  it('holds when the counter reached the number of acknowledgements', () => {
    const serial = [writes(1, one, 1, 0), acknowledged(2, one, 1), writes(3, two, 2, 1)]
    expect(judge(...serial, acknowledged(4, two, 2)).verdict).toBe('held')
    expect(judge(...serial).verdict).toBe('held')
  })

  it('is broken when an acknowledged increment was overwritten', () => {
    const found = judge(
      writes(1, one, 1, 0),
      acknowledged(2, one, 1),
      writes(3, two, 1, 1),
      acknowledged(4, two, 1),
    )
    expect(found).toMatchObject({ verdict: 'violated', measures: { violations: 1, final: 1 } })
    expect(found.witness?.events.map(({ atMs }) => atMs)).toEqual([1, 3])
  })

  it('lets a write of unknown outcome count or not', () => {
    const unknown = [writes(1, one, 1, 0), did(2, one, 'write-unknown')]
    const found = judge(...unknown, writes(3, two, 1, 1), acknowledged(4, two, 1))
    expect(found).toMatchObject({ verdict: 'held', measures: { unknown: 1, overwrites: 1 } })
  })

  it('counts from where the counter stood', () => {
    const found = judge(
      writes(1, one, 8, 7),
      acknowledged(2, one, 8),
      writes(3, two, 8, 8),
      acknowledged(4, two, 8),
    )
    expect(found.verdict).toBe('violated')
  })

  it('prefers the overwriting of another hold to a write that arrived twice', () => {
    const found = judge(
      writes(1, one, 1, 0),
      writes(2, one, 1, 1),
      acknowledged(2, one, 1),
      writes(3, two, 1, 1),
      acknowledged(4, two, 1),
    )
    expect(found.witness?.events.map(({ atMs }) => atMs)).toEqual([2, 3])
  })

  it('does not take the word of a store that never showed the write', () => {
    expect(judge(acknowledged(1, one, 1), acknowledged(2, two, 2)).verdict).toBe('violated')
  })

  it('is vacuous when fewer than two clients wrote', () => {
    expect(judge(writes(1, one, 1, 0), acknowledged(2, one, 1)).verdict).toBe('vacuous')
  })

  it('tells how the increment was lost', () => {
    expect(judge(...pausedHolder.events).witness?.proof).toMatchInlineSnapshot(`
      [
        "client-1 was granted the lock at 2 ms (client-1#1) and had not released it.",
        "client-1 stood still from 1,003 ms to 16,003 ms.",
        "The lease of client-1 was over on redis at 10,001 ms.",
        "client-2 was granted the lock at 11,003 ms (client-2#1).",
        "client-2 wrote 1 at 12,000 ms.",
        "client-1 wrote 1 over 1 at 16,004 ms, as it had read 0 before.",
        "However, 2 increments had been acknowledged from 0 on and the counter ended at 1: an acknowledged increment was lost.",
      ]
    `)
  })
})
