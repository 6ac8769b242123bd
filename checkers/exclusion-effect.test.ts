/** exclusion/effect: interleaving at the store, against a brute-force oracle. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import { judgeEvents } from './examples/judge.ts'
import { did, pausedHolder, reads, refuses, writes } from './examples/traces.ts'
import { exclusionEffect } from './exclusion-effect.ts'

const one = 'client-1#1'
const two = 'client-2#1'
const asked = [did(0, one, 'acquiring'), did(0, two, 'acquiring')]
const judge = (...effects: FactEvent[]) => judgeEvents(exclusionEffect, [...asked, ...effects])

describe('exclusion/effect', () => {
  it('holds for one section after the other', () => {
    expect(
      judge(reads(1, one), writes(2, one, 1, 0), reads(3, two), writes(4, two, 2, 1)).verdict,
    ).toBe('held')
  })

  it('is broken by a section inside another, also if the other only read', () => {
    expect(judge(reads(1, one), writes(2, two, 1, 0), writes(3, one, 1, 1)).verdict).toBe(
      'violated',
    )
    expect(judge(reads(1, one), reads(2, two), writes(3, one, 1, 0)).verdict).toBe('violated')
    expect(judge(reads(1, one), writes(2, two, 1, 0), reads(3, one)).verdict).toBe('violated')
    expect(judge(writes(1, one, 1, 0), reads(2, two), reads(3, one)).verdict).toBe('violated')
  })

  it('does not mind interleaved reads, nor another hold of the same client', () => {
    expect(judge(reads(1, one), reads(2, two), reads(3, one)).verdict).toBe('held')
    const own = judge(
      reads(1, one),
      writes(2, 'client-1#2', 1, 0),
      writes(3, one, 1, 1),
      reads(4, two),
    )
    expect(own.verdict).toBe('held')
  })

  it('holds when the stale write is refused', () => {
    const found = judge(reads(1, one), reads(2, two), writes(3, two, 1, 0), refuses(4, one, 33, 34))
    expect(found).toMatchObject({ verdict: 'held', measures: { refused: 1 } })
  })

  it('is vacuous when only one client came to the store, or none competed', () => {
    expect(judge(reads(1, one), writes(2, one, 1, 0)).verdict).toBe('vacuous')
    const alone = judgeEvents(exclusionEffect, [reads(1, one), writes(2, two, 1, 0)])
    expect(alone.verdict).toBe('vacuous')
  })

  it('names the stale write and why its writer believed', () => {
    const { witness } = judgeEvents(exclusionEffect, pausedHolder.events)
    expect(witness?.events.map(({ atMs }) => atMs)).toEqual([1000, 12_000, 16_004])
    expect(witness?.proof).toMatchInlineSnapshot(`
      [
        "client-1 was granted the lock at 2 ms (client-1#1) and had not released it.",
        "client-1 stood still from 1,003 ms to 16,003 ms.",
        "The lease of client-1 was over on redis at 10,001 ms.",
        "client-2 was granted the lock at 11,003 ms (client-2#1).",
        "client-1 read 0 at 1,000 ms.",
        "client-2 wrote 1 over 0 at 12,000 ms.",
        "However, client-1 wrote 1 over 1 at 16,004 ms: this stale write came after client-2 had been at the store, so the two sections are interleaved.",
      ]
    `)
  })

  it('finds what brute force finds', () => {
    const effect = fc.record({
      client: fc.integer({ min: 1, max: 3 }),
      hold: fc.integer({ min: 1, max: 2 }),
      write: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(effect, { maxLength: 9 }), (drawn) => {
        const completes = drawn.filter((z, last) =>
          drawn.some(
            (y, middle) =>
              middle < last &&
              y.client !== z.client &&
              drawn.some(
                (x, first) =>
                  first < middle &&
                  x.client === z.client &&
                  x.hold === z.hold &&
                  (x.write || y.write || z.write),
              ),
          ),
        )
        const found = judge(
          ...drawn.map(({ client, hold, write }, index) =>
            write
              ? writes(index, `client-${client}#${hold}`, 1, 0)
              : reads(index, `client-${client}#${hold}`),
          ),
        )
        expect(found.measures['violations']).toBe(completes.length)
        expect(found.verdict === 'violated').toBe(completes.length > 0)
      }),
      { seed: 1, numRuns: 1000 },
    )
  })
})
