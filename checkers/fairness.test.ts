/** fairness: whose place in the queue is whose. */

import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import { at, did, finished, granted, header, queued } from './examples/traces.ts'
import { startJudging } from './fold.ts'
import { fairness } from './fairness.ts'

const unqueued = (atMs: number, hold: string): FactEvent =>
  at(atMs, 'redis', { kind: 'unqueued', client: hold.slice(0, hold.indexOf('#')), hold })

const denied = (atMs: number, hold: string): FactEvent =>
  at(atMs, hold.slice(0, hold.indexOf('#')), { kind: 'denied', hold })

const verdictOf = (...events: readonly FactEvent[]) => {
  const judging = startJudging([fairness], {
    ...header,
    clients: ['client-1', 'client-2', 'client-3'],
    doorway: 'its entry is there',
  })
  for (const event of events) judging.see(event)
  return judging.end(finished(1_000))[0]?.verdict
}

/** client-1 stands in the queue, gives up one attempt, and client-2 comes. */
const leftBehind = [
  did(0, 'client-1#1', 'acquiring'),
  queued(10, 'client-1#1'),
  denied(20, 'client-1#1'),
  did(30, 'client-2#1', 'acquiring'),
  queued(40, 'client-2#1'),
  did(50, 'client-1#2', 'acquiring'),
]

describe('fairness', () => {
  it('lets a client that tries again keep the place that it has kept at the servers', () => {
    expect(
      verdictOf(
        ...leftBehind,
        unqueued(60, 'client-1#1'),
        queued(60, 'client-1#2'),
        granted(61, 'client-1#2'),
      ),
    ).toBe('held')
  })

  it('does not let it have a place that it had lost before', () => {
    expect(
      verdictOf(
        ...leftBehind,
        unqueued(55, 'client-1#1'),
        queued(60, 'client-1#2'),
        granted(61, 'client-1#2'),
      ),
    ).toBe('violated')
  })

  it('does not hand the place of a hold that was had on to the next of the same client', () => {
    expect(
      verdictOf(
        did(0, 'client-1#1', 'acquiring'),
        queued(10, 'client-1#1'),
        granted(11, 'client-1#1'),
        queued(20, 'client-2#1'),
        unqueued(30, 'client-1#1'),
        queued(30, 'client-1#2'),
        granted(31, 'client-1#2'),
      ),
    ).toBe('violated')
  })
})
