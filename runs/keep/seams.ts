/** What other parts give to this one: the words and the size of a counterexample, and locks that are in files. */

import type { AnyAlgorithm } from '#algorithms'
import { isDeepStrictEqual } from 'node:util'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { Plan, PlanInput } from '../plan.ts'
import { run } from '../run.ts'
import { algorithmNamed } from '../settle.ts'
import type { NecessaryFault } from './counterexample.ts'
import { faults } from '#sim'

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const differing = (value: Fields, usual: Fields): Fields =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const byDefault = usual[name]
      if (inner === undefined || isDeepStrictEqual(inner, byDefault)) return []
      return [[name, isObject(inner) && isObject(byDefault) ? differing(inner, byDefault) : inner]]
    }),
  )

/** What of a plan differs from the defaults. */
export const sparsePlan = (plan: Plan): PlanInput => {
  const { format, algorithm } = plan
  const usual = parsePlan({ format: PLAN_FORMAT, algorithm })
  return { format, algorithm, ...differing(plan, usual) } as PlanInput
}

const verdictOf = (algorithm: AnyAlgorithm, plan: Plan, promise: string): string =>
  run(plan, { algorithm }).verdicts.find((one) => one.promise === promise)?.verdict ?? 'not judged'

/** Each fault of a plan, and what the promise comes to without it. */
export const necessaryFaults = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  promise: string,
): readonly NecessaryFault[] =>
  plan.faults.map((fault, index) => {
    const rest = { ...plan, faults: plan.faults.filter((_fault, at) => at !== index) }
    return {
      fault: `${fault.kind}: ${faults[fault.kind].text(fault)}`,
      without: verdictOf(algorithm, rest, promise),
    }
  })

/** Why the promise is broken, in a sentence. */
export const causeOf = (algorithm: AnyAlgorithm, plan: Plan, promise: string): string => {
  const { verdicts } = run(plan, { algorithm })
  const found = verdicts.find((one) => one.promise === promise)
  return found?.witness?.proof.at(-1) ?? found?.evidence ?? ''
}

/** The locks of these references, so that from then on `algorithmNamed` knows them. */
export const loadAlgorithms = (references: readonly string[]): Promise<readonly AnyAlgorithm[]> =>
  Promise.resolve(references.map(algorithmNamed))

/** Whether a lock came out of a module, so that another thread can load it too. */
export const isLoaded = (_algorithm: AnyAlgorithm): boolean => false

/** By what a lock can be named in a file. */
export const referenceOf = ({ name }: AnyAlgorithm): string => name

/** Something that names a lock, as it is written into a file in this folder. */
export const asWrittenIn = <Document extends { readonly algorithm: string }>(
  _folder: string,
  document: Document,
): Document => document

/** The same, as it was found in a file in this folder. */
export const asReadFrom = <Document extends { readonly algorithm: string }>(
  _folder: string,
  document: Document,
): Document => document
