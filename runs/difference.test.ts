/** Two lists of events part at the first event that they do not have in common, with its line, time and node. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TraceEvent } from '#sim'
import { firstDifference, isSameLine, tellDifference } from './difference.ts'
import { eventLine } from './trace-shape.ts'

const note = (atMs: number, text = 'here', node = 'client-1'): TraceEvent => ({
  atMs,
  node,
  kind: 'note',
  text,
})

describe('two lists of events', () => {
  it('that are the same have no difference, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (times) => {
        const events = times.map((atMs) => note(atMs))
        expect(firstDifference(events, structuredClone(events))).toBeUndefined()
      }),
    )
  })

  it('differ where one event was changed, and at its line in a trace file', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), fc.nat(), (times, where) => {
        const events = times.map((atMs) => note(atMs))
        const index = where % events.length
        const others = events.with(index, note(times[index] as number, 'there'))
        expect(firstDifference(events, others)).toMatchObject({
          line: index + 2,
          one: eventLine(events[index] as TraceEvent),
          other: eventLine(others[index] as TraceEvent),
        })
      }),
    )
  })

  it('differ at the earlier of two events, and where it was', () => {
    const difference = firstDifference([note(7, 'a', 'client-2')], [note(5, 'b', 'redis')])
    expect(difference).toMatchObject({ atMs: 5, node: 'redis' })
  })

  it('differ where one of them is over', () => {
    const events = [note(1), note(2)]
    expect(firstDifference(events, events.slice(0, 1))).toEqual({
      line: 3,
      atMs: 2,
      node: 'client-1',
      one: eventLine(note(2)),
      other: undefined,
    })
    expect(firstDifference([], events)).toMatchObject({ line: 2, one: undefined })
  })
})

describe('two lines', () => {
  it('are the same in another order of fields, and with other spaces', () => {
    expect(isSameLine('{"a":1,"b":[2]}', '{ "b": [2], "a": 1 }')).toBe(true)
    expect(isSameLine('{"a":1}', '{"a":2}')).toBe(false)
  })

  it('are told in full up to a length, or as nothing', () => {
    expect(tellDifference('it has', '{"a":1}')).toBe('  it has {"a":1}')
    expect(tellDifference('it has', undefined)).toBe('  it has nothing more')
    expect(tellDifference('it has', 'x'.repeat(5_000)).length).toBeLessThan(320)
  })
})
