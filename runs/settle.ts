/** Settling a plan: names looked up, parameters read, nodes listed. What cannot be meant is refused here, before the run. */

import { algorithms, isProtocol } from '#algorithms'
import type { AnyAlgorithm, Fencing, ParameterDefinition } from '#algorithms'
import { FACT_KINDS, faults, numberedNames, serverNames, services } from '#sim'
import type { ServiceName } from '#sim'
import { didYouMean, InputError } from './errors.ts'
import { isPathReference } from './modules/reference.ts'
import { loadedAlgorithm } from './modules/registry.ts'
import type { Plan } from './plan.ts'

/** Values of a lock's parameters, whatever they are. */
export type Parameters = Readonly<Record<string, number | boolean | string>>

/** The servers of one service in a run. */
export interface ServerGroup {
  readonly service: ServiceName
  readonly nodes: readonly string[]
}

/** A plan with everything looked up. */
export interface Settled {
  readonly plan: Plan
  readonly algorithm: AnyAlgorithm
  readonly parameters: Parameters
  readonly clients: readonly string[]
  readonly groups: readonly ServerGroup[]
  /** Nodes of the lock's own jobs. */
  readonly jobs: readonly string[]
  readonly fencing: Fencing
}

/** Name of the node that runs the protected store. */
export const STORE = 'store'

/** The nodes of stores in a run of this algorithm: a lock protects one. */
export const storesOf = (algorithm: AnyAlgorithm): readonly string[] =>
  isProtocol(algorithm) ? [] : [STORE]

/**
 * The lock of this name, or of this path of a module if `loadAlgorithms` has loaded it.
 *
 * @throws InputError that names the nearest known lock
 */
export const algorithmNamed = (name: string): AnyAlgorithm => {
  const found = algorithms.find((algorithm) => algorithm.name === name)
  if (found !== undefined) return found
  if (isPathReference(name)) {
    const loaded = loadedAlgorithm(name)
    if (loaded !== undefined) return loaded
    throw new InputError(
      `the lock ${name} is not loaded; \`await loadAlgorithms(['${name}'])\` comes first`,
    )
  }
  const names = algorithms.map((algorithm) => algorithm.name)
  throw new InputError(
    `there is no lock "${name}"${didYouMean(name, names)}; \`locksim list algorithms\` shows them all`,
  )
}

/** Reads one written value of a parameter; undefined if it does not fit. */
const readValue = (
  definition: ParameterDefinition,
  value: number | boolean | string,
): number | boolean | string | undefined => {
  switch (definition.type) {
    case 'duration':
      return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined
    case 'count':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
    case 'flag':
      return typeof value === 'boolean' ? value : undefined
    case 'choice':
      return typeof value === 'string' && definition.words.includes(value) ? value : undefined
  }
}

/** What would be right for a parameter, in words. */
export const expectedOf = (definition: ParameterDefinition): string => {
  switch (definition.type) {
    case 'duration':
      return 'a number of ms, 0 or more'
    case 'count':
      return 'a whole number, 0 or more'
    case 'flag':
      return 'true or false'
    case 'choice':
      return `one of ${definition.words.join(', ')}`
  }
}

/**
 * All parameters of a lock: the given ones over the defaults.
 *
 * @throws InputError naming an unknown parameter or a value that does not fit
 */
export const parametersOf = (
  algorithm: AnyAlgorithm,
  given: Readonly<Record<string, number | boolean | string>>,
): Parameters => {
  const known = Object.keys(algorithm.parameters)
  const values: Record<string, number | boolean | string> = {}
  for (const [name, definition] of Object.entries(algorithm.parameters)) {
    values[name] = definition.default
  }
  for (const [name, value] of Object.entries(given)) {
    const definition = Object.hasOwn(algorithm.parameters, name)
      ? algorithm.parameters[name]
      : undefined
    if (definition === undefined) {
      throw new InputError(
        `${algorithm.name} has no parameter "${name}"${didYouMean(name, known)}; it has ${known.join(', ') || 'none'}`,
      )
    }
    const read = readValue(definition, value)
    if (read === undefined) {
      throw new InputError(
        `parameter ${name} of ${algorithm.name}: found ${JSON.stringify(value)}, expected ${expectedOf(definition)}`,
      )
    }
    values[name] = read
  }
  return values
}

/** The servers that a lock needs, with `--servers` where their number is free. */
export const groupsOf = (
  algorithm: AnyAlgorithm,
  servers: number | undefined,
): readonly ServerGroup[] => {
  if (servers !== undefined && algorithm.scales === undefined) {
    throw new InputError(
      `"servers": ${algorithm.name} runs on a fixed number of servers; leave the field out`,
    )
  }
  return (Object.entries(algorithm.needs) as [ServiceName, number][]).map(([service, count]) => {
    const size = service === algorithm.scales ? (servers ?? count) : count
    return { service, nodes: serverNames(services[service].nodeName, size) }
  })
}

/**
 * Looks up everything that a plan names.
 *
 * @throws InputError naming the field, what was found and what would be right
 */
export const settle = (plan: Plan, lock?: AnyAlgorithm): Settled => {
  const algorithm = lock ?? algorithmNamed(plan.algorithm)
  const parameters = parametersOf(algorithm, plan.parameters)
  const groups = groupsOf(algorithm, plan.servers)
  const clients = numberedNames('client', plan.clients)
  const jobs = isProtocol(algorithm) ? [] : (algorithm.jobs ?? []).map(({ name }) => name)
  const clocks = Object.keys(plan.clocks)
  const nodes = new Set(
    plan.faults.length === 0 && clocks.length === 0
      ? []
      : [...clients, ...groups.flatMap((group) => group.nodes), ...jobs, ...storesOf(algorithm)],
  )

  checkFaults(plan, nodes)
  for (const node of clocks) {
    if (!nodes.has(node))
      throw new InputError(`clocks: there is no node "${node}"${listOf(nodes, node)}`)
  }
  for (const [service, options] of Object.entries(plan.services)) {
    checkOptions(service, options)
  }
  const byDefault = isProtocol(algorithm) ? 'off' : algorithm.fencing?.(parameters as never)
  const fencing = plan.store.fencing ?? byDefault ?? 'off'
  return { plan, algorithm, parameters, clients, groups, jobs, fencing }
}

const checkFaults = (plan: Plan, nodes: ReadonlySet<string>): void => {
  plan.faults.forEach((fault, index) => {
    const aimed = typeof fault.at === 'object' ? [fault.at.node] : []
    for (const node of [...faults[fault.kind].nodes(fault), ...aimed]) {
      if (!nodes.has(node)) {
        throw new InputError(`faults.${index}: there is no node "${node}"${listOf(nodes, node)}`)
      }
    }
    if (typeof fault.at === 'object' && 'event' in fault.at) {
      const { event } = fault.at
      if (!FACT_KINDS.includes(event)) {
        throw new InputError(
          `faults.${index}.at.event: there is no fact "${event}"${didYouMean(event, FACT_KINDS)}; expected one of ${FACT_KINDS.join(', ')}`,
        )
      }
    }
  })
}

const checkOptions = (service: string, options: Readonly<Record<string, unknown>>): void => {
  if (service === services.store.name) {
    throw new InputError(
      'services.store: the store has a field of its own, e.g. "store": { "fencing": "writes" }',
    )
  }
  if (!Object.hasOwn(services, service)) {
    const names = Object.keys(services)
    throw new InputError(
      `services: there is no service "${service}"${didYouMean(service, names)}; expected one of ${names.join(', ')}`,
    )
  }
  const known = services[service as ServiceName].options as Readonly<Record<string, unknown>>
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known)
      throw new InputError(
        `services.${service}: there is no option "${name}"${didYouMean(name, names)}; expected one of ${names.join(', ')}`,
      )
    }
    const expected = expectedOption(service as ServiceName, name, known[name], value)
    if (expected !== undefined) {
      throw new InputError(
        `services.${service}.${name}: found ${JSON.stringify(value)}, expected ${expected}`,
      )
    }
  }
}

/** What would be right for an option of a service, or undefined if the value is. */
const expectedOption = (
  service: ServiceName,
  name: string,
  byDefault: unknown,
  value: unknown,
): string | undefined => {
  if (typeof value !== typeof byDefault) {
    return `a ${typeof byDefault} such as ${JSON.stringify(byDefault)}`
  }
  const words = services[service].optionWords[name]
  if (words !== undefined) {
    return words.includes(value as string) ? undefined : `one of ${words.join(', ')}`
  }
  if (typeof value !== 'number' || value >= 0 || value === byDefault) return undefined
  return 'a number, 0 or more'
}

const listOf = (nodes: ReadonlySet<string>, name: string): string => {
  const names = [...nodes]
  const shown = names.length > 12 ? [...names.slice(0, 11), '…'] : names
  return `${didYouMean(name, names)}; this run has ${shown.join(', ')}`
}
