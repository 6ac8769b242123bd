/** `late-request`: a request to take the lock lands long after the lock was released. */

import { defineScenario, isQuorum, nodesOf } from './scenario.ts'

/** Safe, but it leaves a lock that nobody believes in: an orphan for the length of a lease. */
export const lateRequest = defineScenario({
  name: 'late-request',
  summary: 'a request to take the lock is held up and lands after its owner has released the lock',
  source: 'Kleppmann (2016): network delay; the mirror image of the delayed reply',
  plan(role) {
    const { servers, leaseMs } = role
    if (nodesOf(role, 'zookeeper').length > 0) {
      return {
        skip: 'its requests arrive in the order of a session, so that none can land after its end',
      }
    }
    if (servers.length === 0) return { skip: 'it sends no requests that could be late' }
    return {
      clients: 2,
      rounds: 8,
      workload: { startMs: [0, leaseMs / 100], workMs: leaseMs / 20, retryMs: leaseMs / 100 },
      faults: [
        {
          kind: 'message',
          action: 'delay',
          from: 'client-1',
          to: servers[isQuorum(role) ? servers.length - 2 : 0] as string,
          at: { node: 'client-1', event: 'acquiring' },
          nth: 1,
          byMs: leaseMs / 2,
        },
      ],
    }
  },
})
