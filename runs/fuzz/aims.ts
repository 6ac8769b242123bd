/** When a drawn fault strikes: at facts of clients, of the lock's servers and of the store, now or a little later. */

import { isProtocol } from '#algorithms'
import type { Aim, Moment, Stream } from '#sim'
import { commitAims } from '../draw-parts.ts'
import type { ClassCast } from '../fault-classes/index.ts'
import { among, msBetween } from '../fault-classes/moments.ts'

/** What every client of every lock does: where most things go wrong. */
const COMMON = ['acquiring', 'granted', 'read-returned', 'write-sent', 'releasing'] as const
/** What some do, sometimes. */
const RARE = ['denied', 'released', 'queued', 'reentered', 'leaving-inner', 'lost'] as const

const ofLock = (stream: Stream, { clients, role, stores }: ClassCast): Aim => {
  switch (stream.pick(8)) {
    case 0:
      return { node: among(stream, clients), event: among(stream, RARE) }
    case 1:
      return role.servers.length === 0 || stream.pick(2) === 0
        ? { node: among(stream, stores), event: among(stream, ['store-read', 'store-written']) }
        : {
            node: among(stream, role.servers),
            event: among(stream, ['service-granted', 'service-revoked']),
          }
    default:
      return { node: among(stream, clients), event: among(stream, COMMON) }
  }
}

/** Occurrences that are aimed at: mostly the first. */
const NTH_MAX = 3

/** A moment aimed at a fact: right then, within a few latencies, or within a part of the lease or a whole one. */
export const aimedMoment = (stream: Stream, cast: ClassCast, latencyMs: number): Moment => {
  const { role, clients, leaseMs } = cast
  const aim = isProtocol(role.algorithm)
    ? among(stream, commitAims(role, clients.length))
    : ofLock(stream, cast)
  const at = { ...aim, nth: 1 + stream.pick(1 + stream.pick(NTH_MAX)) }
  const withinMs = among(stream, [0, latencyMs * 2, latencyMs * 8, 20, leaseMs / 10, leaseMs / 4])
  if (withinMs === 0) return at
  return { ...at, afterMs: eighths(stream, withinMs) }
}

/** Times are multiples of 1/8 ms; of a few ms each of them counts. */
const eighths = (stream: Stream, withinMs: number): number =>
  withinMs <= 20 ? stream.pick(Math.round(withinMs * 8) + 1) / 8 : msBetween(stream, 0, withinMs)
