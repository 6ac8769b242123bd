/** exclusion/service: the servers never have the lock granted to two clients at once. */

import type { FactEvent, FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, SharedHistory } from './checker.ts'
import { grantOf, lifeOf, serviceGrantOf } from './history.ts'
import { watchIntervals } from './intervals.ts'
import { overlapVerdict } from './overlap-verdict.ts'
import { notOffered } from './verdict.ts'

const promise = 'exclusion/service'

/** What is known of one hold. */
interface Hold {
  readonly client: string
  /** Whether its acquire has not returned. */
  asking: boolean
  /** Whether its client goes by the grant. */
  believing: boolean
  /** The servers' latest grant. */
  granted: FactEvent | undefined
  /** Whether the servers lost that grant, and what its client did meanwhile. */
  lost: 'no' | 'while asking' | 'while believing'
}

const judgeService = ({ facts, clients }: SharedHistory): Judgement => {
  const intervals = watchIntervals()
  const holds = new Map<string, Hold>()
  let holdsOfClients = 0
  let grantsOfServers = 0

  const holdOf = (name: string, client: string): Hold => {
    const known = holds.get(name)
    if (known !== undefined) return known
    const hold: Hold = { client, asking: false, believing: false, granted: undefined, lost: 'no' }
    holds.set(name, hold)
    return hold
  }

  const fail = (hold: Hold): void => {
    hold.asking = false
    if (hold.lost === 'while asking') hold.lost = 'no'
  }

  const disbelieve = (hold: Hold | undefined, name: string, event: FactEvent): void => {
    if (hold === undefined) return
    hold.believing = false
    if (hold.lost !== 'while believing') return
    hold.lost = 'no'
    intervals.end(name, event)
  }

  const revoke = (hold: Hold, event: FactOf<'service-revoked'>): void => {
    if (event.cause === 'lost') {
      if (hold.believing) hold.lost = 'while believing'
      else if (hold.asking && hold.granted !== undefined) hold.lost = 'while asking'
    }
    if (hold.lost !== 'while believing') intervals.end(event.hold, event)
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'acquiring':
          holdOf(event.hold, event.node).asking = true
          break
        case 'denied':
          fail(holdOf(event.hold, event.node))
          break
        case 'granted': {
          holdsOfClients++
          const hold = holdOf(event.hold, event.node)
          hold.asking = false
          hold.believing = true
          if (hold.lost === 'while asking') {
            hold.lost = 'while believing'
            intervals.begin(hold.client, event.hold, event, hold.granted)
          }
          break
        }
        case 'releasing':
        case 'validity-ended':
        case 'lost':
          disbelieve(holds.get(event.hold), event.hold, event)
          break
        case 'crashed':
          for (const [name, hold] of holds) {
            if (hold.client !== event.node) continue
            disbelieve(hold, name, event)
            fail(hold)
          }
          break
        case 'service-granted': {
          grantsOfServers++
          const hold = holdOf(event.hold, event.client)
          hold.granted = event
          hold.lost = 'no'
          intervals.begin(event.client, event.hold, event)
          break
        }
        case 'service-revoked':
          revoke(holdOf(event.hold, event.client), event)
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
