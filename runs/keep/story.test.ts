import { describe, expect, it } from 'vitest'
import type { FactEvent } from '#sim'
import { firstDifference, firstMissing, inWords, linesOf, storyOf } from './story.ts'

let atMs = 0
const fact = (node: string, kind: string, rest: object = {}): FactEvent =>
  ({ atMs: atMs++, node, kind, ...rest }) as unknown as FactEvent

const hold = (client: string, number: number): FactEvent[] => [
  fact(client, 'acquiring', { hold: `${client}#${number}` }),
  fact('redis-3', 'service-granted', { client, hold: `${client}#${number}` }),
  fact(client, 'granted', { hold: `${client}#${number}` }),
  fact(client, 'released', { hold: `${client}#${number}`, outcome: 'ok' }),
]

describe('a story', () => {
  it('has a line for each key fact, without times, and counts what comes again', () => {
    expect(linesOf([...hold('client-1', 1), ...hold('client-1', 2)])).toEqual([
      'client-1 acquiring',
      'client-1 service-granted',
      'client-1 granted',
      'client-1 released',
      'client-1 acquiring',
      'client-1 service-granted (2nd)',
      'client-1 granted (2nd)',
      'client-1 released (2nd)',
    ])
  })

  it('is the same however often a client asks in vain, and whichever server grants', () => {
    const asks = (times: number): FactEvent[] =>
      Array.from({ length: times }, () => [
        fact('client-2', 'acquiring'),
        fact('client-2', 'denied'),
      ]).flat()
    const other = hold('client-2', 1).map((event) => ({ ...event, atMs: 0 }))
    expect(linesOf([...asks(1), ...hold('client-2', 1)])).toEqual(linesOf([...asks(70), ...other]))
  })

  it('ends with what breaks the promise', () => {
    const facts = [...hold('client-1', 1), ...hold('client-2', 1)]
    const witness = { events: [facts[0], facts[2]] as FactEvent[], proof: [] }
    expect(storyOf(facts, witness).at(-1)).toBe('client-1 granted')
    expect(storyOf(facts, undefined)).toHaveLength(8)
  })

  it('of a long run has its beginning, its end, and still matches that run', () => {
    const facts = Array.from({ length: 50 }, (_hold, index) => hold('client-1', index + 1)).flat()
    const abridged = storyOf(facts, undefined)
    expect(abridged).toHaveLength(40)
    expect(abridged).toContain('…')
    expect(abridged.at(-1)).toBe('client-1 released (50th)')
    expect(firstMissing(abridged, linesOf(facts))).toBeUndefined()
    expect(firstMissing(abridged, linesOf(facts.slice(0, -1)))).toEqual({
      step: 40,
      line: 'client-1 released (50th)',
    })
  })
})

describe('laying a recorded story beside a run', () => {
  const recorded = ['a granted', 'b granted', 'a released']

  it('allows for more in between', () => {
    expect(
      firstMissing(recorded, ['a granted', 'x', 'b granted', 'y', 'a released']),
    ).toBeUndefined()
  })

  it('names the first line that does not come, also where it came too early', () => {
    expect(firstMissing(recorded, ['b granted', 'a granted', 'a released'])).toEqual({
      step: 2,
      line: 'b granted',
    })
    expect(firstMissing(recorded, [])).toEqual({ step: 1, line: 'a granted' })
  })

  it('names the first difference, also where one of them is over', () => {
    expect(firstDifference(recorded, recorded)).toBeUndefined()
    expect(firstDifference(recorded, ['a granted'])).toEqual({ step: 2, line: 'b granted' })
    expect(firstDifference(recorded, ['a granted', 'c granted'])?.line).toBe('c granted')
  })

  it.each([
    ['client-1 granted (2nd)', 'the 2nd grant to client-1'],
    ['client-1 granted', 'the grant to client-1'],
    ['client-2 fault-began: pause', 'the fault at client-2 (pause)'],
    [
      'client-1 service-revoked: request of client-2 (3rd)',
      'the 3rd end of the grant by the servers to client-1 (request of client-2)',
    ],
    ['participant-1 voted: yes', 'the vote of participant-1 (yes)'],
    ['somebody constructor', '"somebody constructor"'],
    ['what somebody wrote there', '"what somebody wrote there"'],
  ])('says %s in words', (line, words) => {
    expect(inWords(line)).toBe(words)
  })
})
