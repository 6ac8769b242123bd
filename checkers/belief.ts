/** The judgement of exclusion/belief and exclusion/validity: both cut the time for which a client goes by its grant. */

import type { FactEvent } from '#sim'
import type { Judgement, PromiseName } from './checker.ts'
import { grantOf, lifeOf } from './history.ts'
import { watchIntervals } from './intervals.ts'
import { overlapVerdict } from './overlap-verdict.ts'
import { watchRivalry } from './rivalry.ts'

/**
 * Judges the intervals [granted, min(releasing, lost, crashed)], cut at validity-ended if asked to.
 * A paused client still believes: it cannot know better.
 */
export const judgeBelief = (
  promise: PromiseName,
  cutAtValidityEnd: boolean,
  contradiction: string,
): Judgement => {
  const intervals = watchIntervals()
  const rivalry = watchRivalry()
  const history: FactEvent[] = []
  const validityEnded = new Set<string>()
  return {
    see(event) {
      history.push(event)
      rivalry.see(event)
      switch (event.kind) {
        case 'granted':
          // A grant may be past its validity when acquire returns it: then it never counts.
          if (validityEnded.size === 0 || !validityEnded.has(event.hold)) {
            intervals.begin(event.node, event.hold, event)
          }
          break
        case 'releasing':
        case 'lost':
          intervals.end(event.hold, event)
          break
        case 'validity-ended':
          if (!cutAtValidityEnd) break
          validityEnded.add(event.hold)
          intervals.end(event.hold, event)
          break
        case 'crashed':
          intervals.endClient(event.node, event)
          break
        default:
      }
    },
    end: (end) =>
      overlapVerdict(promise, intervals, rivalry, end, {
        noun: 'hold',
        story: ({ earlier, later }) => [
          ...lifeOf(history, earlier.client, earlier.hold, later.from),
          grantOf(history, later.client, later.hold),
        ],
        contradiction,
      }),
  }
}
