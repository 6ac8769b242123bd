/** The verdict that the three overlap checkers share: same counting, other words. */

import type { FactEvent } from '#sim'
import type { Competition, PromiseName, RunEnd, Verdict } from './checker.ts'
import type { Intervals, Overlap } from './intervals.ts'
import { cutOff, held, vacuous, violated } from './verdict.ts'
import { countOf, inMs } from './words.ts'

/** What a promise calls its intervals, and how it tells its first violation. */
export interface OverlapWords {
  /** `hold` in "4 holds by 2 clients". */
  readonly noun: string
  /** The proof, oldest first, without the time of the overlap. */
  story(overlap: Overlap): readonly string[]
  /** The last sentence's end, after "However, from … to …": "both believed that …". */
  readonly contradiction: string
}

const during = (overlap: Overlap, endMs: number): string => {
  const fromMs = overlap.since.atMs
  if (overlap.until === undefined) return `from ${inMs(fromMs)} to the end at ${inMs(endMs)}`
  return overlap.until.atMs === fromMs
    ? `at ${inMs(fromMs)}`
    : `from ${inMs(fromMs)} to ${inMs(overlap.until.atMs)}`
}

/** Judges intervals of one promise. */
export const overlapVerdict = (
  promise: PromiseName,
  intervals: Intervals,
  competition: Competition,
  end: RunEnd,
  words: OverlapWords,
): Verdict => {
  const count = intervals.count(end.atMs)
  const { violations, overlapMs, longestMs, clientsMax, first } = count
  const measures = { violations, overlapMs, longestMs, clientsMax }
  const seen = `${countOf(count.intervals, words.noun)} by ${countOf(count.clients, 'client')}`

  if (first !== undefined) {
    const { earlier, later, since } = first
    const events: FactEvent[] =
      since === later.from ? [earlier.from, later.from] : [later.from, earlier.from, since]
    return violated(
      promise,
      `${seen}, ${countOf(violations, 'overlap')} of ${inMs(overlapMs)} in all, at most ${countOf(clientsMax, 'client')} at once`,
      measures,
      {
        events,
        proof: [
          ...words.story(first),
          `However, ${during(first, end.atMs)} ${words.contradiction}`,
        ],
      },
    )
  }
  if (count.intervals === 0) return vacuous(promise, 'nobody was granted the lock', measures)
  if (competition.began() === undefined) {
    return vacuous(promise, `${seen}, but no two clients competed`, measures)
  }
  return held(promise, `${seen}, no overlap${cutOff(end)}`, measures)
}
