/** ownership: a release ends only the hold that it names, never somebody else's nor a later one of its own. */

import type { FactEvent, FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, SharedHistory, Witness } from './checker.ts'
import { lifeOf, serviceGrantOf } from './history.ts'
import { cutOff, held, inTraceOrder, notOffered, vacuous, violated } from './verdict.ts'
import { countOf, inMs, numeral } from './words.ts'

const promise = 'ownership'

type Revoked = FactOf<'service-revoked'>

const tell = (history: readonly FactEvent[], revoked: Revoked): Witness => {
  const { by, client, hold } = revoked
  const offender = by?.client ?? ''
  let granted: FactEvent | undefined
  let released: FactEvent | undefined
  for (const event of history) {
    if (event === revoked) break
    if (event.kind === 'service-granted' && event.hold === hold) granted = event
    if (event.kind === 'releasing' && event.hold === by?.hold) released = event
  }
  return {
    events: inTraceOrder(history, [granted, released, revoked]),
    proof: [
      ...(by === undefined ? [] : lifeOf(history, by.client, by.hold, revoked)),
      ...(granted === undefined ? [] : [serviceGrantOf(granted)]),
      offender === client
        ? `However, ${revoked.node} ended ${hold} at ${inMs(revoked.atMs)}, because of the release of ${by?.hold}: an earlier hold's release ended a later hold of the same client.`
        : `However, ${revoked.node} ended ${hold} of ${client} at ${inMs(revoked.atMs)}, because of the release of ${by?.hold}: ${offender} ended a hold that was not its own.`,
    ],
  }
}

/**
 * Whether it is what an earlier attempt of the same client left at the servers, and the release clears away as well:
 * one that was given up or released, not one that went down in a crash.
 */
const isOwnLeftover = (facts: readonly FactEvent[], { client, hold, by }: Revoked): boolean => {
  if (by?.client !== client) return false
  const left = facts.findIndex(
    (fact) => (fact.kind === 'denied' || fact.kind === 'releasing') && fact.hold === hold,
  )
  const began = facts.findIndex((fact) => fact.kind === 'acquiring' && fact.hold === by.hold)
  return left >= 0 && left < began
}

const judgeOwnership = ({ facts }: SharedHistory): Judgement => {
  let releases = 0
  let holds = 0
  let grantsOfServers = 0
  let violations = 0
  let first: Revoked | undefined
  return {
    see(event) {
      switch (event.kind) {
        case 'granted':
          holds++
          break
        case 'service-granted':
          grantsOfServers++
          break
        case 'releasing':
          releases++
          break
        case 'service-revoked':
          if (
            event.cause === 'request' &&
            event.by?.activity === 'releasing' &&
            event.by.hold !== event.hold &&
            !isOwnLeftover(facts, event)
          ) {
            violations++
            first ??= event
          }
          break
        default:
      }
    },
    end(end) {
      const measures = { violations, releases }
      const seen = countOf(releases, 'release')
      if (first !== undefined) {
        return violated(
          promise,
          `${seen}, ${numeral(violations)} ended a hold that it did not name`,
          measures,
          tell(facts, first),
        )
      }
      if (grantsOfServers === 0 && holds > 0) {
        return notOffered(promise, 'no server shows to whom it has granted the lock')
      }
      if (releases === 0) return vacuous(promise, 'nobody released the lock', measures)
      return held(promise, `${seen}, each of its own hold only${cutOff(end)}`, measures)
    },
  }
}

/**
 * Judged at the servers: a grant that a request took away, sent by a client in its release, must be the grant which that
 * request was made for, or one that an earlier attempt of the same client had left behind. A request of
 * a release that arrives late still counts as one. Taking the lock
 * over while acquiring (a sweeper, GETSET on an expired value) is not a release and not judged here.
 */
export const ownership = defineChecker({
  promise,
  mood: 'always',
  summary: 'a release ends only the hold that it names',
  source:
    'redis.io, "Distributed Locks with Redis": why a client must not remove a lock created by another; Jepsen OwnerAwareMutex',
  sees: ['granted', 'service-granted', 'releasing', 'service-revoked'],
  start: (_header, history) => judgeOwnership(history),
})
