/** Fuzzing: campaigns of drawn plans, and the plans themselves. */

export { readHead } from './folder.ts'
export { fuzz, fuzzEach, fuzzHere } from './fuzz.ts'
export { faultKindsNamed } from './kinds.ts'
export type { FaultKindName } from './kinds.ts'
export { plansFor } from './plans.ts'
export type { PlanOptions } from './plans.ts'
export { UNTIL } from './request.ts'
export { runStretch } from './stretch.ts'
export type {
  Coverage,
  Found,
  FuzzMishap,
  FuzzProgress,
  FuzzRequest,
  FuzzResult,
  Stopped,
  Strikes,
} from './request.ts'
