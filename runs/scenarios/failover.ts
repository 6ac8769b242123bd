/** `failover`: the leader dies before its replica has heard of the grant, and the replica takes its place. */

import type { ServiceName } from '#sim'
import { defineScenario, ensembleOf, isQuorum, nodesOf } from './scenario.ts'
import type { Role, ScenarioPlan } from './scenario.ts'

const replicated = (role: Role, service: ServiceName, nodeName: string): ScenarioPlan => {
  const { leaseMs } = role
  return {
    clients: 2,
    servers: 2,
    workload: { startMs: [0, leaseMs * 0.51], workMs: leaseMs, retryMs: leaseMs / 100 },
    services: { [service]: { replication: 'asynchronous' } },
    faults: [
      // The replication link is down for a moment: that is how a replica comes to be behind.
      {
        kind: 'partition',
        groups: [[`${nodeName}-1`], [`${nodeName}-2`]],
        at: 0,
        forMs: leaseMs / 10,
      },
      {
        kind: 'crash',
        node: `${nodeName}-1`,
        at: { node: 'client-1', event: 'granted' },
        silent: true,
      },
      { kind: 'failover', to: `${nodeName}-2`, at: leaseMs / 2 },
    ],
  }
}

/** The race for which Redlock was invented. A lock on a consensus service goes through it unharmed. */
export const failover = defineScenario({
  name: 'failover',
  summary:
    'the leader crashes before replicating the grant; a replica that never heard of it is promoted',
  source:
    'redis.io, Distributed Locks with Redis, "Why failover-based implementations are not enough"',
  plan(role) {
    const { leaseMs } = role
    const ensemble = ensembleOf(role)
    if (ensemble !== undefined) {
      return {
        clients: 2,
        workload: { startMs: [0, leaseMs * 0.1], workMs: leaseMs / 2, retryMs: leaseMs / 100 },
        faults: [
          {
            kind: 'crash',
            node: ensemble.leader,
            at: { node: 'client-1', event: 'granted' },
            forMs: leaseMs / 2,
          },
        ],
      }
    }
    if (isQuorum(role)) return { skip: 'its servers are independent masters without replicas' }
    if (role.servers.length > 0 && role.algorithm.scales === undefined) {
      return { skip: 'it runs on a fixed number of servers, none of them a replica' }
    }
    if (nodesOf(role, 'redis').length > 0) return replicated(role, 'redis', 'redis')
    if (nodesOf(role, 'sql').length > 0) return replicated(role, 'sql', 'database')
    return { skip: 'it has no servers' }
  },
})
