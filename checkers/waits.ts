/** Spells in which somebody asks for the lock, and no live client is in its section: whoever is to blame, it is not a holder. */

import type { FactEvent } from '#sim'

/** One spell; `to` and `toMs` are those of the last event seen while it lasts. */
export interface Wait {
  readonly fromMs: number
  toMs: number
  /** How many events had been seen when it began and when it ended. */
  readonly from: number
  to: number
}

/** What watches for such spells. */
export interface WaitWatch {
  /** Shows an event of one of `WAIT_KINDS`. */
  see(event: FactEvent): void
  /** Ends the spell that still lasts, if one does, and gives it back. */
  end(atMs: number): Wait | undefined
  readonly waits: readonly Wait[]
  /** Begin of the spell that lasts. */
  lastingFromMs(): number | undefined
  /** Whether nobody is in its section. */
  isFree(): boolean
}

/** The facts that begin and end such spells. */
export const WAIT_KINDS = ['acquiring', 'granted', 'releasing', 'finished', 'crashed'] as const

/**
 * Watches. A client asks from `acquiring` on, through denials, until it gets the lock, crashes or finishes. Told of its
 * loss, it may still be in its section, and blocks rightfully until it leaves it.
 */
export const watchWaits = (facts: readonly FactEvent[]): WaitWatch => {
  const waits: Wait[] = []
  const asking = new Set<string>()
  const inside = new Map<string, string>()
  let wait: Wait | undefined

  const update = (event: FactEvent): void => {
    const waiting = asking.size > 0 && inside.size === 0
    if (waiting && wait === undefined) {
      wait = { fromMs: event.atMs, toMs: event.atMs, from: facts.length, to: facts.length }
    } else if (!waiting && wait !== undefined) {
      wait.toMs = event.atMs
      wait.to = facts.length
      waits.push(wait)
      wait = undefined
    }
  }

  return {
    waits,
    lastingFromMs: () => wait?.fromMs,
    isFree: () => inside.size === 0,
    see(event) {
      switch (event.kind) {
        case 'acquiring':
          asking.add(event.node)
          break
        case 'granted':
          asking.delete(event.node)
          inside.set(event.hold, event.node)
          break
        case 'releasing':
          inside.delete(event.hold)
          break
        case 'finished':
          asking.delete(event.node)
          break
        case 'crashed':
          asking.delete(event.node)
          for (const [hold, client] of inside) if (client === event.node) inside.delete(hold)
          break
        default:
          return
      }
      update(event)
    },
    end(atMs) {
      if (wait === undefined) return undefined
      wait.toMs = atMs
      wait.to = facts.length
      waits.push(wait)
      return wait
    },
  }
}
