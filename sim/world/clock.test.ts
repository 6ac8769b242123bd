/** Clocks: lines against true time that are set, bent and stopped; alarms that follow them. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Clock } from './clock.ts'
import { smallWorld } from './small-world.ts'

const ticks = (max: number) => fc.integer({ min: 0, max: max * 8 }).map((count) => count / 8)
const drifts = fc.integer({ min: -500_000, max: 2_000_000 })

describe('clock', () => {
  it('starts ahead by its offset and gains its drift', () => {
    const clock = new Clock(250, 10_000)
    expect([0, 100, 1_000].map((nowMs) => clock.read(nowMs))).toEqual([250, 351, 1_260])
  })

  it('shows eighths of a millisecond and never an instant that has not come', () => {
    fc.assert(
      fc.property(drifts, ticks(1e6), (driftPpm, nowMs) => {
        const shown = new Clock(0, driftPpm).read(nowMs)
        expect(Number.isInteger(shown * 8)).toBe(true)
        const exactMs = nowMs * (1 + driftPpm / 1e6)
        expect(exactMs - shown).toBeGreaterThan(-1e-6)
        expect(exactMs - shown).toBeLessThan(1 / 8 + 1e-6)
      }),
    )
  })

  it('jumps, is slewed and stops, each from the instant of the change on', () => {
    const clock = new Clock(0, 0)
    clock.jump(100, 50)
    expect([clock.read(100), clock.read(110)]).toEqual([150, 160])
    clock.setRate(110, 2)
    expect([clock.read(110), clock.read(120)]).toEqual([160, 180])
    clock.jump(120, -100)
    clock.setRate(130, 0)
    expect([clock.read(130), clock.read(1_000)]).toEqual([100, 100])
    clock.setRate(1_000, 1)
    expect([clock.rate, clock.read(1_001)]).toEqual([1, 101])
  })

  it('never runs back but by a jump back', () => {
    const change = fc.record({ afterMs: ticks(100), driftPpm: drifts })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const clock = new Clock(0, 0)
        let nowMs = 0
        let before = 0
        for (const { afterMs, driftPpm } of changes) {
          nowMs += afterMs
          const shown = clock.read(nowMs)
          expect(shown).toBeGreaterThanOrEqual(before)
          clock.setRate(nowMs, 1 + driftPpm / 1e6)
          before = clock.read(nowMs)
        }
      }),
    )
  })

  it('knows when it will show an instant: then within a tick it does, and not before', () => {
    const offsets = fc.integer({ min: -8_000, max: 8_000 }).map((count) => count / 8)
    fc.assert(
      fc.property(
        offsets,
        drifts,
        ticks(1_000),
        ticks(5_000),
        (offsetMs, driftPpm, nowMs, localMs) => {
          const clock = new Clock(offsetMs, driftPpm)
          const atMs = clock.whenShows(localMs, nowMs)
          expect(atMs).toBeGreaterThanOrEqual(nowMs)
          expect(Number.isInteger(atMs * 8)).toBe(true)
          expect(clock.read(atMs + 1 / 8)).toBeGreaterThanOrEqual(localMs)
          expect(atMs === nowMs || clock.read(atMs - 1 / 8) < localMs).toBe(true)
        },
      ),
    )
  })

  it('never shows it while it stands still, and nothing ever shows for ever', () => {
    const clock = new Clock(0, 0)
    expect(clock.whenShows(Infinity, 5)).toBe(Infinity)
    clock.setRate(10, 0)
    expect([clock.whenShows(11, 20), clock.whenShows(10, 20)]).toEqual([Infinity, 20])
  })
})

describe('alarm', () => {
  const ringing = (which: 'wall' | 'monotonic' = 'wall', driftPpm = 0) => {
    const small = smallWorld({ clocks: { 'client-1': { driftPpm } } })
    const rang: number[] = []
    const alarm = small.world.alarm(small.client, which, () => rang.push(small.world.kernel.nowMs))
    return { ...small, alarm, rang }
  }

  it('rings once when the clock shows its time', () => {
    const { alarm, run, rang } = ringing('wall', 1_000_000)
    alarm.set(100)
    run()
    expect(rang).toEqual([50])
  })

  it('rings at once when the clock jumps past its time', () => {
    const { alarm, run, rang, at, world, client } = ringing()
    alarm.set(1_000)
    at(200, () => world.jumpClock(client, 900))
    run()
    expect(rang).toEqual([200])
  })

  it('waits longer when the clock is set back', () => {
    const { alarm, run, rang, at, world, client } = ringing()
    alarm.set(1_000)
    at(900, () => world.jumpClock(client, -500))
    run()
    expect(rang).toEqual([1_500])
  })

  it('follows a change of rate in both directions', () => {
    const { alarm, run, rang, at, world, client } = ringing()
    alarm.set(1_000)
    at(500, () => world.driftClock(client, 1_000_000))
    at(600, () => world.driftClock(client, -500_000))
    run()
    expect(rang).toEqual([1_200])
  })

  it('on the monotonic clock ignores jumps and slews, and stands still with a suspended machine', () => {
    const { alarm, run, rang, at, world, client } = ringing('monotonic')
    alarm.set(1_000)
    at(100, () => world.jumpClock(client, 5_000))
    at(110, () => world.driftClock(client, 500_000, true))
    at(200, () => world.pause(client, true))
    at(500, () => world.resume(client, true))
    run()
    expect(rang).toEqual([1_300])
  })

  it('can be moved either way and turned off', () => {
    const { alarm, run, rang, at } = ringing()
    alarm.set(1_000)
    at(100, () => alarm.set(300))
    at(200, () => alarm.set(600))
    at(700, () => alarm.set(800))
    at(750, () => alarm.set(Infinity))
    run()
    expect(rang).toEqual([600])
  })

  it('rings again only if it is set again', () => {
    const { alarm, run, rang, at, world, client } = ringing()
    alarm.set(100)
    at(150, () => world.jumpClock(client, -100))
    at(160, () => alarm.set(200))
    run()
    expect(rang).toEqual([100, 300])
  })

  it('rings within a tick of the right time, never early, whatever happens to the clock', () => {
    const change = fc.record({
      afterMs: ticks(200),
      byMs: fc.integer({ min: -4_000, max: 4_000 }).map((count) => count / 8),
      driftPpm: drifts,
    })
    fc.assert(
      fc.property(ticks(2_000), fc.array(change, { maxLength: 6 }), (localMs, changes) => {
        const { alarm, run, rang, at, world, client } = ringing()
        alarm.set(localMs)
        let nowMs = 0
        const touchedAtMs = new Set<number>()
        for (const { afterMs, byMs, driftPpm } of changes) {
          nowMs += afterMs
          touchedAtMs.add(nowMs)
          at(nowMs, () => {
            world.jumpClock(client, byMs)
            world.driftClock(client, driftPpm)
          })
        }
        // A second pair of eyes looks at the clock at every tick.
        const firstSeen: number[] = []
        const look = {
          fire: (): void => {
            const seenMs = world.kernel.nowMs
            if (firstSeen.length === 0 && client.wall.read(seenMs) >= localMs)
              firstSeen.push(seenMs)
            if (firstSeen.length === 0 && seenMs < 10_000)
              world.kernel.at(seenMs + 1 / 8, look, 0, undefined)
          },
        }
        world.kernel.at(0, look, 0, undefined)
        run()
        // Set back at the very instant at which it was due, an alarm may ring then or later: both are right.
        if (firstSeen.length === 0 || touchedAtMs.has(firstSeen[0] as number)) return
        expect(rang).toHaveLength(1)
        expect(Math.abs((rang[0] as number) - (firstSeen[0] as number))).toBeLessThanOrEqual(1 / 8)
      }),
      { numRuns: 25 },
    )
  })

  it('of a service ticks by the server’s own clock', () => {
    const { start, run, heard, at, world, server } = smallWorld()
    start(function* ({ first }) {
      yield* first.call({ op: 'wake', atMs: 500 })
    })
    at(100, () => world.jumpClock(server, 300))
    run(200)
    expect(heard()).toEqual(['wake of client-1 at 1', 'tick at 500'])
  })
})
