/** fairness: nobody who stands in the lock's queue is overtaken by one who came later. */

import type { FactEvent, FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory } from './checker.ts'
import { cutOff, held, inTraceOrder, notOffered, vacuous, violated } from './verdict.ts'
import { countOf, inMs, numeral } from './words.ts'

const promise = 'fairness'

type Granted = FactOf<'granted'>
type Queued = FactOf<'queued'>
type Entrance = Queued | FactOf<'service-granted'>

interface Overtaking {
  readonly waiter: Queued
  readonly overtaker: Granted
  /** Where the overtaker entered the queue, if it ever did. */
  readonly entered: Entrance | undefined
}

const tell = ({ waiter, overtaker, entered }: Overtaking, doorway: string): string[] => [
  `${waiter.client} stood in the queue from ${inMs(waiter.atMs)} on (${waiter.hold}): ${doorway}.`,
  entered === undefined
    ? `${overtaker.node} did not stand in the queue.`
    : `${overtaker.node} came to it later, at ${inMs(entered.atMs)} (${entered.hold}).`,
  `However, ${overtaker.node} was granted the lock at ${inMs(overtaker.atMs)}, while ${waiter.client} still waited: it was overtaken.`,
]

const judgeFairness = (doorway: string, { facts }: SharedHistory): Judgement => {
  /** Who waits in the queue, oldest first. */
  const queue = new Map<string, Queued>()
  /** Where each hold passed the doorway: into the queue, or straight to the lock. */
  const entrances = new Map<string, Entrance>()
  /** Entries that the servers have, whether or not their clients still ask. */
  const standing = new Map<string, Queued>()
  /** Where each client stood whose entry has just gone, and when that was. */
  const left = new Map<string, { readonly entered: Queued; readonly atMs: number }>()
  const overtaken = new Map<string, number>()
  /** The how-manieth at the doorway each entrance was. */
  const places = new Map<Entrance, number>()
  let ordered = 0
  let overtakings = 0
  let first: Overtaking | undefined

  const leave = (client: string): void => {
    for (const [hold, waiter] of queue) if (waiter.client === client) queue.delete(hold)
  }
  const placeOf = (entered: Entrance | undefined): number =>
    entered === undefined ? Infinity : (places.get(entered) ?? Infinity)
  const grant = (event: Granted): void => {
    queue.delete(event.hold)
    standing.delete(event.hold)
    const entered = entrances.get(event.hold)
    const place = placeOf(entered)
    if (queue.size > 0) ordered++
    for (const [hold, waiter] of queue) {
      // Of its own former attempts, left behind in the queue, nobody is a rival.
      if (waiter.client === event.node || placeOf(waiter) > place) continue
      overtakings++
      overtaken.set(hold, (overtaken.get(hold) ?? 0) + 1)
      first ??= { waiter, overtaker: event, entered }
    }
  }

  return {
    see(event: FactEvent) {
      switch (event.kind) {
        case 'queued': {
          // Who tries again under a new name, in the place that it had kept, does not come late.
          places.set(event, places.size)
          const before = left.get(event.client)
          const entered = before?.atMs === event.atMs ? before.entered : event
          entrances.set(event.hold, entered)
          standing.set(event.hold, entered)
          queue.set(event.hold, entered)
          break
        }
        case 'service-granted':
          // Who finds nobody there is let through the doorway at once.
          if (entrances.has(event.hold)) break
          places.set(event, places.size)
          entrances.set(event.hold, event)
          break
        case 'unqueued': {
          const entered = standing.get(event.hold)
          if (entered !== undefined) left.set(event.client, { entered, atMs: event.atMs })
          standing.delete(event.hold)
          queue.delete(event.hold)
          break
        }
        case 'denied':
          queue.delete(event.hold)
          break
        case 'granted':
          grant(event)
          break
        case 'crashed':
          leave(event.node)
          break
        default:
      }
    },
    end(end) {
      const most = Math.max(0, ...overtaken.values())
      const measures = { violations: overtakings, mostOvertaken: most, ordered }
      if (first !== undefined) {
        const { waiter, overtaker, entered } = first
        return violated(
          promise,
          `${countOf(overtakings, 'overtaking')}; one client was overtaken ${countOf(most, 'time')}`,
          measures,
          {
            events: inTraceOrder(facts, [waiter, entered, overtaker]),
            proof: tell(first, doorway),
          },
        )
      }
      if (ordered === 0) {
        return vacuous(promise, 'nobody got the lock while another stood in the queue', measures)
      }
      return held(
        promise,
        `${numeral(ordered)} grants with others in the queue, each to the first of it${cutOff(end)}`,
        measures,
      )
    },
  }
}

const notOfferedAt: Judgement = {
  see() {},
  end: () => notOffered(promise, 'the lock keeps no order of clients'),
}

/**
 * First come, first served, from the doorway that the lock names: there the servers have a client in their data, so that
 * its order is no matter of the network. A client that crashed, gave up, or was dropped from the queue is not overtaken.
 */
export const fairness = defineChecker({
  promise,
  mood: 'always',
  summary: 'nobody in the lock’s queue is overtaken by one who came later',
  occasional: true,
  source:
    'Lamport, A New Solution of Dijkstra’s Concurrent Programming Problem (1974): first come, first served from the doorway; Herlihy and Shavit, chapter 2',
  sees: ['service-granted', 'queued', 'unqueued', 'denied', 'granted', 'crashed'],
  start: (header: RunHeader, history) =>
    header.doorway === undefined ? notOfferedAt : judgeFairness(header.doorway, history),
})
