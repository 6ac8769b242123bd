/** Sequences of three-phase commit: deciding by timeout, where the network parts, messages are late, or the rule is half told. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS, late } from './timelines.ts'

const one: SequencePlan = { clients: 1, network: ONE_MS }

/** With 1 ms a way and a message a millisecond: votes asked at 1 to 3, cast at 2 to 4, the pre-commits go out at 6 to 8. */
const cutBeforePreCommit: SequencePlan = {
  ...one,
  faults: [
    {
      kind: 'partition',
      groups: [['client-1', 'participant-1', 'participant-2'], ['participant-3']],
      at: { node: 'participant-1', event: 'pre-committed' },
    },
    { kind: 'crash', node: 'client-1', at: { node: 'participant-2', event: 'pre-committed' } },
  ],
}

const diesWithinPreCommit: SequencePlan = {
  ...one,
  faults: [
    { kind: 'crash', node: 'client-1', at: { node: 'participant-1', event: 'pre-committed' } },
  ],
}

const diesBeforeDecision: SequencePlan = {
  ...one,
  faults: [{ kind: 'crash', node: 'client-1', at: { node: 'participant-3', event: 'voted' } }],
}

const toldOnlyTheFirst: SequencePlan = {
  ...one,
  faults: [
    {
      kind: 'crash',
      node: 'client-1',
      at: { node: 'client-1', event: 'decided', afterMs: 0.5 },
    },
  ],
}

const oneRefuses: SequencePlan = {
  ...one,
  services: { participant: { votesNo: 1 } },
  faults: [{ kind: 'crash', node: 'client-1', at: { node: 'participant-3', event: 'voted' } }],
}

/** Two coordinators whose pre-commits cross: the second is first at the third participant, and dies. */
const crossing: SequencePlan = {
  clients: 2,
  workload: { startMs: [0, 1] },
  network: ONE_MS,
  faults: [
    late('pre-commit', 'client-1', 'participant-3', 20),
    { kind: 'crash', node: 'client-2', at: { node: 'participant-3', event: 'pre-committed' } },
  ],
}

/** 聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14; the rules are told by Skeen (1981). */
export const a20 = defineSequences('A20', 'three-phase commit', [
  {
    row: 'A20.1',
    tells: 'two have pre-committed when the third is cut off and the coordinator dies',
    lock: 'three-phase-commit',
    plan: { ...cutBeforePreCommit, parameters: { onTimeout: 'by-stage' } },
    shows: { agreement: 'violated', blocking: 'held' },
    repaired: {
      how: 'two-phase commit, which waits instead of guessing',
      lock: 'two-phase-commit',
      plan: {
        ...one,
        faults: [
          {
            kind: 'partition',
            groups: [['client-1', 'participant-1', 'participant-2'], ['participant-3']],
            at: { node: 'participant-1', event: 'decided' },
          },
          { kind: 'crash', node: 'client-1', at: { node: 'participant-2', event: 'decided' } },
        ],
      },
      shows: { agreement: 'held', blocking: 'violated' },
    },
    note: 'The termination protocol (`onTimeout` terminate) breaks in the same way: each side of the cut takes the other for dead.',
  },
  {
    row: 'A20.2',
    tells: 'one confirmation is late, the coordinator aborts, and the abort to another is late',
    lock: 'three-phase-commit',
    plan: { scenario: 'late-abort' },
    shows: { agreement: 'violated', 'commit-validity': 'held' },
    repaired: {
      how: 'who did not confirm is taken for dead, and the coordinator commits as the others will',
      plan: { scenario: 'late-abort', parameters: { onMissingAck: 'commit' } },
      shows: { agreement: 'held' },
    },
    note: 'No process dies and no message is lost. The repair holds for this delay, not for all.',
  },
  {
    row: 'A20.3',
    tells: 'the coordinator dies for good, and rows stay locked until timeouts have passed',
    lock: 'three-phase-commit',
    plan: { ...diesBeforeDecision, progressWithinMs: 50 },
    shows: { agreement: 'held', blocking: 'violated' },
    repaired: {
      how: 'a bound of a few timeouts is kept, where two-phase commit keeps none',
      plan: { ...diesBeforeDecision, progressWithinMs: 500 },
      shows: { agreement: 'held', blocking: 'held', termination: 'held' },
    },
    note: 'Blocking is a time: it is reduced to the timeouts of the stages, as the article says itself.',
  },
  {
    row: 'A20.4',
    tells: 'the coordinator dies when it has sent the pre-commit to the first participant only',
    lock: 'three-phase-commit',
    plan: {
      ...diesWithinPreCommit,
      parameters: { onTimeout: 'by-stage', betweenSendsMs: 4 },
    },
    shows: { agreement: 'violated', blocking: 'held' },
    repaired: {
      how: 'the participants choose a new coordinator, which finds the one that has pre-committed',
      plan: { ...diesWithinPreCommit, parameters: { betweenSendsMs: 4 } },
      shows: { agreement: 'held', blocking: 'held', termination: 'held' },
    },
    note: 'Nothing but one crash: the rule "abort before the pre-commit, commit after it" is safe for one participant only. The textbook has a termination protocol with it.',
  },
  {
    row: 'A20.R1',
    tells: 'no notice in time means cancelled: the first is told to commit, the others abort',
    lock: 'three-phase-commit',
    plan: { ...toldOnlyTheFirst, parameters: { onTimeout: 'abort' } },
    shows: { agreement: 'violated' },
    repaired: {
      how: 'who has pre-committed commits',
      plan: { ...toldOnlyTheFirst, parameters: { onTimeout: 'by-stage' } },
      shows: { agreement: 'held', blocking: 'held', termination: 'held' },
    },
    note: 'The default of the article’s analogy (no notice within 30 minutes: the competition is cancelled).',
  },
  {
    row: 'A20.R2',
    tells:
      'no notice in time means commit: one has refused, the coordinator dies, the others commit',
    lock: 'three-phase-commit',
    plan: { ...oneRefuses, parameters: { onTimeout: 'commit' } },
    shows: { agreement: 'violated', 'commit-validity': 'violated' },
    repaired: {
      how: 'who has not pre-committed aborts',
      plan: { ...oneRefuses, parameters: { onTimeout: 'by-stage' } },
      shows: { agreement: 'held', 'commit-validity': 'held' },
    },
    note: 'The default that the article states later, taken at its word for every stage.',
  },
  {
    row: 'A20.R3',
    tells: 'a yes that is an estimate: the row is taken by another when the pre-commit comes',
    lock: 'three-phase-commit',
    plan: { ...crossing, parameters: { executesAt: 'pre-commit', onTimeout: 'by-stage' } },
    shows: { agreement: 'violated' },
    repaired: {
      how: 'a participant executes and locks its row before it says yes',
      plan: { ...crossing, parameters: { onTimeout: 'by-stage' } },
      shows: { agreement: 'held' },
    },
    note: 'The article’s can-commit only estimates. So a pre-commit can fail, and those who have pre-committed commit by timeout.',
  },
])
