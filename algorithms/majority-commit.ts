/** Two-phase commit with a majority in place of unanimity: a shortcut that commits against the votes of some. */

import { askAll, carryOut, force, isYes, paces } from './commit-rounds.ts'
import { defineProtocol } from './protocol.ts'
import { twoPhaseCommit } from './two-phase-commit.ts'

const ARTICLE =
  '聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14: "in practice usually a majority"'

/** A majority can agree on a value; it cannot make those commit who were unable to. */
export const majorityCommit = defineProtocol({
  name: 'majority-commit',
  summary:
    'two-phase commit where a majority of yes votes suffices; those who said no have aborted',
  sources: [ARTICLE],
  steps: [
    'Vote: the coordinator asks all participants to prepare; each answers yes and keeps its row locked, or aborts and answers no.',
    'Decide: if more than half of them said yes, commit; otherwise abort.',
    'Tell: as in two-phase commit. Who voted no has aborted and stays so.',
  ],
  useWhen:
    'Never: it is here to be caught. A majority suffices for replicas of one value (Paxos, Raft), not for participants that each do a part.',
  claims: [
    { promise: 'agreement', from: ARTICLE },
    {
      promise: 'commit-validity',
      from: 'the definition of atomic commitment that it says to implement',
    },
  ],
  canary: true,
  needs: { participant: 3 },
  scales: 'participant',
  parameters: paces,
  timeoutMs: ({ voteTimeoutMs }) => 2 * voteTimeoutMs,

  *coordinate(me, parameters) {
    yield* force(me, 'began', parameters)
    const stubs = me.services.participant.all
    const votes = yield* askAll(stubs, parameters, (stub) =>
      stub.prepare(me.transaction, me.row, parameters.voteTimeoutMs),
    )
    const decision = votes.filter(isYes).length > stubs.length / 2 ? 'commit' : 'abort'
    if (decision === 'commit') yield* force(me, 'commit', parameters)
    yield* me.decided(decision, 'votes')
    yield* carryOut(me, decision, parameters)
    return decision === 'commit' ? 'committed' : 'aborted'
  },

  recover: (me, record, parameters) =>
    twoPhaseCommit.recover(me, record, { ...parameters, timeoutMs: 0, onTimeout: 'wait' }),
})
