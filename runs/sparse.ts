/** A plan without what goes without saying. */

import { isDeepStrictEqual } from 'node:util'
import { parsePlan } from './plan.ts'
import type { Plan, PlanInput } from './plan.ts'

type Fields = Readonly<Record<string, unknown>>

/** Parts of a plan that have defaults of their own. */
const PARTS: readonly string[] = ['workload', 'network']

/** The fields of a value that differ from those of another. */
const differing = (value: Fields, from: Fields): Record<string, unknown> => {
  const rest: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    if (isDeepStrictEqual(field, from[name])) continue
    rest[name] = PARTS.includes(name) ? differing(field as Fields, from[name] as Fields) : field
  }
  return rest
}

/** Only what differs from the defaults: parsed, it is the same plan. */
export const sparsePlan = (plan: Plan): PlanInput => {
  const { format, algorithm, ...rest } = plan
  const usual = parsePlan({ format, algorithm })
  return { format, algorithm, ...differing(rest, usual) }
}
