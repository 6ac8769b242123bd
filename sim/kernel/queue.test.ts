/** The event queue against a stable sort. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventQueue, giveBackQueue, takeQueue } from './queue.ts'
import type { Target } from './queue.ts'

const nobody: Target = { fire: () => undefined }

const drain = (queue: EventQueue): { atMs: number; tag: number; payload: unknown }[] => {
  const taken = []
  for (let atMs = queue.pop(); atMs >= 0; atMs = queue.pop()) {
    taken.push({ atMs, tag: queue.tag, payload: queue.payload })
  }
  return taken
}

// Few different times, so that ties are the rule.
const instants = fc.integer({ min: 0, max: 40 }).map((ticks) => ticks / 8)

describe('event queue', () => {
  it('gives events in the order of a stable sort by time', () => {
    fc.assert(
      fc.property(fc.array(instants, { maxLength: 400 }), (times) => {
        const queue = new EventQueue()
        times.forEach((atMs, tag) => queue.push(atMs, nobody, tag, `payload ${tag}`))
        const expected = times
          .map((atMs, tag) => ({ atMs, tag, payload: `payload ${tag}` }))
          .sort((one, other) => one.atMs - other.atMs)
        expect(drain(queue)).toEqual(expected)
      }),
    )
  })

  it('agrees with a sorted list when pushes and pops are mixed', () => {
    const push = instants.map((aheadMs) => ({ aheadMs }))
    const actions = fc.array(fc.oneof(push, fc.constant('pop' as const)), { maxLength: 300 })
    fc.assert(
      fc.property(actions, (list) => {
        const queue = new EventQueue()
        const model: { atMs: number; tag: number }[] = []
        let nowMs = 0
        list.forEach((action, tag) => {
          if (action !== 'pop') {
            const atMs = nowMs + action.aheadMs
            queue.push(atMs, nobody, tag, undefined)
            model.push({ atMs, tag })
            // A stable sort: ties stay in the order of their pushes.
            model.sort((one, other) => one.atMs - other.atMs)
            return
          }
          const first = model.shift()
          const atMs = queue.pop()
          expect(atMs).toBe(first?.atMs ?? -1)
          if (first === undefined) return
          expect(queue.tag).toBe(first.tag)
          nowMs = atMs
        })
        expect(queue.size).toBe(model.length)
      }),
    )
  })

  it('grows past its first 256 places without losing order, target or payload', () => {
    const queue = new EventQueue()
    const targets = Array.from({ length: 1_000 }, () => ({ fire: () => undefined }))
    targets.forEach((target, tag) => queue.push((tag * 7919) % 1_000, target, tag, { tag }))
    let before = -1
    for (let count = 0; count < 1_000; count++) {
      const atMs = queue.pop()
      expect(atMs).toBeGreaterThan(before)
      expect(queue.target).toBe(targets[queue.tag])
      expect(queue.payload).toEqual({ tag: queue.tag })
      before = atMs
    }
    expect(queue.pop()).toBe(-1)
  })

  it('grows while part of its places is free again', () => {
    const queue = new EventQueue()
    for (let tag = 0; tag < 200; tag++) queue.push(tag, nobody, tag, undefined)
    for (let count = 0; count < 150; count++) queue.pop()
    for (let tag = 200; tag < 700; tag++) queue.push(tag, nobody, tag, undefined)
    expect(drain(queue).map(({ tag }) => tag)).toEqual(
      Array.from({ length: 550 }, (_, index) => index + 150),
    )
  })

  it('says -1 when it is empty and goes on working', () => {
    const queue = new EventQueue()
    expect(queue.pop()).toBe(-1)
    queue.push(3, nobody, 1, undefined)
    expect(queue.pop()).toBe(3)
    expect(queue.pop()).toBe(-1)
  })

  it('forgets everything on reset and then behaves like a new one', () => {
    const queue = new EventQueue()
    for (let tag = 0; tag < 600; tag++) queue.push(tag, nobody, tag, 'old')
    queue.pop()
    queue.reset()
    expect([queue.size, queue.pop(), queue.payload]).toEqual([0, -1, undefined])
    for (const tag of [3, 1, 2]) queue.push(5, nobody, tag, 'new')
    expect(drain(queue).map(({ tag, payload }) => [tag, payload])).toEqual([
      [3, 'new'],
      [1, 'new'],
      [2, 'new'],
    ])
  })

  it('is handed on empty after a run, and never to two runs at once', () => {
    const first = takeQueue()
    const second = takeQueue()
    expect(second).not.toBe(first)
    first.push(1, nobody, 0, 'left over')
    giveBackQueue(first)
    const third = takeQueue()
    expect(third).toBe(first)
    expect(third.pop()).toBe(-1)
  })
})
