/** The judgement of exclusion/belief and exclusion/validity: both cut the time for which a client goes by its grant. */

import type { FactKind } from '#sim'
import type { Judgement, PromiseName, SharedHistory } from './checker.ts'
import { grantOf, lifeOf } from './history.ts'
import { watchIntervals } from './intervals.ts'
import { overlapVerdict } from './overlap-verdict.ts'

/** The kinds of facts that belief begins and ends with. */
export const BELIEF_KINDS: readonly FactKind[] = [
  'granted',
  'releasing',
  'lost',
  'validity-ended',
  'crashed',
]

/**
 * Judges the intervals [granted, min(releasing, lost, crashed)], cut at validity-ended if asked to.
 * A paused client still believes: it cannot know better.
 */
export const judgeBelief = (
  promise: PromiseName,
  { facts, clients }: SharedHistory,
  cutAtValidityEnd: boolean,
  contradiction: string,
): Judgement => {
  const intervals = watchIntervals()
  const validityEnded = new Set<string>()
  return {
    see(event) {
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
      overlapVerdict(promise, intervals, clients, end, {
        noun: 'hold',
        story: ({ earlier, later }) => [
          ...lifeOf(facts, earlier.client, earlier.hold, later.from),
          grantOf(facts, later.client, later.hold),
        ],
        contradiction,
      }),
  }
}
