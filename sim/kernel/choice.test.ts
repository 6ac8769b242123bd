/** Chance: named streams that do not disturb one another, recordings that come back. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import seedrandom from 'seedrandom'
import { aleaStream, randomChoice, recordingChoice, replayingChoice } from './choice.ts'
import type { Choice } from './choice.ts'

const drawn = (choice: Choice, name: string, count: number, among = 1_000): readonly number[] => {
  const stream = choice.stream(name)
  return Array.from({ length: count }, () => stream.pick(among))
}

describe('a stream', () => {
  it('draws what seedrandom’s alea draws from the same state', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (seed, count) => {
        const alea = seedrandom.alea(seed, { state: true })
        const stream = aleaStream(alea.state() as Parameters<typeof aleaStream>[0])
        for (let draw = 0; draw < 100; draw++) {
          expect(stream.pick(count)).toBe(Math.floor(alea() * count))
        }
      }),
    )
  })
})

describe('random choice', () => {
  it('draws whole numbers below the count, for any count', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (seed, count) => {
        for (const picked of drawn(randomChoice(seed), 'any', 20, count)) {
          expect(Number.isInteger(picked) && picked >= 0 && picked < count).toBe(true)
        }
      }),
    )
  })

  it('draws the same for the same seed and name, whatever is drawn from other streams in between', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat({ max: 5 }), { maxLength: 40 }), (seed, others) => {
        const undisturbed = drawn(randomChoice(seed), 'latency', others.length)
        const choice = randomChoice(seed)
        const stream = choice.stream('latency')
        const disturbed = others.map((extra) => {
          drawn(choice, `jitter ${extra}`, extra)
          return stream.pick(1_000)
        })
        expect(disturbed).toEqual(undisturbed)
      }),
    )
  })

  it('goes on in a stream that is asked for again', () => {
    const choice = randomChoice(1)
    const halves = [...drawn(choice, 'a', 5), ...drawn(choice, 'a', 5)]
    expect(halves).toEqual(drawn(randomChoice(1), 'a', 10))
  })

  it('gives other streams and other seeds other draws', () => {
    const lists = [
      drawn(randomChoice(1), 'a', 10),
      drawn(randomChoice(1), 'b', 10),
      drawn(randomChoice(2), 'a', 10),
    ]
    expect(new Set(lists.map(String)).size).toBe(lists.length)
  })

  it('keeps its draws from one version of locksim to the next', () => {
    expect(drawn(randomChoice(42), 'latency:client-1~redis', 8)).toMatchInlineSnapshot(`
      [
        382,
        660,
        683,
        225,
        977,
        732,
        588,
        434,
      ]
    `)
  })

  it('picks each of a few about equally often', () => {
    const counts = [0, 0, 0, 0]
    for (const picked of drawn(randomChoice(7), 'dice', 4_000, 4)) counts[picked]!++
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })
})

describe('recording and replaying', () => {
  const asked = fc.array(
    fc.record({ name: fc.constantFrom('a', 'b', 'c'), count: fc.integer({ min: 1, max: 9 }) }),
    { maxLength: 60 },
  )

  it('changes nothing while recording, and gives back what was recorded', () => {
    fc.assert(
      fc.property(fc.nat(), asked, (seed, questions) => {
        const ask = (choice: Choice): readonly number[] =>
          questions.map(({ name, count }) => choice.stream(name).pick(count))
        const { choice, recording } = recordingChoice(randomChoice(seed))
        const plain = ask(randomChoice(seed))
        expect(ask(choice)).toEqual(plain)
        expect(ask(replayingChoice(recording()))).toEqual(plain)
      }),
    )
  })

  it('keeps the recording as it was when it was asked for', () => {
    const { choice, recording } = recordingChoice(randomChoice(1))
    choice.stream('a').pick(10)
    const early = recording()
    choice.stream('a').pick(10)
    expect([early['a']?.length, recording()['a']?.length]).toEqual([1, 2])
  })

  it('falls back past the end, where a number no longer fits, and in streams never recorded', () => {
    const replayed = replayingChoice({ a: [7, 7] })
    const a = replayed.stream('a')
    expect([a.pick(10), a.pick(7), a.pick(10), replayed.stream('b').pick(5)]).toEqual([7, 0, 0, 0])
    const other = replayingChoice({ a: [7] }, { stream: () => ({ pick: () => 4 }) }).stream('a')
    expect([other.pick(10), other.pick(10)]).toEqual([7, 4])
  })
})
