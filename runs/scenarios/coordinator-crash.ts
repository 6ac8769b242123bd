/** `coordinator-crash` and its relatives: the coordinator dies before, in the middle of, or after sending its decision. */

import { defineScenario } from './scenario.ts'
import type { Role, ScenarioPlan } from './scenario.ts'

const ARTICLE = '聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14'
const BOOK = 'Bernstein, Hadzilacos, Goodman (1987), section 7.4'

/** Who votes last, as a rule. */
export const lastOf = ({ servers }: Role): string => servers.at(-1) as string

/**
 * The transaction that the case is about, and another that finds the rows locked and is refused. Ten timeouts of
 * doubt are too many.
 */
export const twoTransactions = ({ leaseMs }: Role): ScenarioPlan => ({
  clients: 2,
  workload: { startMs: [0, 5] },
  progressWithinMs: leaseMs * 10,
})

/** From one message of a round to the next. */
const gapMs = ({ parameters }: Role): number => parameters['betweenSendsMs'] as number

/** All have voted yes and keep their rows locked, and nobody is left who knows what became of it. */
export const coordinatorCrash = defineScenario({
  name: 'coordinator-crash',
  summary:
    'the coordinator dies when all have voted and before it has decided; it comes back later',
  source: `${BOOK}: uncertainty and blocking`,
  about: 'commits',
  plan: (role) => ({
    ...twoTransactions(role),
    faults: [
      {
        kind: 'crash',
        node: 'client-1',
        at: { node: lastOf(role), event: 'voted' },
        forMs: role.leaseMs * 20,
      },
    ],
  }),
})

/** The same, for good: whoever cannot do without the coordinator waits for ever. */
export const coordinatorLost = defineScenario({
  name: 'coordinator-lost',
  summary: 'the coordinator dies for good when all have voted and before it has decided',
  source: `${ARTICLE}: a participant without instruction waits for ever`,
  about: 'commits',
  plan: (role) => ({
    ...twoTransactions(role),
    faults: [{ kind: 'crash', node: 'client-1', at: { node: lastOf(role), event: 'voted' } }],
  }),
})

/** The first participant has the decision, the others have not. */
export const coordinatorCrashMidDecision = defineScenario({
  name: 'coordinator-crash-mid-decision',
  summary: 'the coordinator dies when it has told its decision to the first participant only',
  source: `${ARTICLE}: told 5 of 10, of which 5 commit and 5 are blocked`,
  about: 'commits',
  plan: (role) => ({
    ...twoTransactions(role),
    faults: [
      {
        kind: 'crash',
        node: 'client-1',
        at: { node: 'client-1', event: 'decided', afterMs: gapMs(role) / 2 },
        forMs: role.leaseMs * 20,
      },
    ],
  }),
})

/** Nobody needs it any more, but it does not know that. */
export const coordinatorCrashAfterDecision = defineScenario({
  name: 'coordinator-crash-after-decision',
  summary: 'the coordinator dies when it has told its decision to all, and tells them again later',
  source: BOOK,
  about: 'commits',
  plan: (role) => ({
    ...twoTransactions(role),
    faults: [
      {
        kind: 'crash',
        node: 'client-1',
        at: { node: 'client-1', event: 'decided', afterMs: gapMs(role) * role.servers.length },
        forMs: role.leaseMs * 2,
      },
    ],
  }),
})
