/** What a plan is where nothing is said. */

import { parsePlan, PLAN_FORMAT } from './plan.ts'
import type { Plan, PlanInput } from './plan.ts'

/** Every default of the plan's schema. */
export const DEFAULTS: Plan = parsePlan({ format: PLAN_FORMAT, algorithm: 'any' })

/** Whether two values of a plan say the same. */
export const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

const filledClocks = (clocks: NonNullable<PlanInput['clocks']>): Plan['clocks'] =>
  Object.fromEntries(
    Object.entries(clocks).map(([node, { offsetMs = 0, driftPpm = 0 }]) => [
      node,
      { offsetMs, driftPpm },
    ]),
  )

/**
 * The plan of an input that nobody has to look at, as our own drawing made it: what `parsePlan` gives, in the same order
 * of fields, in a tenth of the time.
 */
export const filledPlan = (input: PlanInput): Plan => {
  const { scenario, sequence, servers, clocks = {} } = input
  const { format, parameters, drawn, seed, clients, rounds, workload, network, ...rest } = DEFAULTS
  const { store, services, faults, horizonMs, progressWithinMs, eventsMax } = rest
  return {
    format,
    algorithm: input.algorithm,
    parameters: input.parameters ?? parameters,
    ...(scenario === undefined ? {} : { scenario }),
    ...(sequence === undefined ? {} : { sequence }),
    drawn: input.drawn ?? drawn,
    seed: input.seed ?? seed,
    clients: input.clients ?? clients,
    ...(servers === undefined ? {} : { servers }),
    rounds: input.rounds ?? rounds,
    workload: { ...workload, ...input.workload } as Plan['workload'],
    network: { ...network, ...input.network } as Plan['network'],
    store: input.store ?? store,
    services: input.services ?? services,
    clocks: filledClocks(clocks),
    faults: input.faults ?? faults,
    horizonMs: input.horizonMs ?? horizonMs,
    progressWithinMs: input.progressWithinMs ?? progressWithinMs,
    eventsMax: input.eventsMax ?? eventsMax,
  } as Plan
}
