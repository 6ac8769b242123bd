/** The contract that every checker of the registry keeps. */

import { describe, expect, it } from 'vitest'

import type { FactEvent } from '#sim'
import type { Checker, Verdict } from './checker.ts'
import {
  deadHolder,
  examples,
  failover,
  goodRun,
  loneRun,
  pausedHolder,
} from './examples/traces.ts'
import type { Example } from './examples/traces.ts'
import { deadCoordinator, goodCommit, outvoted, twoMinds } from './examples/commits.ts'
import { startJudging } from './fold.ts'
import { newHistory } from './shared-history.ts'
import { checkers, commitCheckers, lockCheckers } from './index.ts'

const judge = (checker: Checker, { header, events, end }: Example): Verdict => {
  const judging = startJudging([checker], header)
  for (const event of events) judging.see(event)
  return judging.end(end)[0] as Verdict
}

const allTraces = [
  goodRun,
  pausedHolder,
  failover,
  deadHolder,
  loneRun,
  goodCommit,
  deadCoordinator,
  twoMinds,
  outvoted,
]

describe('checkers', () => {
  it('are listed once each', () => {
    const promises = checkers.map(({ promise }) => promise)
    expect(new Set(promises).size).toBe(promises.length)
    expect([...promises].sort()).toEqual(Object.keys(examples).sort())
  })

  it('find nothing wrong with a good run', () => {
    const withoutItsCase = ['starvation', 'fairness', 'reentrancy', 'availability']
    const verdicts = lockCheckers
      .filter(({ promise }) => !withoutItsCase.includes(promise))
      .map((checker) => judge(checker, goodRun).verdict)
    expect(new Set(verdicts)).toEqual(new Set(['held']))
    expect(checkers.map((checker) => judge(checker, goodRun).verdict)).not.toContain('violated')
    const ofCommit = commitCheckers.map((checker) => judge(checker, goodCommit).verdict)
    expect(new Set(ofCommit)).toEqual(new Set(['held']))
  })
})

describe.each(checkers.map((checker) => [checker.promise, checker] as const))(
  '%s',
  (name, checker) => {
    const { holds, breaks } = examples[name]

    it('holds on its good trace, and can explain its bad one', () => {
      expect(judge(checker, holds).verdict).toBe('held')
      const verdict = judge(checker, breaks)
      expect(verdict.verdict).toBe(checker.mood === 'sometimes' ? 'vacuous' : 'violated')
      if (checker.mood === 'sometimes') return
      const { events, proof } = verdict.witness ?? { events: [], proof: [] }
      expect(events.length).toBeGreaterThanOrEqual(2)
      const places = events.map((event) => breaks.events.indexOf(event))
      expect(places).toEqual([...places].sort((a, b) => a - b))
      expect(places[0]).toBeGreaterThanOrEqual(0)
      expect(proof.length).toBeGreaterThan(1)
      expect(proof.length).toBeLessThanOrEqual(8)
      for (const sentence of proof) expect(sentence).toMatch(/^\S.*\.$/)
      expect(proof.at(-1)).toMatch(/^However, /)
    })

    it('has a witness exactly when violated, and one line of evidence', () => {
      for (const trace of allTraces) {
        const verdict = judge(checker, trace)
        expect(verdict.witness === undefined).toBe(verdict.verdict !== 'violated')
        expect(verdict.evidence).toMatch(/^[^\n]+$/)
        expect(verdict.promise).toBe(name)
      }
    })

    it('says nothing about a run in which nothing happened', () => {
      expect(judge(checker, { ...holds, events: [] })).toMatchObject({ verdict: 'vacuous' })
    })

    it('needs no kind of fact that it does not declare', () => {
      for (const trace of allTraces) {
        const reference = judge(checker, trace)
        const history = newHistory()
        const everything = checker.start(trace.header, history)
        for (const event of trace.events) {
          history.see(event)
          everything.see(event)
        }
        expect(everything.end(trace.end)).toEqual(reference)
      }
    })

    it('judges a saved trace as it judged the run', () => {
      for (const trace of allTraces) {
        const saved = JSON.parse(JSON.stringify(trace)) as Example
        const live = judge(checker, trace)
        expect(judge(checker, saved)).toEqual(live)
        // What a verdict says must itself survive being saved.
        expect(JSON.parse(JSON.stringify(live))).toEqual(live)
      }
    })

    it('does not change the events and keeps nothing from run to run', () => {
      const freeze = (event: FactEvent) => Object.freeze({ ...event })
      const frozen = { ...breaks, events: breaks.events.map(freeze) }
      const first = judge(checker, frozen)
      judge(checker, holds)
      expect(judge(checker, frozen)).toEqual(first)
    })
  },
)
