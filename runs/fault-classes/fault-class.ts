/** The contract of a fault class: one way in which the world goes wrong, drawn anew for each seed. */

import type { AnyFaultPlan, Stream } from '#sim'
import type { PlanInput } from '../plan.ts'
import type { Role } from '../scenarios/scenario.ts'

/** Who may be struck, and by what measure. */
export interface ClassCast {
  readonly role: Role
  readonly clients: readonly string[]
  /** The node of the store, if there is one. */
  readonly stores: readonly string[]
  /** How long the lock outlives a silent holder, made finite. */
  readonly leaseMs: number
  /** During which time faults begin. */
  readonly spanMs: number
}

/** What a class adds to a plan. */
export interface ClassDraw {
  readonly faults: readonly AnyFaultPlan[]
  readonly clocks?: NonNullable<PlanInput['clocks']>
  readonly services?: NonNullable<PlanInput['services']>
  readonly servers?: number
}

/** A class of faults: the columns of the table. */
export interface FaultClass {
  readonly name: string
  /** Two letters, for the head of a column. */
  readonly code: string
  readonly summary: string
  /** The kinds of faults that it may draw; clocks that begin wrong count as `clock`. */
  readonly kinds: readonly AnyFaultPlan['kind'][]
  /** Draws the faults of one run, or says why they cannot befall this lock. */
  draw(stream: Stream, cast: ClassCast): ClassDraw | { readonly skip: string }
}

/** Checks a class's shape. */
export const defineFaultClass = (faultClass: FaultClass): FaultClass => faultClass
