/** exclusion/service: the servers never have the lock granted to two clients at once. */

import type { FactEvent } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, SharedHistory } from './checker.ts'
import { grantOf, lifeOf, serviceGrantOf } from './history.ts'
import { watchIntervals } from './intervals.ts'
import { overlapVerdict } from './overlap-verdict.ts'
import { notOffered } from './verdict.ts'

const promise = 'exclusion/service'

/** A grant that the servers lost, and what its client made of it so far. */
interface LostGrant {
  readonly client: string
  readonly granted: FactEvent
}

const judgeService = ({ facts, clients }: SharedHistory): Judgement => {
  const intervals = watchIntervals()
  // Holds whose acquire has not returned, and holds whose client goes by the grant.
  const asking = new Map<string, string>()
  const believing = new Map<string, string>()
  const grantedBy = new Map<string, FactEvent>()
  const lostWhileStanding = new Set<string>()
  const lostWhileAsking = new Map<string, LostGrant>()
  let holdsOfClients = 0
  let grantsOfServers = 0

  const disbelieve = (hold: string, event: FactEvent): void => {
    believing.delete(hold)
    if (lostWhileStanding.delete(hold)) intervals.end(hold, event)
  }

  const lose = (client: string, hold: string, event: FactEvent): void => {
    if (believing.has(hold)) {
      lostWhileStanding.add(hold)
      return
    }
    const granted = grantedBy.get(hold)
    if (asking.has(hold) && granted !== undefined) lostWhileAsking.set(hold, { client, granted })
    intervals.end(hold, event)
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'acquiring':
          asking.set(event.hold, event.node)
          break
        case 'denied':
          asking.delete(event.hold)
          lostWhileAsking.delete(event.hold)
          break
        case 'granted': {
          holdsOfClients++
          asking.delete(event.hold)
          believing.set(event.hold, event.node)
          const lost = lostWhileAsking.get(event.hold)
          if (lost !== undefined) {
            lostWhileAsking.delete(event.hold)
            lostWhileStanding.add(event.hold)
            intervals.begin(lost.client, event.hold, event, lost.granted)
          }
          break
        }
        case 'releasing':
        case 'validity-ended':
        case 'lost':
          disbelieve(event.hold, event)
          break
        case 'crashed':
          for (const [hold, client] of believing) if (client === event.node) disbelieve(hold, event)
          for (const [hold, client] of asking) {
            if (client !== event.node) continue
            asking.delete(hold)
            lostWhileAsking.delete(hold)
          }
          break
        case 'service-granted':
          grantsOfServers++
          grantedBy.set(event.hold, event)
          lostWhileStanding.delete(event.hold)
          lostWhileAsking.delete(event.hold)
          intervals.begin(event.client, event.hold, event)
          break
        case 'service-revoked':
          if (event.cause === 'lost') lose(event.client, event.hold, event)
          else if (!lostWhileStanding.has(event.hold)) intervals.end(event.hold, event)
          break
        default:
      }
    },
    end(end) {
      if (grantsOfServers === 0 && holdsOfClients > 0) {
        return notOffered(promise, 'no server shows to whom it has granted the lock')
      }
      return overlapVerdict(promise, intervals, clients, end, {
        noun: 'grant',
        story: ({ earlier, later, since }) =>
          since === later.from
            ? [
                serviceGrantOf(earlier.from),
                ...lifeOf(facts, earlier.client, earlier.hold, since),
                serviceGrantOf(later.from),
              ]
            : [
                serviceGrantOf(later.from),
                serviceGrantOf(earlier.from),
                grantOf(facts, later.client, later.hold),
              ],
        contradiction: 'the lock was granted to both: the servers had two holders at once.',
      })
    },
  }
}

/**
 * A grant stands from service-granted to service-revoked, except that a server's loss of its own data (a crash without
 * disk, a failover to a replica that was behind) does not end it: the servers granted the lock and nobody
 * took it back, so that grant counts until its holder calls release, its validity ends, it is told of the
 * loss, or it crashes. A grant that was lost before its client heard of it counts from the moment when
 * the client does (a reply in flight), and not at all if acquire fails.
 */
export const exclusionService = defineChecker({
  promise,
  mood: 'always',
  summary: 'the servers never have the lock granted to two clients at once',
  source:
    'redis.io, "Distributed Locks with Redis": why failover-based implementations are not enough',
  sees: [
    'acquiring',
    'denied',
    'granted',
    'releasing',
    'validity-ended',
    'lost',
    'crashed',
    'service-granted',
    'service-revoked',
  ],
  start: (_header, history) => judgeService(history),
})
