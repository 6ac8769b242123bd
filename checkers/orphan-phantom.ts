/** Orphan and phantom time: granted but believed by nobody, and believed but not granted. A measure, not a promise. */

import type { TraceEvent } from '#sim'

/** The two times that classify most published lock bugs: orphans cost availability, phantoms exclusion. */
export interface OrphanPhantom {
  /** Granted at the servers while its client did not believe in it, summed over holds; the longest spell. */
  readonly orphanMs: number
  readonly longestOrphanMs: number
  /** Believed by its client while the servers did not have it granted; the longest spell. */
  readonly phantomMs: number
  readonly longestPhantomMs: number
}

/** One measurement in progress. */
export interface OrphanPhantomFold {
  see(event: TraceEvent): void
  end(atMs: number): OrphanPhantom
}

interface Hold {
  readonly client: string
  granted: boolean
  believed: boolean
  sinceMs: number
}

/**
 * Measures by hold. A short orphan is normal on both sides of a hold: the grant travels to the client
 * and the release to the server. Only long spells mean anything.
 */
export const measureOrphansAndPhantoms = (): OrphanPhantomFold => {
  const holds = new Map<string, Hold>()
  let orphanMs = 0
  let longestOrphanMs = 0
  let phantomMs = 0
  let longestPhantomMs = 0

  const settle = (hold: Hold, atMs: number): void => {
    const spellMs = atMs - hold.sinceMs
    if (hold.granted && !hold.believed) {
      orphanMs += spellMs
      if (spellMs > longestOrphanMs) longestOrphanMs = spellMs
    } else if (hold.believed && !hold.granted) {
      phantomMs += spellMs
      if (spellMs > longestPhantomMs) longestPhantomMs = spellMs
    }
  }

  const change = (
    client: string,
    name: string,
    atMs: number,
    granted?: boolean,
    believed?: boolean,
  ) => {
    let hold = holds.get(name)
    if (hold === undefined) {
      hold = { client, granted: false, believed: false, sinceMs: atMs }
      holds.set(name, hold)
    }
    const nextGranted = granted ?? hold.granted
    const nextBelieved = believed ?? hold.believed
    if (nextGranted === hold.granted && nextBelieved === hold.believed) return
    settle(hold, atMs)
    hold.granted = nextGranted
    hold.believed = nextBelieved
    hold.sinceMs = atMs
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'granted':
          change(event.node, event.hold, event.atMs, undefined, true)
          break
        case 'releasing':
        case 'lost':
          change(event.node, event.hold, event.atMs, undefined, false)
          break
        case 'crashed':
          for (const [name, { client }] of holds) {
            if (client === event.node) change(client, name, event.atMs, undefined, false)
          }
          break
        case 'service-granted':
          change(event.client, event.hold, event.atMs, true)
          break
        case 'service-revoked':
          change(event.client, event.hold, event.atMs, false)
          break
        default:
      }
    },
    end(atMs) {
      for (const hold of holds.values()) {
        settle(hold, atMs)
        hold.sinceMs = atMs
      }
      return { orphanMs, longestOrphanMs, phantomMs, longestPhantomMs }
    },
  }
}
