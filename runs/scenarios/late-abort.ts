/** `late-abort` and its relative: messages that are only late, and what participants make of the silence. */

import { lastOf, twoTransactions } from './coordinator-crash.ts'
import { defineScenario } from './scenario.ts'

/** The coordinator gives up over one late confirmation; the first participant hears of it after it has committed. */
export const lateAbort = defineScenario({
  name: 'late-abort',
  summary:
    'a confirmation is late, the coordinator aborts, and its abort to one participant is late',
  source:
    '聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14: interrupt the transaction',
  about: 'commits',
  plan(role) {
    if (!('onMissingAck' in role.parameters)) {
      return { skip: 'it has no pre-commit that could go unconfirmed' }
    }
    const { leaseMs } = role
    return {
      ...twoTransactions(role),
      parameters: { onMissingAck: 'abort', onTimeout: 'by-stage' },
      faults: [
        {
          kind: 'message',
          action: 'delay',
          from: lastOf(role),
          to: 'client-1',
          operation: 'pre-commit',
          at: 0,
          byMs: leaseMs * 0.8,
        },
        {
          kind: 'message',
          action: 'delay',
          from: 'client-1',
          to: role.servers[0] as string,
          operation: 'abort',
          at: 0,
          byMs: leaseMs * 2,
        },
      ],
    }
  },
})

/** Nobody dies: whoever takes silence for death must still decide as the others do. */
export const lateDecision = defineScenario({
  name: 'late-decision',
  summary: 'the commit to the last participant is held up for three timeouts',
  source: 'Bernstein, Hadzilacos, Goodman (1987), section 7.5: timeouts cannot tell slow from dead',
  about: 'commits',
  plan: (role) => ({
    ...twoTransactions(role),
    faults: [
      {
        kind: 'message',
        action: 'delay',
        from: 'client-1',
        to: lastOf(role),
        operation: 'commit',
        at: 0,
        byMs: role.leaseMs * 3,
      },
    ],
  }),
})
