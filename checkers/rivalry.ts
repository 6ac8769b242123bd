/** Rivalry: whether two holds were after the lock at once, without which a run proves nothing about exclusion. */

import type { FactEvent } from '#sim'
import type { Competition } from './checker.ts'

/** The first time that somebody asked while another was asking, had the lock, or stood in the servers' data. */
interface Rivalry extends Competition {
  see(event: FactEvent): void
}

/**
 * Watches for rivalry. A client is engaged from `acquiring` until it is denied, has released, is told of
 * a loss, or crashes; a hold that the servers have granted is engaged until they revoke it, alive or not.
 *
 * `between: 'holds'` also counts a client that stands in its own way: back after a crash, it asks
 * while the servers still have the lock granted to its former life.
 */
export const watchRivalry = (between: 'clients' | 'holds'): Rivalry => {
  const clientOf = new Map<string, string>()
  const grantedTo = new Map<string, string>()
  let first: FactEvent | undefined
  let opponent: string | undefined

  const lookFor = (event: FactEvent, hold: string, engaged: ReadonlyMap<string, string>) => {
    for (const [otherHold, other] of engaged) {
      if (between === 'clients' ? other === event.node : otherHold === hold) continue
      first = event
      opponent = other
      return
    }
  }

  return {
    see(event) {
      if (first !== undefined) return
      switch (event.kind) {
        case 'acquiring':
          lookFor(event, event.hold, clientOf)
          if (first === undefined) lookFor(event, event.hold, grantedTo)
          clientOf.set(event.hold, event.node)
          break
        case 'denied':
        case 'released':
        case 'lost':
          clientOf.delete(event.hold)
          break
        case 'crashed':
          for (const [hold, client] of clientOf) if (client === event.node) clientOf.delete(hold)
          break
        case 'service-granted':
          grantedTo.set(event.hold, event.client)
          break
        case 'service-revoked':
          grantedTo.delete(event.hold)
          break
        default:
      }
    },
    began: () => first,
    against: () => opponent,
  }
}
