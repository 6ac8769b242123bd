/** When and how long drawn faults of a class strike: aimed at what clients do, and scaled by the lease. */

import { isProtocol } from '#algorithms'
import type { Moment, Stream } from '#sim'
import type { ClassCast } from './fault-class.ts'

/** One of a non-empty list. */
export const among = <Item>(stream: Stream, items: readonly Item[]): Item =>
  items[stream.pick(items.length)] as Item

/** A whole number of ms in [minMs, maxMs]. */
export const msBetween = (stream: Stream, minMs: number, maxMs: number): number => {
  const low = Math.round(minMs)
  return low + stream.pick(Math.max(1, Math.round(maxMs) - low + 1))
}

/** What a holder, or one who wants to be, does shortly before things go wrong. */
const AIMS = ['acquiring', 'granted', 'read-returned', 'write-sent', 'releasing'] as const

/** What a coordinator does shortly before things go wrong. */
const COMMIT_AIMS = ['transaction-began', 'transaction-began', 'decided'] as const

/** A moment: three in four aimed at what a client does, sometimes a little later; the rest a plain time. */
export const momentFor = (stream: Stream, cast: ClassCast, client?: string): Moment => {
  if (stream.pick(4) === 0) return msBetween(stream, 0, cast.spanMs)
  const aim = {
    node: client ?? among(stream, cast.clients),
    event: among(stream, isProtocol(cast.role.algorithm) ? COMMIT_AIMS : AIMS),
    nth: 1 + stream.pick(2),
  }
  return stream.pick(2) === 0
    ? aim
    : { ...aim, afterMs: msBetween(stream, 0, among(stream, [20, cast.leaseMs / 4])) }
}

/** A length: over a lease, so that what the lock granted is gone by then. */
export const beyondLease = (stream: Stream, { leaseMs }: ClassCast): number =>
  msBetween(stream, leaseMs * 1.05, leaseMs * 2.5)

/** A length: from a blink to two leases. */
export const anyLength = (stream: Stream, { leaseMs }: ClassCast): number =>
  stream.pick(3) === 0
    ? msBetween(stream, 1, leaseMs / 10)
    : msBetween(stream, leaseMs / 10, leaseMs * 2)
