/** Finds mutants as a user finds a mistake: plans are drawn until one breaks a promise that the original keeps on it; nobody is told where to look. */

import fc from 'fast-check'
import * as original from '#runs'
import type { AnyAlgorithm, Plan, PlanOptions, PromiseName } from '#runs'
import { withMutant } from './kill.ts'
import type { Killing, Library } from './kill.ts'
import type { AnyMutant, Probe } from './mutant.ts'

/** What `locksim fuzz <lock>` runs by default. */
const RUNS_MAX = 10_000
const STRETCH = 200

/** The lock of a mutant with the settings under which its line matters, and nothing of what finds it out. */
interface Question {
  readonly algorithm: AnyAlgorithm
  readonly options: PlanOptions
  readonly services: Plan['services']
}

const questionOfPlan = ({ algorithm, parameters, store, services }: Plan): Question => ({
  algorithm: original.algorithmNamed(algorithm),
  options: {
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(store.fencing === undefined ? {} : { fencing: store.fencing }),
  },
  services,
})

const questionOf = (probe: Probe): Question => {
  if ('sequence' in probe) {
    const { sequence, isRepaired } = original.sequenceNamed(probe.sequence)
    return questionOfPlan(original.planSequence(sequence, 0, isRepaired))
  }
  const { lock: algorithm } = probe
  const { parameters, fencing } =
    'plan' in probe
      ? { parameters: probe.plan.parameters, fencing: probe.plan.store?.fencing }
      : probe
  return questionOfPlan(
    original.parsePlan({
      format: original.PLAN_FORMAT,
      algorithm,
      ...('plan' in probe ? { services: probe.plan.services } : {}),
      ...(parameters === undefined ? {} : { parameters }),
      ...(fencing === undefined ? {} : { store: { fencing } }),
    }),
  )
}

/** The promises that a plan breaks; undefined if the code of the lock fails on it. */
const brokenOn = (library: Library, plan: Plan): ReadonlySet<PromiseName> | undefined => {
  try {
    const { verdicts } = library.run(plan)
    return new Set(
      verdicts.flatMap(({ promise, verdict }) => (verdict === 'violated' ? [promise] : [])),
    )
  } catch {
    return undefined
  }
}

/** The first promise that the mutant breaks on a plan and the original does not. */
const differenceOn = (mutated: Library, plan: Plan): PromiseName | undefined => {
  const broken = brokenOn(mutated, plan)
  if (broken === undefined || broken.size === 0) return undefined
  const before = brokenOn(original, plan)
  return before === undefined ? undefined : [...broken].find((promise) => !before.has(promise))
}

/** The smallest plan on which the mutant breaks this promise and the original does not: a predicate of our own. */
const smallestFor = (
  mutated: Library,
  { algorithm, options }: Question,
  plan: Plan,
  promise: PromiseName,
) =>
  original.shrink(
    algorithm,
    plan,
    (candidate) =>
      brokenOn(mutated, candidate)?.has(promise) === true &&
      brokenOn(original, candidate)?.has(promise) === false,
    {
      keep: [
        'services',
        ...(options.parameters === undefined ? [] : (['parameters'] as const)),
        ...(options.fencing === undefined ? [] : (['store'] as const)),
      ],
    },
  )

const search = (mutated: Library, question: Question): Killing => {
  const { algorithm, options, services } = question
  const arbitrary = original.plansFor(algorithm, options)
  for (let begun = 0; begun < RUNS_MAX; begun += STRETCH) {
    const plans = fc.sample(arbitrary, { seed: begun, numRuns: STRETCH })
    for (const [index, drawn] of plans.entries()) {
      const plan = { ...drawn, services: { ...drawn.services, ...services } }
      const promise = differenceOn(mutated, plan)
      if (promise === undefined) continue
      const { plan: smallest, minimal } = smallestFor(mutated, question, plan, promise)
      const { faults, clients, rounds } = smallest
      const size = `${faults.length} faults, ${clients} clients, ${rounds} rounds`
      return {
        outcome: 'killed',
        by: promise,
        run: `run ${begun + index + 1}; ${size}${minimal ? '' : ', not minimal'}`,
      }
    }
  }
  return { outcome: 'survived', why: `not found in ${RUNS_MAX} runs` }
}

/** Looks for one mutant. */
export const fuzz = async (mutant: AnyMutant): Promise<Killing> =>
  'equivalent' in mutant
    ? { outcome: 'equivalent', why: mutant.equivalent }
    : withMutant(mutant, (mutated) => search(mutated, questionOf(mutant.probe)))
