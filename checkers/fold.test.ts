/** Judging: who is shown what. */

import { describe, expect, it } from 'vitest'

import type { FactKind } from '#sim'
import { defineChecker } from './checker.ts'
import type { PromiseName } from './checker.ts'
import { finished, goodRun, header } from './examples/traces.ts'
import { startJudging } from './fold.ts'

const listener = (promise: PromiseName, sees: readonly FactKind[], heard: string[]) =>
  defineChecker({
    promise,
    mood: 'always',
    summary: '',
    source: '',
    sees,
    start: () => ({
      see: (event) => heard.push(event.kind),
      end: () => ({ promise, verdict: 'held', evidence: '', measures: {} }),
    }),
  })

describe('startJudging', () => {
  it('shows each checker the kinds that it declared, once each', () => {
    const one: string[] = []
    const two: string[] = []
    const set = [
      listener('fencing', ['granted', 'granted'], one),
      listener('ownership', ['granted', 'released'], two),
    ]
    const judging = startJudging(set, header)
    for (const event of goodRun.events) judging.see(event)
    expect(one).toEqual(['granted', 'granted'])
    expect(two).toEqual(['granted', 'released', 'granted', 'released'])
    expect(judging.end(finished(1)).map(({ promise }) => promise)).toEqual(['fencing', 'ownership'])
  })

  it('keeps runs apart that are judged at once by the same set', () => {
    const heard: string[] = []
    const set = [listener('fencing', ['granted'], heard)]
    const [first, second] = [startJudging(set, header), startJudging(set, header)]
    for (const event of goodRun.events) first.see(event)
    second.end(finished(1))
    expect(heard).toHaveLength(2)
  })
})
