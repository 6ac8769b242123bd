/** blocking: no live participant keeps its row locked in doubt for longer than the bound, whoever is down. */

import type { FactEvent } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory } from './checker.ts'
import { crashOf, crashText, decisionOf, DOUBT_KINDS, doubtOf, watchDoubts } from './doubts.ts'
import type { Doubt } from './doubts.ts'
import { held, inTraceOrder, vacuous, violated } from './verdict.ts'
import { countOf, inMs } from './words.ts'

const promise = 'blocking'

const judgeBlocking = (header: RunHeader, { facts }: SharedHistory): Judgement => {
  const boundMs = header.progressWithinMs
  const watch = watchDoubts()
  let firstFault: FactEvent | undefined

  return {
    see(event) {
      if (event.kind === 'fault-began') firstFault ??= event
      else watch.see(event)
    },
    end(end) {
      const idle = end.idle === true
      let longest: Doubt | undefined
      let blockedMs = 0
      let totalMs = 0
      let violations = 0
      for (const doubt of watch.doubts) {
        if (!doubt.locked) continue
        const ms = Math.min(doubt.toMs, end.atMs) - doubt.fromMs
        const forEver = doubt.toMs === Infinity && idle
        totalMs += ms
        if (ms >= boundMs || forEver) violations++
        if (longest !== undefined && !forEver && ms <= blockedMs) continue
        // Of those that last for ever the first will do.
        if (longest !== undefined && longest.toMs === Infinity && idle) continue
        longest = doubt
        blockedMs = ms
      }
      const measures = { violations, blockedMs, totalMs, boundMs }
      const sinceMs = firstFault?.atMs ?? Infinity
      if (!watch.doubts.some(({ locked, toMs }) => locked && toMs > sinceMs)) {
        return vacuous(promise, 'nobody was in doubt when a fault had struck', measures)
      }
      const evidence = `longest doubt with a row locked ${inMs(blockedMs)} of ${inMs(boundMs)} allowed, ${inMs(totalMs)} in all`
      if (violations === 0 || longest === undefined) return held(promise, evidence, measures)
      const { client, decided, fromMs, node, since, toMs } = longest
      const crash = crashOf(facts, client, Math.min(toMs, end.atMs))
      const lasted =
        toMs === Infinity && idle
          ? `from ${inMs(fromMs)} on for ever, as nothing was left that could happen`
          : `for ${inMs(blockedMs)}, from ${inMs(fromMs)} to ${inMs(Math.min(toMs, end.atMs))}`
      const clash = inTraceOrder(facts, [since, crash, decided])
      const last = facts.at(-1)
      if (clash.length < 2 && last !== undefined) clash.push(last)
      return violated(
        promise,
        `${evidence}; ${countOf(violations, 'participant was', 'participants were')} blocked`,
        measures,
        {
          events: clash,
          proof: [
            doubtOf(longest),
            ...(crash === undefined ? [] : [crashText(crash)]),
            ...(decided === undefined ? [] : [decisionOf(decided)]),
            `However, ${node} was alive, and in doubt with its row locked ${lasted}: ${inMs(boundMs)} were allowed.`,
          ],
        },
      )
    },
  }
}

/**
 * Counted whether or not faults are over: that a participant needs not wait for the repair of another is what the promise
 * is about. A participant that is down or stands still is not alive. `blockedMs` is the longest doubt with a row
 * locked, `totalMs` the sum of all.
 */
export const blocking = defineChecker({
  promise,
  about: 'commits',
  mood: 'eventually',
  summary: 'no live participant is in doubt with its row locked for longer than the bound',
  occasional: true,
  source:
    'Skeen, Nonblocking Commit Protocols (SIGMOD 1981): a protocol that never requires operational sites to block until a failed site has recovered',
  sees: ['fault-began', ...DOUBT_KINDS],
  start: judgeBlocking,
})
