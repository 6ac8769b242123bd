/** Moments: when a fault strikes. A time, the n-th step of a node, or the n-th fact of a kind at a node. */

import type { FactKind } from '../kernel/index.ts'

/**
 * A time in ms; or a step of a node; or the n-th fact of a kind stated about a node, which
 * survives edits to the algorithm. `afterMs` adds true time to either of the latter.
 */
export type Moment =
  | number
  | { readonly node: string; readonly step: number; readonly afterMs?: number | undefined }
  | {
      readonly node: string
      readonly event: FactKind
      readonly nth?: number | undefined
      readonly afterMs?: number | undefined
    }

/** The moment in words: `at 2,000 ms`, `at step 5 of client-1`, `1,000 ms after the 1st granted of client-1`. */
export const describeMoment = (moment: Moment): string => {
  if (typeof moment === 'number') return `at ${moment} ms`
  const later = moment.afterMs === undefined ? 'at' : `${moment.afterMs} ms after`
  if ('step' in moment) return `${later} step ${moment.step} of ${moment.node}`
  return `${later} ${moment.event} no. ${moment.nth ?? 1} of ${moment.node}`
}
