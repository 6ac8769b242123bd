/** The board of a story: at each instant, what each client believes, what the servers say, and which nodes are struck. */

import { faults } from '#sim'
import type { TraceEvent } from '#sim'
import type { Plan } from '../plan.ts'

/**
 * What a client believes: nothing, that it holds the lock, or that it does although its validity is over. Of a participant
 * whether it is in doubt about a transaction.
 */
export type Belief = 'none' | 'holds' | 'expired' | 'doubt'
/** How a node is. A node that stands still may be cut off as well; the worst is shown. */
export type Health = 'up' | 'cut' | 'paused' | 'down' | 'gone'

/** The board at one instant. */
export interface Snapshot {
  readonly belief: (node: string) => Belief
  readonly health: (node: string) => Health
  /** Clients to whom the servers have the lock granted. */
  readonly granted: readonly string[]
  /** What was decided, by anybody, on the transaction that was decided last: more than one thing if they disagree. */
  readonly decided: readonly string[]
}

interface Place {
  belief: Belief
  pauses: number
  cuts: number
  down: boolean
  finished: boolean
  /** Transactions that it has voted yes on and not decided. */
  readonly doubts: Set<string>
}

/** Follows the events of a run. */
export interface Board {
  see(event: TraceEvent): void
  snapshot(): Snapshot
  /** Clients that believe to hold the lock just now. */
  believers(): readonly string[]
}

/** Starts a board. */
export const startBoard = (plan: Plan): Board => {
  const places = new Map<string, Place>()
  const granted = new Map<string, string>()
  const decisions = new Map<string, readonly string[]>()
  const place = (node: string): Place => {
    let found = places.get(node)
    if (found === undefined) {
      const doubts = new Set<string>()
      found = { belief: 'none', pauses: 0, cuts: 0, down: false, finished: false, doubts }
      places.set(node, found)
    }
    return found
  }
  const cutOff = (fault: number, by: number): void => {
    const struck = plan.faults[fault]
    if (struck?.kind !== 'partition') return
    for (const node of faults[struck.kind].nodes(struck)) place(node).cuts += by
  }
  const healthOf = ({ down, pauses, cuts, finished }: Place): Health =>
    down ? 'down' : pauses > 0 ? 'paused' : cuts > 0 ? 'cut' : finished ? 'gone' : 'up'

  return {
    see(event) {
      switch (event.kind) {
        case 'granted':
          place(event.node).belief = 'holds'
          break
        case 'validity-ended':
          if (place(event.node).belief === 'holds') place(event.node).belief = 'expired'
          break
        case 'releasing':
        case 'lost':
          place(event.node).belief = 'none'
          break
        case 'finished':
          place(event.node).finished = true
          break
        case 'voted':
          if (event.vote === 'yes') place(event.node).doubts.add(event.hold)
          break
        case 'decided': {
          place(event.node).doubts.delete(event.hold)
          const known = decisions.get(event.hold) ?? []
          decisions.delete(event.hold)
          decisions.set(
            event.hold,
            known.includes(event.decision) ? known : [...known, event.decision],
          )
          break
        }
        case 'service-granted':
          granted.set(event.hold, event.client)
          break
        case 'service-revoked':
          granted.delete(event.hold)
          break
        case 'paused':
          place(event.node).pauses++
          break
        case 'resumed':
          place(event.node).pauses--
          break
        case 'crashed':
          place(event.node).down = true
          place(event.node).belief = 'none'
          break
        case 'restarted':
          place(event.node).down = false
          break
        case 'fault-began':
          cutOff(event.fault, 1)
          break
        case 'fault-ended':
          cutOff(event.fault, -1)
          break
        default:
      }
    },
    snapshot() {
      const now = new Map(
        [...places].map(([node, at]) => [
          node,
          { belief: at.doubts.size > 0 ? ('doubt' as const) : at.belief, health: healthOf(at) },
        ]),
      )
      return {
        belief: (node) => now.get(node)?.belief ?? 'none',
        health: (node) => now.get(node)?.health ?? 'up',
        granted: [...granted.values()],
        decided: [...decisions.values()].at(-1) ?? [],
      }
    },
    believers: () =>
      [...places].filter(([, { belief }]) => belief !== 'none').map(([node]) => node),
  }
}
