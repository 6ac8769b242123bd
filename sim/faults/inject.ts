/** Arms the faults of a plan: each waits for its moment, strikes, and ends. */

import { quantise } from '../kernel/index.ts'
import type { Node, World } from '../world/index.ts'
import type { FaultKind, FaultPlan } from './fault.ts'

/** What became of the faults of a run. */
export interface Injection {
  /** Which faults, by their number in the plan, struck something. */
  readonly landed: ReadonlySet<number>
  /** True time at which the last fault ended or, if it never ends, began; Infinity while one is yet to end. */
  overAtMs(): number
}

/** Arms all faults. `kindOf` gives a fault's kind. */
export const armFaults = (
  world: World,
  plans: readonly FaultPlan[],
  kindOf: (plan: FaultPlan) => FaultKind<FaultPlan>,
): Injection => {
  const landed = new Set<number>()
  let active = 0
  let lastMs = 0
  plans.forEach((plan, fault) => {
    const kind = kindOf(plan)
    const node: Node = world.node(kind.nodes(plan)[0] as string)
    const text = kind.text(plan)
    const what = plan.kind
    const state = (which: 'fault-began' | 'fault-ended'): void => {
      lastMs = world.kernel.nowMs
      world.state(node, { kind: which, fault, what, text })
    }
    world.when(plan.at, () => {
      const end = kind.begin(world, plan, () => {
        landed.add(fault)
        state('fault-began')
      })
      if (end === undefined || plan.forMs === undefined) return
      active++
      const finish = (): void => {
        active--
        end()
        if (landed.has(fault)) state('fault-ended')
      }
      world.kernel.at(world.kernel.nowMs + quantise(plan.forMs), { fire: finish }, 0, undefined)
    })
  })
  return { landed, overAtMs: () => (active > 0 ? Infinity : lastMs) }
}
