/** Plans near a counterexample: the same faults a little earlier or later, longer or shorter, or by another seed. Always the same ones. */

import type { AnyFaultPlan } from '#sim'
import type { Plan } from '../plan.ts'

const SEEDS = 16
/** By how many steps a moment that counts steps is moved: an edit that adds a request adds about as many. */
const STEPS_MOVED = 4
/** By how much moments in time are moved: about a message, a few, a wait. */
const MOVES_MS = [1, 10, 100]
/** An edit that changes a time to live changes which faults are long, and which work is. */
const SCALES = [0.5, 2, 4]

type At = AnyFaultPlan['at']

const apart = (value: number, distances: readonly number[], least: number): readonly number[] =>
  distances
    .flatMap((distance) => [value + distance, value - distance])
    .filter((moved) => moved >= least)

/** The fact before, and the one after: an edit may have taken one away, or added one. */
const factsNear = (at: At): readonly At[] =>
  typeof at === 'object' && 'event' in at
    ? apart(at.nth ?? 1, [1], 1).map((nth) => ({ ...at, nth }))
    : []

const momentsNear = (at: At): readonly At[] => {
  if (typeof at === 'number') return apart(at, MOVES_MS, 0)
  const later = [
    ...apart(at.afterMs ?? 0, MOVES_MS, 0),
    ...(at.afterMs === undefined ? [] : [0]),
  ].map((afterMs) => ({ ...at, afterMs }))
  if ('step' in at) {
    const distances = Array.from({ length: STEPS_MOVED }, (_step, index) => index + 1)
    return [...apart(at.step, distances, 1).map((step) => ({ ...at, step })), ...later]
  }
  return [...factsNear(at), ...later]
}

const faultsNear = (fault: AnyFaultPlan): readonly AnyFaultPlan[] => [
  ...momentsNear(fault.at).map((at) => ({ ...fault, at })),
  ...(fault.kind === 'message'
    ? apart(fault.nth ?? 1, [1, 2], 1).map((nth) => ({ ...fault, nth }))
    : []),
]

const scaledFault = (fault: AnyFaultPlan, by: number): AnyFaultPlan => {
  const { at } = fault
  return {
    ...fault,
    at:
      typeof at === 'number'
        ? at * by
        : { ...at, ...(at.afterMs === undefined ? {} : { afterMs: at.afterMs * by }) },
    ...('forMs' in fault && fault.forMs !== undefined ? { forMs: fault.forMs * by } : {}),
    ...(fault.kind === 'message' && fault.byMs !== undefined ? { byMs: fault.byMs * by } : {}),
  }
}

function* underOtherSeeds(plan: Plan, own: number): Generator<Plan, void, void> {
  for (let seed = 0; seed < SEEDS; seed++) if (seed !== own) yield { ...plan, seed }
}

/**
 * Every plan that is near this one, the nearest kind first. Where faults are to blame, work stays within the lease: longer work
 * breaks any lease, which would say nothing about what has been mended.
 */
export function* nearby(plan: Plan, leaseMs: number): Generator<Plan, void, void> {
  const withFault = (index: number, fault: AnyFaultPlan): Plan => ({
    ...plan,
    faults: plan.faults.with(index, fault),
  })
  for (const [index, fault] of plan.faults.entries()) {
    for (const moved of faultsNear(fault)) yield withFault(index, moved)
  }
  for (const by of SCALES) {
    const faults = plan.faults.map((fault) => scaledFault(fault, by))
    if (faults.length > 0) yield { ...plan, faults }
    const { workload } = plan
    const isBlamed = faults.length === 0
    if (workload.workMs > 0 && (isBlamed || workload.workMs * by < leaseMs)) {
      yield { ...plan, faults, workload: { ...workload, workMs: workload.workMs * by } }
    }
  }
  yield* underOtherSeeds(plan, plan.seed)
  for (const [index, fault] of plan.faults.entries()) {
    for (const at of factsNear(fault.at)) {
      yield* underOtherSeeds(withFault(index, { ...fault, at }), plan.seed)
    }
  }
}
