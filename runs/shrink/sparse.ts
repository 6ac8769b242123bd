/** A plan as a person would write it: only what differs from the defaults. */

import { parsePlan } from '../plan.ts'
import type { Plan, PlanInput } from '../plan.ts'
import { DEFAULTS, isSame } from '../plan-defaults.ts'

type Fields = Readonly<Record<string, unknown>>

/** What cannot be left out. */
const ALWAYS: readonly string[] = ['format', 'algorithm', 'seed']
/** Objects of which every field has a default of its own. */
const OPEN: readonly string[] = ['workload', 'network', 'store']

const sparse = (value: Fields, defaults: Fields): Fields =>
  Object.fromEntries(
    Object.entries(value).flatMap(([name, held]): readonly (readonly [string, unknown])[] => {
      if (ALWAYS.includes(name)) return [[name, held]]
      if (held === undefined || isSame(held, defaults[name])) return []
      return OPEN.includes(name)
        ? [[name, sparse(held as Fields, defaults[name] as Fields)]]
        : [[name, held]]
    }),
  )

const sparseClocks = (clocks: Plan['clocks']): NonNullable<PlanInput['clocks']> =>
  Object.fromEntries(
    Object.entries(clocks).map(([node, clock]) => [
      node,
      sparse(clock, { offsetMs: 0, driftPpm: 0 }),
    ]),
  )

/** The plan without what its reader fills in: `parsePlan` gives the same plan back. */
export const sparsePlan = (plan: Plan): PlanInput => {
  // Read once more, its fields come in the order of the schema whatever was done to it.
  const input = sparse(parsePlan(plan), DEFAULTS as Fields) as unknown as PlanInput
  return input.clocks === undefined ? input : { ...input, clocks: sparseClocks(plan.clocks) }
}
