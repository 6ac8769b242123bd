/** What a plan is where nothing is said. */

import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { Plan } from '../plan.ts'

/** Every default of the plan's schema. */
export const DEFAULTS: Plan = parsePlan({ format: PLAN_FORMAT, algorithm: 'any' })

/** Whether two values of a plan say the same. */
export const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other)
