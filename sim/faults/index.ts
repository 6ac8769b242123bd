/** The registry of faults: one line each. */

import { clock } from './clock.ts'
import { crash } from './crash.ts'
import { failover } from './failover.ts'
import type { FaultKind, FaultPlan } from './fault.ts'
import { message } from './message.ts'
import { partition } from './partition.ts'
import { pause } from './pause.ts'
import { suspend } from './suspend.ts'

export { defineFault } from './fault.ts'
export type { Aim, Cast, FaultKind, FaultPlan } from './fault.ts'
export { armFaults } from './inject.ts'
export type { Injection } from './inject.ts'

const registry = { pause, suspend, crash, partition, message, clock, failover }

/** Any fault that a plan can state. */
export type AnyFaultPlan = {
  [Kind in keyof typeof registry]: (typeof registry)[Kind] extends FaultKind<infer Plan>
    ? Plan
    : never
}[keyof typeof registry]

/** Every fault, by kind. Each is handed only plans of its own kind, which its schema has read. */
export const faults = registry as unknown as Readonly<
  Record<AnyFaultPlan['kind'], FaultKind<FaultPlan>>
>
