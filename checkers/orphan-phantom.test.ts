/** Orphan and phantom time of single holds. */

import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import { crashed, did, drops, granted, serves, told } from './examples/traces.ts'
import { measureOrphansAndPhantoms } from './orphan-phantom.ts'

const one = 'client-1#1'

const measure = (events: readonly FactEvent[], endMs: number) => {
  const fold = measureOrphansAndPhantoms()
  for (const event of events) fold.see(event)
  return fold.end(endMs)
}

describe('orphans and phantoms', () => {
  it('are nothing but travel time in a healthy hold', () => {
    const events = [
      serves(1, one),
      granted(2, one),
      did(10, one, 'releasing'),
      drops(11, one, 'request', one),
    ]
    expect(measure(events, 100)).toEqual({
      orphanMs: 2,
      longestOrphanMs: 1,
      phantomMs: 0,
      longestPhantomMs: 0,
    })
  })

  it('count an orphan from the crash of its holder to the end of its lease', () => {
    const events = [
      serves(1, one),
      granted(1, one),
      crashed(50, 'client-1'),
      drops(80, one, 'expired'),
    ]
    expect(measure(events, 100)).toMatchObject({ orphanMs: 30, phantomMs: 0 })
  })

  it('count a phantom from the end of the lease to when the client hears of it', () => {
    const events = [serves(1, one), granted(1, one), drops(40, one, 'expired'), told(70, one)]
    expect(measure(events, 100)).toMatchObject({ orphanMs: 0, phantomMs: 30, longestPhantomMs: 30 })
  })

  it('count what still stands when the run ends, and hold by hold', () => {
    const events = [granted(0, one), serves(10, 'client-2#1'), granted(20, 'client-2#2')]
    expect(measure(events, 100)).toEqual({
      orphanMs: 90,
      longestOrphanMs: 90,
      phantomMs: 180,
      longestPhantomMs: 100,
    })
  })
})
