/** `commit-calm` and its relative: coordinators that compete for the same rows, and a participant that is away. */

import { lastOf, twoTransactions } from './coordinator-crash.ts'
import { defineScenario } from './scenario.ts'

/** Who finds the row locked is refused. */
export const commitCalm = defineScenario({
  name: 'commit-calm',
  summary: 'two coordinators compete for the same rows, and nothing goes wrong',
  source: 'the reference against which the others are read',
  about: 'commits',
  plan: ({ leaseMs }) => ({
    clients: 2,
    rounds: 3,
    workload: { startMs: [0, 2], thinkMs: leaseMs / 5 },
    progressWithinMs: leaseMs * 10,
  }),
})

/** Its vote and its lock survive; it must find out what the others did meanwhile. */
export const participantCrash = defineScenario({
  name: 'participant-crash',
  summary: 'a participant dies in doubt and comes back when the others have decided',
  source: 'Bernstein, Hadzilacos, Goodman (1987), section 7.4: recovery of a participant',
  about: 'commits',
  plan: (role) => ({
    ...twoTransactions(role),
    faults: [
      {
        kind: 'crash',
        node: lastOf(role),
        at: { node: lastOf(role), event: 'voted', afterMs: 2 },
        forMs: role.leaseMs * 5,
      },
    ],
  }),
})
