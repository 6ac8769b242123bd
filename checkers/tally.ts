/** Tally: how often clients asked, got the lock, were turned away and released it. A measure, not a promise. */

import type { FactEvent } from '#sim'

/** Counts over all clients. */
export interface Tally {
  readonly attempts: number
  readonly grants: number
  /** Attempts that came back without the lock. */
  readonly denials: number
  readonly releases: number
}

/** One count in progress. */
export interface TallyFold {
  see(event: FactEvent): void
  end(): Tally
}

/** Counts. */
export const countAttempts = (): TallyFold => {
  let attempts = 0
  let grants = 0
  let denials = 0
  let releases = 0
  return {
    see({ kind }) {
      if (kind === 'acquiring') attempts++
      else if (kind === 'granted') grants++
      else if (kind === 'denied') denials++
      else if (kind === 'releasing') releases++
    },
    end: () => ({ attempts, grants, denials, releases }),
  }
}
