/** The contract of a sequence: one published fault sequence of one lock, as a plan, and what the run must come out as. */

import type { PromiseName, VerdictName } from '#checkers'
import type { PlanInput } from '../plan.ts'

/** What a sequence says beside the lock: a plan of its own, or a scenario and what differs from it. */
export type SequencePlan = Omit<PlanInput, 'format' | 'algorithm' | 'seed' | 'drawn'>

/** Verdicts by promise. Those that are not named are of no interest to the row. */
export type Shows = { readonly [Promise in PromiseName]?: VerdictName }

/** The same case with the defect mended. */
interface Repair {
  /** What was mended, in words. */
  readonly how: string
  /** Another lock, where the repair is one. */
  readonly lock?: string
  readonly plan: SequencePlan
  readonly shows: Shows
}

/** A sequence that comes out in a run. */
export interface ShownSequence {
  /** Its place in the collection, e.g. `A2.1`. */
  readonly row: string
  /** What happens, in one sentence without a full stop. */
  readonly tells: string
  readonly lock: string
  readonly plan: SequencePlan
  readonly shows: Shows
  readonly repaired?: Repair
  /** What a reader should know beyond that. */
  readonly note?: string
}

/** A sequence that no run can show, and why. */
interface NotedSequence {
  readonly row: string
  readonly tells: string
  readonly note: string
}

/** One or the other. */
export type Sequence = ShownSequence | NotedSequence

/** The sequences of one section of the sources. */
export interface SequenceSection {
  readonly section: string
  readonly title: string
  readonly sequences: readonly Sequence[]
}

/** Whether a run shows it. */
export const isShown = (sequence: Sequence): sequence is ShownSequence => 'lock' in sequence

/** Checks the shape of a section's sequences. */
export const defineSequences = (
  section: string,
  title: string,
  sequences: readonly Sequence[],
): SequenceSection => ({ section, title, sequences })

/** The same plan with other parameters of the lock, or more of them. */
export const withParameters = (
  plan: SequencePlan,
  parameters: NonNullable<SequencePlan['parameters']>,
): SequencePlan => ({ ...plan, parameters: { ...plan.parameters, ...parameters } })
