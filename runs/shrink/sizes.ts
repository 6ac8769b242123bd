/** How large a counterexample is: what a reader has to keep in mind. */

import { groupsOf } from '../settle.ts'
import type { RunResult } from '../run.ts'

/** What is counted, in the order in which less of it is better. */
export const SIZES = ['faults', 'clients', 'rounds', 'servers', 'events'] as const

/** The size of a plan and of its run. */
export type Size = Readonly<Record<(typeof SIZES)[number], number>>

/** The size of a run and of its plan. */
export const sizeOf = ({ plan, algorithm, events }: RunResult): Size => ({
  faults: plan.faults.length,
  clients: plan.clients,
  rounds: plan.rounds,
  servers: groupsOf(algorithm, plan.servers).flatMap(({ nodes }) => nodes).length,
  events,
})
