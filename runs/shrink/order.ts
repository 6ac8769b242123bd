/** The order in which plans are simpler than others. It has no endless descent, so that shrinking ends. */

import type { AnyAlgorithm } from '#algorithms'
import type { AnyFaultPlan, Moment } from '#sim'
import { groupsOf } from '../settle.ts'
import type { Plan } from '../plan.ts'
import { DEFAULTS, isSame } from '../plan-defaults.ts'
import { numberOfNode } from './names.ts'
import { isLess, rankOfNumber } from './numbers.ts'

/** What of a fault is counted, whatever its kind. */
export type FaultFields = Readonly<Record<string, unknown>> & {
  readonly kind: AnyFaultPlan['kind']
  readonly at: Moment
}

/** Kinds from calm to wild, as far as one is ever put in the place of another. */
const WILDNESS: Readonly<Partial<Record<AnyFaultPlan['kind'], number>>> = { suspend: 1, crash: 2 }

/** Fields of a fault that can be left out, for at least one kind. */
export const EXTRAS = [
  'silent',
  'losesDisk',
  'oneWay',
  'hold',
  'clients',
  'demote',
  'operation',
  'count',
  'nth',
  'byMs',
  'forMs',
] as const

/** The numbers of a fault, and what each cannot be less than. */
export const AMOUNTS = [
  ['forMs', 0],
  ['byMs', 0],
  ['jumpMs', 0],
  ['driftPpm', 0],
  ['slewPpm', 0],
  ['nth', 1],
  ['count', 1],
] as const

const rankOfMoment = (at: Moment): readonly number[] => {
  if (at === 0) return [0, 0, 0, 0, 0, 0, 0, 0]
  if (typeof at === 'number') return [3, 0, 0, 0, ...rankOfNumber(at)]
  const later = at.afterMs === undefined ? 0 : 1
  const form = 'step' in at ? 4 + later : 1 + later
  const nth = 'step' in at ? at.step : (at.nth ?? 1)
  const said = 'nth' in at && at.nth !== undefined ? 1 : 0
  return [form, nth, said, numberOfNode(at.node), ...rankOfNumber(at.afterMs ?? 0)]
}

/** The nodes that a fault strikes, not those at which it is aimed. */
const struckBy = (fault: FaultFields): readonly string[] => [
  ...['node', 'from', 'to'].flatMap((field) =>
    typeof fault[field] === 'string' ? [fault[field]] : [],
  ),
  ...((fault['groups'] ?? []) as readonly (readonly string[])[]).flat(),
  ...((fault['clients'] ?? []) as readonly string[]),
]

const sumOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0)

/** As long for one fault as for any other. */
const rankOfFault = (fault: AnyFaultPlan): readonly number[] => {
  const fields = fault as FaultFields
  return [
    WILDNESS[fields.kind] ?? 0,
    EXTRAS.filter((name) => fields[name] !== undefined).length,
    struckBy(fields).length,
    ...rankOfMoment(fields.at),
    ...AMOUNTS.flatMap(([name]) => rankOfNumber((fields[name] as number | undefined) ?? 0)),
  ]
}

/** How many fields of work and network a person would have to write down. */
const countUnusual = ({ workload, network }: Plan): number =>
  [
    ...Object.entries(workload).map(([name, value]) => [
      value,
      DEFAULTS.workload[name as keyof Plan['workload']],
    ]),
    [network.latencyMs, DEFAULTS.network.latencyMs],
    [network.keepaliveMs, DEFAULTS.network.keepaliveMs],
  ].filter(([value, byDefault]) => !isSame(value, byDefault)).length

const rankOfWorkload = ({ workload }: Plan): readonly number[] => {
  const { startMs, careful, nested } = workload
  const byDefault = DEFAULTS.workload
  return [
    Number(careful),
    Number(nested),
    ...(['workMs', 'thinkMs', 'retryMs', 'storeTimeoutMs'] as const).flatMap((name) =>
      rankOfNumber(workload[name], byDefault[name]),
    ),
    startMs.length,
    ...startMs.flatMap((ms) => rankOfNumber(ms)),
  ]
}

const rankOfNetwork = ({ network }: Plan): readonly number[] => {
  const { latencyMs, keepaliveMs } = network
  const byDefault = DEFAULTS.network
  const { minMs, maxMs } = latencyMs
  const isDefault = minMs === byDefault.latencyMs.minMs && maxMs === byDefault.latencyMs.maxMs
  return [
    ...(isDefault
      ? [0, 0, 0, 0, 0, 0, 0, 0, 0]
      : [1, ...rankOfNumber(maxMs), ...rankOfNumber(minMs)]),
    keepaliveMs === byDefault.keepaliveMs ? 0 : 1,
  ]
}

/**
 * How simple a plan is: a list of numbers, most telling first. Its length is fixed by what stands before in it (faults are
 * counted before they are described), each number in it is whole and not negative or, where it is not, is replaced by such
 * a one: so no chain of ever simpler plans is endless.
 */
export const rankOf = (plan: Plan, algorithm: AnyAlgorithm): readonly number[] => {
  const {
    faults,
    clients,
    rounds,
    clocks,
    services,
    parameters,
    store,
    horizonMs,
    eventsMax,
    seed,
  } = plan
  const drifting = Object.entries(clocks)
  return [
    faults.length,
    clients,
    rounds,
    sumOf(groupsOf(algorithm, plan.servers).map(({ nodes }) => nodes.length)),
    plan.servers === undefined ? 0 : 1,
    [plan.scenario, plan.sequence].filter((label) => label !== undefined).length,
    Number(plan.drawn),
    Object.keys(parameters).length,
    store.fencing === undefined ? 0 : 1,
    sumOf(Object.values(services).map((options) => 1 + Object.keys(options).length)),
    drifting.length,
    horizonMs === DEFAULTS.horizonMs ? 0 : 1,
    eventsMax === DEFAULTS.eventsMax ? 0 : 1,
    countUnusual(plan),
    sumOf([
      ...faults.flatMap((fault) => struckBy(fault as FaultFields).map(numberOfNode)),
      ...drifting.map(([node]) => numberOfNode(node)),
    ]),
    ...drifting.flatMap(([, { offsetMs, driftPpm }]) => [
      ...rankOfNumber(offsetMs),
      ...rankOfNumber(driftPpm),
    ]),
    ...faults.flatMap(rankOfFault),
    ...rankOfNetwork(plan),
    ...rankOfWorkload(plan),
    seed,
  ]
}

/** Whether the one plan is simpler than the other. */
export const isSimpler = (one: Plan, other: Plan, algorithm: AnyAlgorithm): boolean =>
  isLess(rankOf(one, algorithm), rankOf(other, algorithm))
