/** `clock-jump`: the wall clock of one server is set ahead while a bare majority holds the lock. */

import { bareMajority, defineScenario, pivot } from './scenario.ts'
import type { Role, ScenarioPlan } from './scenario.ts'

const jump = (role: Role): ScenarioPlan | { readonly skip: string } => {
  const { leaseMs, servers } = role
  if (servers.length === 0) return { skip: 'it has no servers whose clock could jump' }
  return {
    clients: 2,
    workload: { startMs: [0, leaseMs * 0.21], workMs: leaseMs / 2, retryMs: leaseMs / 100 },
    faults: [{ kind: 'clock', node: pivot(role), at: leaseMs / 5, jumpMs: leaseMs * 0.9 }],
  }
}

/** C1 holds three of five; the clock of one of them jumps past the lease; C2 gets that one and the two that C1 lacks. */
export const clockJump = defineScenario({
  name: 'clock-jump',
  summary: 'the clock of a server jumps ahead while the lock is held by a bare majority',
  source: 'Kleppmann (2016), "clock on node C jumps forward"',
  plan(role) {
    const plan = jump(role)
    if ('skip' in plan) return plan
    return { ...plan, faults: [...bareMajority(role), ...(plan.faults ?? [])] }
  },
})

/** The same with every server held: one clock that jumps gives C2 one server of five. A negative control. */
export const clockJumpAllHeld = defineScenario({
  name: 'clock-jump-all-held',
  summary: 'as clock-jump, but the lock is held on all servers: one jump must not be enough',
  source: 'negative control to Kleppmann’s clock jump',
  plan: jump,
})
