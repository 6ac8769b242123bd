/** What a person asks of one run, and the plan that it makes: from a file, a scenario, or drawn from the seed. */

import type { AnyAlgorithm, Fencing } from '#algorithms'
import { faults } from '#sim'
import type { AnyFaultPlan } from '#sim'
import { drawClassPlan, drawPlan } from './draw.ts'
import { didYouMean, InputError } from './errors.ts'
import { faultClassNamed } from './fault-classes/index.ts'
import { referenceOf } from './modules/registry.ts'
import { parsePlan } from './plan.ts'
import type { Plan } from './plan.ts'
import { planScenario, scenarioNamed } from './scenarios/index.ts'
import { lockOfSequence, planSequence, sequenceNamed } from './sequences/index.ts'
import { settle, storesOf } from './settle.ts'

/** What may be asked; all of it may be left out. */
export interface RunRequest {
  readonly scenario?: string
  /** A row of the collection of published fault sequences, e.g. `A2.1` or `A2.1/repaired`. */
  readonly sequence?: string
  /** A plan to start from, as read from a file. */
  readonly plan?: Plan
  /** A class of faults: the plan is drawn so that this one strikes, and no other. */
  readonly under?: string
  readonly seed?: number
  readonly clients?: number
  readonly servers?: number
  readonly rounds?: number
  readonly ttlMs?: number
  readonly fencing?: Fencing
  /** Parameters of the lock, as written: `key=value`. */
  readonly settings?: readonly string[]
}

/** Parameters that say how long the lock outlives a silent holder, in the order of preference. */
const LEASE_PARAMETERS = ['ttlMs', 'leaseMs', 'sessionTimeoutMs']

const leaseParameter = (algorithm: AnyAlgorithm): string => {
  const found = LEASE_PARAMETERS.find((name) => Object.hasOwn(algorithm.parameters, name))
  if (found !== undefined) return found
  const known = Object.keys(algorithm.parameters).join(', ') || 'none'
  throw new InputError(
    `${algorithm.name} has no time to live that could be set; its parameters are: ${known}`,
  )
}

const readSetting = (
  algorithm: AnyAlgorithm,
  written: string,
): [string, number | boolean | string] => {
  const sign = written.indexOf('=')
  if (sign < 1)
    throw new InputError(`found the setting "${written}", expected name=value, e.g. ttlMs=5000`)
  const name = written.slice(0, sign)
  const text = written.slice(sign + 1)
  const definition = Object.hasOwn(algorithm.parameters, name)
    ? algorithm.parameters[name]
    : undefined
  if (definition?.type === 'flag' && (text === 'true' || text === 'false'))
    return [name, text === 'true']
  const isNumber = definition?.type === 'duration' || definition?.type === 'count'
  return [name, isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text]
}

/** Parameters of a lock from settings as they are written. */
export const parametersFor = (
  algorithm: AnyAlgorithm,
  { ttlMs, settings }: RunRequest,
): Record<string, number | boolean | string> => ({
  ...(ttlMs === undefined ? {} : { [leaseParameter(algorithm)]: ttlMs }),
  ...Object.fromEntries((settings ?? []).map((written) => readSetting(algorithm, written))),
})

const overridden = (plan: Plan, algorithm: AnyAlgorithm, request: RunRequest): Plan => {
  const { seed, clients, servers, rounds, fencing } = request
  return parsePlan({
    ...plan,
    parameters: { ...plan.parameters, ...parametersFor(algorithm, request) },
    ...(seed === undefined ? {} : { seed }),
    ...(clients === undefined ? {} : { clients }),
    ...(servers === undefined ? {} : { servers }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(fencing === undefined ? {} : { store: { ...plan.store, fencing } }),
  })
}

/** A drawn plan knows only the nodes it was drawn for; with fewer of them, what struck the others goes. */
const withoutMissing = (plan: Plan, algorithm: AnyAlgorithm): Plan => {
  const { clients, groups, jobs } = settle({ ...plan, faults: [], clocks: {} }, algorithm)
  const nodes = new Set([
    ...clients,
    ...groups.flatMap((group) => group.nodes),
    ...jobs,
    ...storesOf(algorithm),
  ])
  const present = (fault: AnyFaultPlan): boolean => {
    const aimed = typeof fault.at === 'object' ? [fault.at.node] : []
    return [...faults[fault.kind].nodes(fault), ...aimed].every((node) => nodes.has(node))
  }
  return {
    ...plan,
    faults: plan.faults.filter(present),
    clocks: Object.fromEntries(Object.entries(plan.clocks).filter(([node]) => nodes.has(node))),
  }
}

/**
 * The plan for one lock, or why the lock has no part in the scenario.
 *
 * @throws InputError for a scenario, a parameter or a number that makes no sense
 */
export const planFor = (
  algorithm: AnyAlgorithm,
  request: RunRequest,
): Plan | { readonly skip: string } => {
  if (request.plan !== undefined) {
    const given = request.plan
    const reference = referenceOf(algorithm)
    const plan = given.algorithm === reference ? given : { ...given, algorithm: reference }
    return overridden(plan, algorithm, request)
  }
  const seed = request.seed ?? 0
  if (request.sequence !== undefined) {
    const { sequence, isRepaired } = sequenceNamed(request.sequence)
    const lock = lockOfSequence(request.sequence)
    if (lock !== algorithm.name) {
      throw new InputError(
        `the sequence ${sequence.row} is about ${lock}; leave ${algorithm.name} out`,
      )
    }
    return overridden(planSequence(sequence, seed, isRepaired), algorithm, request)
  }
  if (request.under !== undefined) {
    const drawn = drawClassPlan(algorithm, faultClassNamed(request.under), seed, {
      parameters: parametersFor(algorithm, request),
      ...(request.fencing === undefined ? {} : { fencing: request.fencing }),
    })
    return 'skip' in drawn
      ? drawn
      : withoutMissing(overridden(drawn, algorithm, request), algorithm)
  }
  if (request.scenario === undefined) {
    return withoutMissing(overridden(drawPlan(algorithm, seed), algorithm, request), algorithm)
  }
  const { clients, servers, rounds, fencing } = request
  return planScenario(scenarioNamed(request.scenario), algorithm, seed, {
    parameters: parametersFor(algorithm, request),
    ...(clients === undefined ? {} : { clients }),
    ...(servers === undefined ? {} : { servers }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(fencing === undefined ? {} : { fencing }),
  })
}

/**
 * A word out of a few.
 *
 * @throws InputError that names the nearest and lists them all
 */
export const oneOfWords = <Word extends string>(
  what: string,
  found: string,
  words: readonly Word[],
): Word => {
  const word = words.find((candidate) => candidate === found)
  if (word !== undefined) return word
  throw new InputError(
    `${what}: found "${found}"${didYouMean(found, words)}, expected one of ${words.join(', ')}`,
  )
}
