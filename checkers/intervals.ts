/** Overlapping intervals: who has the lock, in some sense of "has", and when two clients have it at once. */

import type { FactEvent } from '#sim'

/** One hold, from the event that began it. */
interface Interval {
  readonly client: string
  readonly hold: string
  readonly from: FactEvent
}

/** Two intervals of different clients that share an instant. */
export interface Overlap {
  readonly earlier: Interval
  readonly later: Interval
  /** With which event they began to overlap: `later.from`, unless that one began to count late. */
  readonly since: FactEvent
  /** What ended it, or undefined if it lasted to the end of the run. */
  until: FactEvent | undefined
}

/** Everything counted about the intervals of one run. */
interface OverlapCount {
  /** Intervals that began, and clients that had any. */
  readonly intervals: number
  readonly clients: number
  /** Pairs of intervals of two clients that overlapped. */
  readonly violations: number
  /** Time during which two or more clients had one, and the longest such spell. */
  readonly overlapMs: number
  readonly longestMs: number
  /** The largest number of clients that had one at once. */
  readonly clientsMax: number
  readonly first: Overlap | undefined
}

/** The intervals that stand at the moment, fed event by event in the order of the trace. */
export interface Intervals {
  /** `from` is the event that is to stand for the interval, if it is not the one that happens now. */
  begin(client: string, hold: string, event: FactEvent, from?: FactEvent): void
  end(hold: string, event: FactEvent): void
  /** Ends all intervals of a client, as a crash does. */
  endClient(client: string, event: FactEvent): void
  count(endMs: number): OverlapCount
}

/**
 * Watches intervals for overlap between *different clients*: exclusion is defined for c ≠ d. Two holds of one
 * client at once are its own affair (reentrancy, a stale entry of its former life) and no violation.
 *
 * Of two events at one instant the order in the trace decides: taken before it was given back is an
 * overlap, though of 0 ms.
 */
export const watchIntervals = (): Intervals => {
  // A handful of intervals stand at once, so walking a small array beats any index.
  const standing: Interval[] = []
  const clients: string[] = []
  let intervals = 0
  let violations = 0
  let clientsMax = 0
  let crowdedSinceMs = -1
  let overlapMs = 0
  let longestMs = 0
  let first: Overlap | undefined

  const distinctClients = (): number => {
    let distinct = 0
    for (let index = 0; index < standing.length; index++) {
      const client = standing[index]?.client
      let seen = false
      for (let before = 0; before < index; before++) {
        if (standing[before]?.client === client) seen = true
      }
      if (!seen) distinct++
    }
    return distinct
  }

  const recount = (atMs: number): void => {
    const distinct = standing.length < 2 ? standing.length : distinctClients()
    if (distinct > clientsMax) clientsMax = distinct
    if (distinct >= 2) {
      if (crowdedSinceMs < 0) crowdedSinceMs = atMs
    } else if (crowdedSinceMs >= 0) {
      const spellMs = atMs - crowdedSinceMs
      overlapMs += spellMs
      if (spellMs > longestMs) longestMs = spellMs
      crowdedSinceMs = -1
    }
  }

  const endAt = (index: number, event: FactEvent): void => {
    const ended = standing[index]
    standing.splice(index, 1)
    if (first !== undefined && first.until === undefined) {
      if (first.earlier === ended || first.later === ended) first.until = event
    }
    recount(event.atMs)
  }

  return {
    begin(client, hold, event, from = event) {
      for (const other of standing) if (other.hold === hold) return
      const interval: Interval = { client, hold, from }
      intervals++
      if (!clients.includes(client)) clients.push(client)
      for (const other of standing) {
        if (other.client === client) continue
        violations++
        first ??= { earlier: other, later: interval, since: event, until: undefined }
      }
      standing.push(interval)
      recount(event.atMs)
    },
    end(hold, event) {
      for (let index = 0; index < standing.length; index++) {
        if (standing[index]?.hold === hold) return endAt(index, event)
      }
    },
    endClient(client, event) {
      for (let index = standing.length - 1; index >= 0; index--) {
        if (standing[index]?.client === client) endAt(index, event)
      }
    },
    count(endMs) {
      const lastMs = crowdedSinceMs < 0 ? 0 : endMs - crowdedSinceMs
      return {
        intervals,
        clients: clients.length,
        violations,
        overlapMs: overlapMs + lastMs,
        longestMs: lastMs > longestMs ? lastMs : longestMs,
        clientsMax,
        first,
      }
    },
  }
}
