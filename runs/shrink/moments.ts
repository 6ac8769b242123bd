/** Weaker moments: when a fault strikes, said by what a client does rather than by a number. */

import type { AnyAlgorithm } from '#algorithms'
import { SimulationError } from '#sim'
import type { AnyFaultPlan, FactEvent, FactKind, Moment } from '#sim'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import type { FaultFields } from './order.ts'
import { simplerNumbers } from './numbers.ts'
import { omitted, replaced } from './part.ts'
import type { Part } from './part.ts'

/** Facts by which a person would tell when something happened. */
const TELLING: readonly FactKind[] = [
  'acquiring',
  'granted',
  'read-returned',
  'reentering',
  'leaving-inner',
  'write-sent',
  'releasing',
  'transaction-began',
  'voted',
  'pre-committed',
  'decided',
]

/** A fact of a run as a moment. */
interface Landmark {
  readonly atMs: number
  readonly node: string
  readonly event: FactKind
  readonly nth: number
}

/** What of a run moments can be said by. */
interface Landmarks {
  readonly facts: readonly Landmark[]
  /** When each fault struck, by its number. */
  readonly struckAtMs: ReadonlyMap<number, number>
}

/** A story longer than this is not searched for moments. */
const LANDMARKS_MAX = 2_000

const NOWHERE: Landmarks = { facts: [], struckAtMs: new Map() }

const lookAt = (plan: Plan, algorithm: AnyAlgorithm): Landmarks => {
  const facts: Landmark[] = []
  const struckAtMs = new Map<number, number>()
  const counts = new Map<string, number>()
  const fact = (event: FactEvent): void => {
    if (event.kind === 'fault-began') struckAtMs.set(event.fault, event.atMs)
    if (!TELLING.includes(event.kind) || facts.length >= LANDMARKS_MAX) return
    const key = `${event.node} ${event.kind}`
    const nth = (counts.get(key) ?? 0) + 1
    counts.set(key, nth)
    facts.push({ atMs: event.atMs, node: event.node, event: event.kind, nth })
  }
  try {
    run(plan, { algorithm, checkers: [], fact })
  } catch (error) {
    if (error instanceof SimulationError) return NOWHERE
    throw error
  }
  return { facts, struckAtMs }
}

// The last plan only: weakenings of one plan are asked for one after the other.
let known:
  | { readonly plan: Plan; readonly algorithm: AnyAlgorithm; readonly landmarks: Landmarks }
  | undefined

const landmarksOf = (plan: Plan, algorithm: AnyAlgorithm): Landmarks => {
  if (known?.plan !== plan || known.algorithm !== algorithm) {
    known = { plan, algorithm, landmarks: lookAt(plan, algorithm) }
  }
  return known.landmarks
}

const momentAt = ({ node, event, nth }: Landmark): Exclude<Moment, number> =>
  nth === 1 ? { node, event } : { node, event, nth }

/** The true time of a moment; undefined if it never came. */
const timeOf = (
  at: Moment,
  fault: number,
  { facts, struckAtMs }: Landmarks,
): number | undefined => {
  if (typeof at === 'number') return at
  if ('step' in at) return struckAtMs.get(fault)
  const aimed = facts.find(
    ({ node, event, nth }) => node === at.node && event === at.event && nth === (at.nth ?? 1),
  )
  return aimed === undefined ? undefined : aimed.atMs + (at.afterMs ?? 0)
}

/** How many facts before and after a moment are tried in its place, of each of two groups. */
const NEAR = 2

/** The facts nearest to a time: those of the node that is struck first, then those of anybody. */
const nearest = (
  facts: readonly Landmark[],
  atMs: number,
  struck: unknown,
): readonly Landmark[] => {
  const around = (those: readonly Landmark[]): readonly Landmark[] => [
    ...those
      .filter((one) => one.atMs <= atMs)
      .slice(-NEAR)
      .reverse(),
    ...those.filter((one) => one.atMs > atMs).slice(0, NEAR),
  ]
  return [...around(facts.filter(({ node }) => node === struck)), ...around(facts)]
}

/** Other moments for a fault, the simplest first. */
function* otherMoments(
  at: Moment,
  index: number,
  struck: unknown,
  landmarks: Landmarks,
): Generator<Moment, void, void> {
  yield 0
  if (typeof at === 'object') {
    const onTheSpot = omitted(at, 'afterMs')
    yield onTheSpot
    if ('event' in at) {
      for (const nth of simplerNumbers(at.nth ?? 1, { least: 1 })) {
        yield nth === 1 ? omitted(onTheSpot as typeof at, 'nth') : { ...onTheSpot, nth }
      }
    }
  }
  const atMs = timeOf(at, index, landmarks)
  if (atMs !== undefined) {
    const near = nearest(landmarks.facts, atMs, struck)
    for (const landmark of near) yield momentAt(landmark)
    for (const landmark of near) {
      if (landmark.atMs <= atMs) yield { ...momentAt(landmark), afterMs: atMs - landmark.atMs }
    }
  }
  if (typeof at === 'number') yield* simplerNumbers(at)
  else {
    for (const afterMs of simplerNumbers(at.afterMs ?? 0)) yield { ...at, afterMs }
    if ('event' in at && at.nth !== undefined) {
      for (const nth of simplerNumbers(at.nth, { least: 1 })) yield { ...at, nth }
    }
    if ('step' in at) {
      for (const step of simplerNumbers(at.step, { least: 1 })) yield { ...at, step }
    }
  }
}

const withMoment = (plan: Plan, index: number, at: Moment): Plan => ({
  ...plan,
  faults: replaced(plan.faults, index, { ...(plan.faults[index] as AnyFaultPlan), at }),
})

/** Simpler moments: at the very beginning, at what a client does, a rounder while after it, a rounder time. */
export const simplerMoments: Part = function* (plan, algorithm) {
  for (const [index, fault] of plan.faults.entries()) {
    if (fault.at === 0) continue
    const { node } = fault as FaultFields & { readonly node?: unknown }
    const landmarks = landmarksOf(plan, algorithm)
    for (const at of otherMoments(fault.at, index, node, landmarks)) {
      yield withMoment(plan, index, at)
    }
  }
}

/**
 * The plan with times in the place of moments at this node, so that the faults outlive it; undefined if no fault of
 * another node is aimed there.
 */
export const momentsSpelledOut = (
  plan: Plan,
  algorithm: AnyAlgorithm,
  node: string,
): Plan | undefined => {
  let spelledOut: Plan | undefined
  for (const [index, { at }] of plan.faults.entries()) {
    if (typeof at !== 'object' || at.node !== node) continue
    const atMs = timeOf(at, index, landmarksOf(plan, algorithm))
    if (atMs !== undefined) spelledOut = withMoment(spelledOut ?? plan, index, atMs)
  }
  return spelledOut
}
