/** `pause-in-flight` and its two relatives: the client stands still while the servers' replies are under way. */

import { defineScenario } from './scenario.ts'
import type { Role, ScenarioPlan } from './scenario.ts'

// The requests leave at the instant at which the acquisition begins; no reply can be back half a ms later.
const IN_FLIGHT = { node: 'client-1', event: 'acquiring', afterMs: 0.5 } as const

const workload = ({ leaseMs }: Role): ScenarioPlan['workload'] => ({
  startMs: [0, leaseMs * 1.1],
  workMs: leaseMs / 2,
  retryMs: leaseMs / 100,
})

const needsServers = { skip: 'it sends no requests whose replies could be under way' } as const

/** The measured elapsed time catches this one: antirez's central reply. */
export const pauseInFlight = defineScenario({
  name: 'pause-in-flight',
  summary: 'the client stands still between its requests and their replies, past the lease',
  source: 'Kleppmann (2016), the six-step list; antirez, Is Redlock safe? (2016)',
  plan(role) {
    if (role.servers.length === 0) return needsServers
    return {
      clients: 2,
      workload: workload(role),
      faults: [{ kind: 'pause', node: 'client-1', at: IN_FLIGHT, forMs: role.leaseMs * 1.5 }],
    }
  },
})

/** The client's wall clock is set back meanwhile, so that the elapsed time looks short. */
export const clientClockBack = defineScenario({
  name: 'client-clock-back',
  summary: 'as pause-in-flight, and the client’s wall clock is set back during the pause',
  source: 'derived from pause-in-flight: the elapsed time is measured on a clock that can be set',
  plan(role) {
    if (role.servers.length === 0) return needsServers
    const { leaseMs } = role
    return {
      clients: 2,
      workload: workload(role),
      faults: [
        { kind: 'pause', node: 'client-1', at: IN_FLIGHT, forMs: leaseMs * 1.5 },
        { kind: 'clock', node: 'client-1', at: leaseMs / 2, jumpMs: leaseMs * -0.6 },
      ],
    }
  },
})

/** The machine is suspended, so that even its monotonic clock shows no time gone. */
export const vmSuspend = defineScenario({
  name: 'vm-suspend',
  summary: 'as pause-in-flight, but the machine is suspended and its monotonic clock stands still',
  source: 'clock_gettime(2): CLOCK_MONOTONIC does not count time that the system is suspended',
  plan(role) {
    if (role.servers.length === 0) return needsServers
    return {
      clients: 2,
      workload: workload(role),
      // The repair of client-clock-back is a monotonic clock; this shows what that does not repair.
      ...('clock' in role.algorithm.parameters ? { parameters: { clock: 'monotonic' } } : {}),
      faults: [{ kind: 'suspend', node: 'client-1', at: IN_FLIGHT, forMs: role.leaseMs * 1.5 }],
    }
  },
})
