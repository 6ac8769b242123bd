/** The contract of a mutant: one line of a lock or a service made wrong on purpose, and the run that finds it out. */

import type { PlanInput, PromiseName } from '#runs'

/** Values of a lock's parameters, as a plan has them. */
type Settings = Readonly<Record<string, number | boolean | string>>

/** Runs of one lock under one class of faults, until the promise is broken. */
export interface CampaignProbe {
  readonly lock: string
  readonly under: string
  readonly promise: PromiseName
  readonly parameters?: Settings
  readonly fencing?: 'off' | 'writes' | 'all' | 'compare'
}

/** One run of a lock in a scenario. */
export interface ScenarioProbe {
  readonly lock: string
  readonly scenario: string
  readonly promise: PromiseName
  readonly parameters?: Settings
  readonly fencing?: 'off' | 'writes' | 'all' | 'compare'
}

/** A published sequence, or its repaired form, that must come out otherwise than its row says. */
interface SequenceProbe {
  readonly sequence: string
}

/** One plan of its own. */
export interface PlanProbe {
  readonly lock: string
  readonly plan: Omit<PlanInput, 'format' | 'algorithm'>
  readonly promise: PromiseName
}

/** What finds a mutant out. */
export type Probe = CampaignProbe | ScenarioProbe | SequenceProbe | PlanProbe

/** One mutant. */
export interface Mutant {
  /** What is wrong with it, in a few words. */
  readonly fault: string
  /** The source file, e.g. `algorithms/redlock.ts`. */
  readonly file: string
  /** A piece of one line that stands in the file once, in the source and in what is compiled from it. */
  readonly find: string
  readonly replace: string
  readonly probe: Probe
}

/** A mutant that no run can tell from the original, and why. */
interface EquivalentMutant extends Omit<Mutant, 'probe'> {
  readonly equivalent: string
}

/** Either. */
export type AnyMutant = Mutant | EquivalentMutant
