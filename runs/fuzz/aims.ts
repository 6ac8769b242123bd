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

/** What the servers of a lock are busy with. */
const REQUESTS = ['acquiring', 'releasing'] as const

/** `client` is the one whose doings are most likely to matter: the one that is struck. */
const ofLock = (stream: Stream, cast: ClassCast, client: string | undefined): Aim => {
  const { clients, role, stores } = cast
  const node = client !== undefined && stream.pick(4) !== 0 ? client : among(stream, clients)
  switch (stream.pick(8)) {
    case 0:
      return { node, event: among(stream, RARE) }
    case 1:
      return role.servers.length === 0 || stream.pick(2) === 0
        ? { node: among(stream, stores), event: among(stream, ['store-read', 'store-written']) }
        : {
            node: among(stream, role.servers),
            event: among(stream, ['service-granted', 'service-revoked']),
          }
    default:
      return { node, event: among(stream, COMMON) }
  }
}

/** Within so many latencies a request is answered; within many, a few are. */
const FEW_LATENCIES = 4
const MANY_LATENCIES = 16

/** Occurrences that are aimed at: mostly the first. */
const NTH_MAX = 3

/** While a server is asked: what befalls it then finds requests under way, half done, or answered in vain. */
export const requestMoment = (
  stream: Stream,
  { clients }: ClassCast,
  latencyMs: number,
): Moment => ({
  node: among(stream, clients),
  event: among(stream, REQUESTS),
  nth: 1 + stream.pick(NTH_MAX),
  afterMs: eighths(stream, latencyMs * FEW_LATENCIES),
})

/** A moment aimed at a fact: right then, within a few latencies, or within a part of the lease or a whole one. */
export const aimedMoment = (
  stream: Stream,
  cast: ClassCast,
  latencyMs: number,
  client: string | undefined,
): Moment => {
  const { role, clients, leaseMs } = cast
  const aim = isProtocol(role.algorithm)
    ? among(stream, commitAims(role, clients.length))
    : ofLock(stream, cast, client)
  const at = { ...aim, nth: 1 + stream.pick(1 + stream.pick(NTH_MAX)) }
  const withinMs = among(stream, [
    0,
    latencyMs * FEW_LATENCIES,
    latencyMs * FEW_LATENCIES,
    latencyMs * MANY_LATENCIES,
    leaseMs / 10,
    leaseMs / 4,
  ])
  if (withinMs === 0) return at
  return { ...at, afterMs: eighths(stream, withinMs) }
}

/** Times are multiples of 1/8 ms; of a few ms each of them counts. */
const FEW_MS = 20
const eighths = (stream: Stream, withinMs: number): number =>
  withinMs <= FEW_MS
    ? stream.pick(Math.round(withinMs * 8) + 1) / 8
    : msBetween(stream, 0, withinMs)
