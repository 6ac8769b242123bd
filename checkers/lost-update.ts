/** lost-update: the protected counter ends with as many increments as were acknowledged. */

import type { FactEvent, FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, SharedHistory, Witness } from './checker.ts'
import { grantOf, lifeOf } from './history.ts'
import { cutOff, held, vacuous, violated } from './verdict.ts'
import { countOf, inMs, numeral } from './words.ts'

const promise = 'lost-update'

type Written = FactOf<'store-written'>

const judgeLostUpdate = ({ facts }: SharedHistory): Judgement => {
  const acknowledgements: FactEvent[] = []
  const writers: string[] = []
  let unknown = 0
  let overwrites = 0
  let base = 0
  let latest: Written | undefined
  let overwriter: Written | undefined
  let overwritten: Written | undefined

  const see = (event: Written): void => {
    if (!writers.includes(event.client)) writers.push(event.client)
    if (latest === undefined) base = event.before
    else if (event.value - 1 !== event.before) {
      overwrites++
      // A write that arrives twice overwrites itself: worth counting, but no good witness.
      const better = overwriter === undefined || overwriter.hold === overwritten?.hold
      if (better && (overwriter === undefined || event.hold !== latest.hold)) {
        overwriter = event
        overwritten = latest
      }
    }
    latest = event
  }

  const tell = (final: number): Witness => {
    const sum = `However, ${countOf(acknowledgements.length, 'increment')} had been acknowledged from ${numeral(base)} on and the counter ended at ${numeral(final)}: an acknowledged increment was lost.`
    if (overwriter === undefined || overwritten === undefined) {
      return { events: acknowledgements.slice(-2), proof: ['The store shows no such write.', sum] }
    }
    return {
      events: [overwritten, overwriter],
      proof: [
        ...lifeOf(facts, overwriter.client, overwriter.hold, overwriter),
        grantOf(facts, overwritten.client, overwritten.hold),
        `${overwritten.client} wrote ${numeral(overwritten.value)} at ${inMs(overwritten.atMs)}.`,
        `${overwriter.client} wrote ${numeral(overwriter.value)} over ${numeral(overwriter.before)} at ${inMs(overwriter.atMs)}, as it had read ${numeral(overwriter.value - 1)} before.`,
        sum,
      ],
    }
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'store-written':
          see(event)
          break
        case 'write-acknowledged':
          acknowledgements.push(event)
          break
        case 'write-unknown':
          unknown++
          break
        default:
      }
    },
    end(end) {
      const acknowledged = acknowledgements.length
      const final = latest?.value ?? base
      const lost = Math.max(0, acknowledged - (final - base))
      const measures = { violations: lost, acknowledged, unknown, overwrites, final }
      const seen = `${countOf(acknowledged, 'acknowledged increment')}, ${numeral(unknown)} unknown, counter from ${numeral(base)} to ${numeral(final)}`
      if (lost > 0)
        return violated(promise, `${seen}: ${numeral(lost)} lost`, measures, tell(final))
      if (writers.length < 2) return vacuous(promise, `${seen}; no two clients wrote`, measures)
      return held(promise, `${seen}${cutOff(end)}`, measures)
    },
  }
}

/**
 * Counts like the counter workload of a Jepsen test: the end value must reach the number of acknowledged increments. A
 * write that timed out may or may not count, so it can excuse a missing increment, never cause one. The
 * witness is the first write that did not add one to what it replaced, with the write it replaced.
 */
export const lostUpdate = defineChecker({
  promise,
  mood: 'always',
  summary: 'the protected counter ends with as many increments as were acknowledged',
  source: 'Jepsen, the analysis of etcd 3.4.3 (2020), on updates protected by a lock',
  sees: ['store-written', 'write-acknowledged', 'write-unknown'],
  start: (_header, history) => judgeLostUpdate(history),
})
