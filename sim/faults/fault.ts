/** The contract of a fault: what can be written about it in a plan, and what it does to the world. */

import * as v from 'valibot'
import type { FactKind, Stream } from '../kernel/index.ts'
import type { Moment, World } from '../world/index.ts'

/** A duration or an instant in a plan: a finite number of ms, 0 or more. */
export const milliseconds = v.pipe(
  v.number('a number of ms'),
  v.finite('a finite number of ms'),
  v.minValue(0, 'a number of ms, 0 or more'),
)

/** A whole number from 1. */
export const ordinal = v.pipe(
  v.number('a whole number'),
  v.integer('a whole number'),
  v.minValue(1, 'a whole number, 1 or more'),
)

/** The name of a node, e.g. `client-1`, `redis-3`, `store`. */
export const nodeName = v.pipe(v.string('the name of a node'), v.nonEmpty('the name of a node'))

const moment = v.union(
  [
    milliseconds,
    v.strictObject({ node: nodeName, step: ordinal, afterMs: v.optional(milliseconds) }),
    v.strictObject({
      node: nodeName,
      event: v.string('the kind of a fact, e.g. "granted"'),
      nth: v.optional(ordinal),
      afterMs: v.optional(milliseconds),
    }),
  ],
  'a time in ms (0 or more), { "node", "step" } or { "node", "event", "nth" }, the latter two with an optional "afterMs"',
)

/** The fields that every fault has: when it begins. */
export const common = { at: moment as unknown as v.GenericSchema<Moment> }

/** How long it lasts; without it, for ever. */
export const lasting = { forMs: v.optional(milliseconds) }

/** A fact about a node. */
export interface Aim {
  readonly node: string
  readonly event: FactKind
}

/** The nodes that a drawn fault may strike, and the times that make sense. */
export interface Cast {
  readonly clients: readonly string[]
  /** Servers of the lock, by service. */
  readonly servers: readonly { readonly service: string; readonly nodes: readonly string[] }[]
  /** The node of the store, if there is one. */
  readonly stores: readonly string[]
  /** What drawn faults are aimed at, if not at what the holder of a lock does. */
  readonly aims?: readonly Aim[]
  /** How long the lock outlives a silent holder, in ms, made finite. */
  readonly leaseMs: number
  /** During which time faults should begin, in ms. */
  readonly spanMs: number
}

/** A fault as a plan states it. */
export interface FaultPlan {
  readonly kind: string
  readonly at: Moment
  readonly forMs?: number | undefined
}

/** One kind of fault. */
export interface FaultKind<Plan extends FaultPlan> {
  readonly kind: Plan['kind']
  readonly summary: string
  readonly schema: v.GenericSchema<unknown, Plan>
  /** The nodes that the plan names; unknown ones are refused before the run. */
  nodes(plan: Plan): readonly string[]
  /** In a few words, for the story: `client-1 stands still for 15,000 ms`. */
  text(plan: Plan): string
  /**
   * Begins it. What it returns ends it: called after `forMs`, if the plan says so. `landed` says that it really
   * struck something, for faults that wait for a message; others call it at once.
   */
  begin(world: World, plan: Plan, landed: () => void): (() => void) | undefined
  /** Draws one at random; undefined where the cast has nothing for it to strike. */
  draw(stream: Stream, cast: Cast): Plan | undefined
}

/** Checks a fault's shape and keeps its types. */
export const defineFault = <Plan extends FaultPlan>(fault: FaultKind<Plan>): FaultKind<Plan> =>
  fault

/** One of a non-empty list. */
export const pickOne = <Item>(stream: Stream, items: readonly Item[]): Item =>
  items[stream.pick(items.length)] as Item

/** A whole number of ms in [minMs, maxMs]. */
export const pickMs = (stream: Stream, minMs: number, maxMs: number): number => {
  const low = Math.round(minMs)
  return low + stream.pick(Math.max(1, Math.round(maxMs) - low + 1))
}

/** Facts about a client after which things go wrong most readily. */
const AIMS = ['acquiring', 'granted', 'read-returned', 'write-sent', 'releasing'] as const

/**
 * A moment for a drawn fault: half of them a time, half aimed at what a client does, sometimes a little later.
 * Aimed faults find far more than timed ones.
 */
export const drawMoment = (stream: Stream, cast: Cast): Moment => {
  if (stream.pick(2) === 0) return pickMs(stream, 0, cast.spanMs)
  const aimed =
    cast.aims === undefined
      ? { node: pickOne(stream, cast.clients), event: pickOne(stream, AIMS) }
      : pickOne(stream, cast.aims)
  const aim = { ...aimed, nth: 1 + stream.pick(2) }
  return stream.pick(2) === 0 ? aim : { ...aim, afterMs: pickMs(stream, 0, cast.leaseMs / 4) }
}

/** A length for a drawn fault: often a little, sometimes well over a lease. */
export const drawLength = (stream: Stream, cast: Cast): number =>
  stream.pick(2) === 0
    ? pickMs(stream, 1, cast.leaseMs)
    : pickMs(stream, cast.leaseMs, cast.leaseMs * 2.5)

/** All nodes on which a process runs that is not the store. */
export const anyNode = (stream: Stream, cast: Cast): string =>
  pickOne(stream, [...cast.clients, ...cast.servers.flatMap(({ nodes }) => nodes)])
