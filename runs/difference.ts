/** Where two lists of events part: line by line, as they stand in trace files. */

import { isDeepStrictEqual } from 'node:util'
import type { TraceEvent } from '#sim'
import { eventLine } from './trace-shape.ts'

/** The first event that two runs of one plan do not have in common. */
export interface EventDifference {
  /** Line in the trace files of both, counted from 1; the header is the first. */
  readonly line: number
  /** When and where the earlier of the two happened. */
  readonly atMs: number
  readonly node: string
  /** The events as lines; undefined where one of the runs is over. */
  readonly one: string | undefined
  readonly other: string | undefined
}

/** Whether two lines of traces say the same; another order of fields, or other spaces, is not another event. */
export const isSameLine = (one: string, other: string): boolean =>
  one === other || isDeepStrictEqual(JSON.parse(one), JSON.parse(other))

/** The first place where two lists of events part; undefined if they are the same. */
export const firstDifference = (
  one: readonly TraceEvent[],
  other: readonly TraceEvent[],
): EventDifference | undefined => {
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const events = [one[index], other[index]] as const
    const [left, right] = events.map((event) => event && eventLine(event)) as [string?, string?]
    if (left !== undefined && right !== undefined && isSameLine(left, right)) continue
    const there = events.filter((event) => event !== undefined)
    const earlier = there.reduce((first, next) => (next.atMs < first.atMs ? next : first))
    const { atMs, node } = earlier
    return { line: index + 2, atMs, node, one: left, other: right }
  }
  return undefined
}

const LENGTH_MAX = 300

/** One side of a difference as a line for people. */
export const tellDifference = (who: string, line: string | undefined): string => {
  const text = line ?? 'nothing more'
  return `  ${who} ${text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX - 1)}…` : text}`
}
