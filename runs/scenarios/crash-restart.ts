/** `crash-restart`: a server of a bare majority crashes without having written the lock to its disk, and comes back. */

import { bareMajority, defineScenario, pivot } from './scenario.ts'

/** Repaired by fsync=always, or by a restart that is delayed by a TTL. */
export const crashRestart = defineScenario({
  name: 'crash-restart',
  summary: 'a server that holds the lock crashes, forgets what was not on disk, and restarts',
  source: 'redis.io, Distributed Locks with Redis, "Performance, crash recovery and fsync"',
  plan(role) {
    const { leaseMs, servers } = role
    if (servers.length === 0) return { skip: 'it has no servers that could crash' }
    return {
      clients: 2,
      workload: { startMs: [0, leaseMs * 0.13], workMs: leaseMs / 2, retryMs: leaseMs / 100 },
      faults: [
        ...bareMajority(role),
        { kind: 'crash', node: pivot(role), at: leaseMs / 10, forMs: leaseMs / 50 },
      ],
    }
  },
})
