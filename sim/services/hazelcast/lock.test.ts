/** One FencedLock: re-entry, queue, fences, and calls that come twice. */

import { describe, expect, it } from 'vitest'
import { FencedLockState } from './lock.ts'
import type { LockKey } from './lock.ts'

let line = 0
const call = (session: number, uid: string): LockKey => ({
  lock: 'lock',
  session,
  thread: 1,
  uid,
  fence: ++line,
  origin: { client: `client-${session}`, hold: `client-${session}#1`, activity: 'acquiring' },
  untilMs: Infinity,
})
const uidsOf = (keys: readonly LockKey[]): readonly string[] => keys.map(({ uid }) => uid)

describe('a FencedLock', () => {
  it('gives its holder the same fence again, and is free only after as many unlocks', () => {
    const lock = new FencedLockState(0)
    const first = call(1, 'a')
    expect(lock.acquire(first, true).answer).toBe(first.fence)
    expect(lock.acquire(call(1, 'b'), true).answer).toBe(first.fence)
    expect(lock.release(call(1, 'c')).answer).toBe(true)
    expect(lock.owner?.session).toBe(1)
    expect(lock.release(call(1, 'd')).answer).toBe(false)
    expect(lock.owner).toBeUndefined()
  })

  it('counts a call that comes twice once, locks and unlocks alike', () => {
    const lock = new FencedLockState(0)
    const first = call(1, 'a')
    lock.acquire(first, true)
    expect(lock.acquire(call(1, 'a'), true).answer).toBe(first.fence)
    expect(lock.count).toBe(1)
    lock.acquire(call(1, 'b'), true)
    lock.release(call(1, 'c'))
    expect(lock.release(call(1, 'c')).answer).toBe(true)
    expect(lock.count).toBe(1)
    expect(lock.release(call(1, 'd')).answer).toBe(false)
    expect(lock.release(call(1, 'd')).answer).toBe(false)
  })

  it('turns its holder away at the limit, and tells a retry the same', () => {
    const lock = new FencedLockState(1)
    lock.acquire(call(1, 'a'), true)
    expect(lock.acquire(call(1, 'b'), true).answer).toBe(0)
    lock.release(call(1, 'c'))
    expect(lock.acquire(call(1, 'b'), true).answer).not.toBe('queued')
  })

  it('passes on to the first of the queue, whose fence is higher', () => {
    const lock = new FencedLockState(0)
    const keys = [call(1, 'a'), call(2, 'b'), call(3, 'c')]
    const answers = keys.map((key) => lock.acquire(key, true).answer)
    expect(answers).toEqual([keys[0]?.fence, 'queued', 'queued'])
    const { granted } = lock.release(call(1, 'd'))
    expect(uidsOf(granted)).toEqual(['b'])
    expect(lock.owner?.fence).toBeGreaterThan(keys[0]?.fence ?? 0)
    expect(uidsOf(lock.release(call(2, 'e')).granted)).toEqual(['c'])
  })

  it('queues a call once, however often it comes, and forgets it when its thread makes another', () => {
    const lock = new FencedLockState(0)
    lock.acquire(call(1, 'a'), true)
    lock.acquire(call(2, 'b'), true)
    lock.acquire(call(2, 'b'), true)
    expect(uidsOf(lock.queue)).toEqual(['b'])
    expect(uidsOf(lock.acquire(call(2, 'c'), true).cancelled)).toEqual(['b'])
    expect(uidsOf(lock.queue)).toEqual(['c'])
    // Who unlocks what is not its own has stopped waiting.
    expect(lock.release(call(2, 'd'))).toMatchObject({ answer: undefined })
    expect(lock.queue).toEqual([])
  })

  it('does not wait for who does not want to', () => {
    const lock = new FencedLockState(0)
    lock.acquire(call(1, 'a'), true)
    expect(lock.acquire(call(2, 'b'), false).answer).toBe(0)
    expect(lock.queue).toEqual([])
  })

  it('ends waits that took too long; the same call again is told so', () => {
    const lock = new FencedLockState(0)
    lock.acquire(call(1, 'a'), true)
    lock.acquire(call(2, 'b'), true)
    expect(uidsOf(lock.expireWaits(['b']))).toEqual(['b'])
    expect(lock.acquire(call(2, 'b'), true).answer).toBe(0)
  })

  it('goes to the next when the session of its holder ends, and drops the waits of that session', () => {
    const lock = new FencedLockState(0)
    lock.acquire(call(1, 'a'), true)
    lock.acquire(call(1, 'b'), true)
    lock.acquire(call(2, 'c'), true)
    lock.acquire(call(3, 'd'), true)
    expect(uidsOf(lock.closeSessions([2]).cancelled)).toEqual(['c'])
    const closed = lock.closeSessions([1])
    expect(closed.answer).toBe(true)
    expect(uidsOf(closed.granted)).toEqual(['d'])
    expect(lock.count).toBe(1)
  })

  it('does not pass through the hands of a session that ends with that of its holder', () => {
    const lock = new FencedLockState(0)
    lock.acquire(call(1, 'a'), true)
    lock.acquire(call(2, 'b'), true)
    lock.acquire(call(3, 'c'), true)
    const { granted, cancelled } = lock.closeSessions([1, 2])
    expect([uidsOf(granted), uidsOf(cancelled)]).toEqual([['c'], ['b']])
  })
})
