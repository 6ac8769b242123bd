/** A counterexample: the smallest plan on which a lock breaks a promise, with what it takes to read it and to know it again. */

import type { AnyAlgorithm } from '#algorithms'
import type { FactEvent } from '#sim'
import { InputError } from '../errors.ts'
import type { Plan, PlanInput } from '../plan.ts'
import { run } from '../run.ts'
import { referenceOf } from '../modules/registry.ts'
import { causeOf } from '../shrink/cause.ts'
import { necessaryFaults } from '../shrink/necessary.ts'
import { sparsePlan } from '../shrink/sparse.ts'
import { storyOf } from './story.ts'

/** The version of the file. A change that makes old files mean something else gets a new number. */
export const COUNTEREXAMPLE_FORMAT = 'locksim-counterexample/1'

/** A fault of a counterexample. */
export interface NecessaryFault {
  /** The fault in words. */
  readonly fault: string
  /** What the promise comes to without it, all else being equal. */
  readonly without: string
}

/** What a file of a corpus holds. */
export interface Counterexample {
  readonly format: typeof COUNTEREXAMPLE_FORMAT
  /** Name of the lock, or the path of its module: in a file, from the folder of the file. */
  readonly algorithm: string
  readonly promise: string
  /** The cause, in a sentence. */
  readonly sentence: string
  /** Every fault of the plan, and what happens without it. */
  readonly necessary: readonly NecessaryFault[]
  /** Whether no single part can be left out or made weaker. */
  readonly minimal: boolean
  /** Hash of the run. */
  readonly hash: string
  /** Only what differs from the defaults. */
  readonly plan: PlanInput
  /** The facts of the run up to the one that breaks the promise, one line each: by them it is recognised after an edit. */
  readonly story: readonly string[]
}

/** What is known of a plan that breaks a promise. */
export interface CounterexampleInput {
  readonly algorithm: AnyAlgorithm
  readonly promise: string
  readonly plan: Plan
  readonly minimal: boolean
}

/**
 * A counterexample, from a plan that breaks a promise.
 *
 * @throws InputError if it does not
 */
export const counterexampleOf = ({
  algorithm,
  promise,
  plan,
  minimal,
}: CounterexampleInput): Counterexample => {
  const facts: FactEvent[] = []
  const { hash, verdicts } = run(plan, { algorithm, fact: (event) => facts.push(event) })
  const found = verdicts.find((one) => one.promise === promise)
  if (found?.verdict !== 'violated') {
    throw new InputError(
      `this plan is no counterexample: ${promise} of ${algorithm.name} is ${found?.verdict ?? 'judged by nobody'} on it`,
    )
  }
  const reference = referenceOf(algorithm)
  return {
    format: COUNTEREXAMPLE_FORMAT,
    algorithm: reference,
    promise,
    sentence: causeOf(algorithm, plan, promise),
    necessary: necessaryFaults(algorithm, plan, promise),
    minimal,
    hash,
    plan: { ...sparsePlan(plan), algorithm: reference },
    story: storyOf(facts, found.witness),
  }
}
