/** fencing: tokens increase in grant order, and the store never applies an older grant's action after a newer one's. */

import type { FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory, Witness } from './checker.ts'
import { grantOf, lifeOf } from './history.ts'
import { cutOff, held, inTraceOrder, notOffered, vacuous, violated } from './verdict.ts'
import { countOf, inMs, numeral } from './words.ts'

const promise = 'fencing'

/** A hold with a token, and its place among the grants. */
interface Issued {
  readonly hold: string
  readonly place: number
  readonly token: number
  readonly event: FactOf<'granted'>
}

type Applied = FactOf<'store-read'> | FactOf<'store-written'>

const judgeFencing = (header: RunHeader, { facts }: SharedHistory): Judgement => {
  const places = new Map<string, number>()
  const issued: Issued[] = []
  let newest: Applied | undefined
  let newestPlace = -1
  let disorders = 0
  let staleApplied = 0
  let refused = 0
  let witness: Witness | undefined

  const heard = new Set<string>()
  let grants = 0

  const placeOf = (hold: string): number => {
    let place = places.get(hold)
    if (place === undefined) {
      place = grants++
      places.set(hold, place)
    }
    return place
  }

  const compare = (before: Issued, after: Issued): void => {
    if (before.token < after.token) return
    disorders++
    const [old, young] = [before.event, after.event]
    witness ??= {
      events: inTraceOrder(facts, [old, young]),
      proof: [
        grantOf(facts, old.node, before.hold),
        `Its token was ${numeral(before.token)}.`,
        grantOf(facts, young.node, after.hold),
        `Its token was ${numeral(after.token)}.`,
        `However, the grant to ${young.node} came after the one to ${old.node}: its token had to be higher than ${numeral(before.token)}.`,
      ],
    }
  }

  const issue = (event: FactOf<'granted'>, token: number): void => {
    const one: Issued = { hold: event.hold, place: placeOf(event.hold), token, event }
    for (const other of issued) {
      if (other.place < one.place) compare(other, one)
      else if (other.place > one.place) compare(one, other)
    }
    issued.push(one)
  }

  const apply = (event: Applied): void => {
    const place = places.get(event.hold)
    if (place === undefined) return
    if (place < newestPlace && newest !== undefined) {
      staleApplied++
      const what = event.kind === 'store-read' ? 'read' : 'write'
      witness ??= {
        events: [newest, event],
        proof: [
          ...lifeOf(facts, event.client, event.hold, event),
          grantOf(facts, newest.client, newest.hold),
          `The store applied an operation of ${newest.client} at ${inMs(newest.atMs)}.`,
          `However, it applied a ${what} of ${event.client} at ${inMs(event.atMs)}, whose grant was older.`,
        ],
      }
      return
    }
    newest = event
    newestPlace = place
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'service-granted':
          // One attempt may get the lock twice: its first node went with the session, the second is what it hears of.
          if (!heard.has(event.hold)) places.set(event.hold, grants++)
          break
        case 'granted':
          heard.add(event.hold)
          if (event.token === undefined) placeOf(event.hold)
          else issue(event, event.token)
          break
        case 'store-read':
          if (header.fencing === 'all') apply(event)
          break
        case 'store-written':
          if (header.fencing !== 'off') apply(event)
          break
        case 'store-refused':
          if (event.token !== undefined) refused++
          break
        default:
      }
    },
    end(end) {
      const measures = {
        violations: disorders + staleApplied,
        disorders,
        staleApplied,
        refused,
        tokens: issued.length,
      }
      const half =
        header.fencing === 'off'
          ? 'only the tokens judged, as the store checks none'
          : `${countOf(refused, header.fencing === 'all' ? 'stale operation' : 'stale write')} refused`
      const seen = countOf(issued.length, 'token')
      if (witness !== undefined) {
        return violated(
          promise,
          `${seen}, ${countOf(disorders, 'pair')} out of order, ${countOf(staleApplied, 'stale operation')} applied; ${half}`,
          measures,
          witness,
        )
      }
      if (issued.length < 2) {
        return vacuous(promise, `${seen} given: there was nothing to put in order`, measures)
      }
      return held(promise, `${seen}, strictly increasing; ${half}${cutOff(end)}`, measures)
    },
  }
}

/**
 * Grant order is the order in which the servers granted each hold: the last time before its client heard of it. A hold that
 * no server shows takes its place when its client says `granted`. Clients hear of their grants in any order, so theirs alone would accuse
 * locks that are right. A store that checks nothing is the operator's choice, not the lock's fault:
 * with fencing off only the tokens are judged.
 */
export const fencing = defineChecker({
  promise,
  mood: 'always',
  summary:
    'tokens strictly increase in grant order and the store applies nothing older after something newer',
  source:
    'Martin Kleppmann, How to do distributed locking (2016), "Making the lock safe with fencing"; Hazelcast FencedMutex model of Jepsen',
  sees: ['service-granted', 'granted', 'store-read', 'store-written', 'store-refused'],
  start: (header, history) =>
    header.offersToken
      ? judgeFencing(header, history)
      : { see() {}, end: () => notOffered(promise, 'the lock gives no token') },
})
