/** termination: once faults are over, every live participant that voted yes decides in time. */

import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory } from './checker.ts'
import { crashOf, crashText, decisionOf, DOUBT_KINDS, doubtOf, watchDoubts } from './doubts.ts'
import type { Doubt } from './doubts.ts'
import { held, inTraceOrder, vacuous, violated } from './verdict.ts'
import { countOf, inMs } from './words.ts'

const promise = 'termination'

const judgeTermination = (header: RunHeader, { facts }: SharedHistory): Judgement => {
  const boundMs = header.progressWithinMs
  const watch = watchDoubts()

  return {
    see: watch.see,
    end(end) {
      const idle = end.idle === true
      let worst: Doubt | undefined
      let longestMs = 0
      let violations = 0
      let open = 0
      for (const doubt of watch.doubts) {
        const lasts = doubt.toMs === Infinity
        if (lasts) open++
        const ms = Math.min(doubt.toMs, end.atMs) - Math.max(doubt.fromMs, end.faultsOverAtMs)
        const broken = ms >= boundMs || (lasts && idle)
        if (broken) violations++
        if (ms > longestMs || (broken && worst === undefined)) {
          longestMs = Math.max(ms, longestMs)
          worst = doubt
        }
      }
      const measures = { violations, boundMs: longestMs, undecided: open }
      if (watch.doubts.length === 0) return vacuous(promise, 'nobody voted yes', measures)
      const evidence = `${countOf(watch.doubts.length - open, 'doubt')} ended, ${open} open, the longest ${inMs(longestMs)} of ${inMs(boundMs)} allowed once faults were over`
      if (violations === 0 || worst === undefined) {
        return open > 0 && end.why !== 'finished'
          ? { promise, verdict: 'inconclusive', evidence, measures }
          : held(promise, evidence, measures)
      }
      const { client, decided, fromMs, node, since, toMs } = worst
      const untilMs = Math.min(toMs, end.atMs)
      const crashes = [crashOf(facts, client, untilMs), crashOf(facts, node, untilMs)].filter(
        (crash) => crash !== undefined,
      )
      const sinceMs = Math.max(fromMs, Math.min(end.faultsOverAtMs, end.atMs))
      const lasted =
        toMs === Infinity && idle
          ? 'for ever: nothing was left that could happen'
          : `for ${inMs(longestMs)} after ${inMs(sinceMs)}: ${inMs(boundMs)} were allowed`
      const clash = inTraceOrder(facts, [since, ...crashes, decided])
      const last = facts.at(-1)
      if (clash.length < 2 && last !== undefined) clash.push(last)
      return violated(promise, evidence, measures, {
        events: clash,
        proof: [
          doubtOf(worst),
          ...crashes.map(crashText),
          ...(decided === undefined ? [] : [decisionOf(decided)]),
          `However, ${node} was alive and did not decide ${lasted}.`,
        ],
      })
    },
  }
}

/**
 * Who is dead for good stays so, and that is no fault that could be repaired: those who live must decide without it.
 * `boundMs` is the longest doubt after the last fault.
 */
export const termination = defineChecker({
  promise,
  about: 'commits',
  mood: 'eventually',
  summary: 'once faults are over, every live participant that voted yes decides in time',
  source:
    'Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems (1987), section 7.3: AC5; of those who live, Skeen (1981)',
  sees: DOUBT_KINDS,
  start: judgeTermination,
})
