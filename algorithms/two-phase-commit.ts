/** Two-phase commit: everybody votes, and commits if all said yes; who voted yes and hears no more is blocked. */

import { carryOut, force, askAll, isYes, paces } from './commit-rounds.ts'
import { oneOf, duration } from './parameters.ts'
import { defineProtocol } from './protocol.ts'

const BOOK =
  'Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems (1987), chapter 7'

/**
 * Presumed abort: of a transaction without a commit record in its log a coordinator says that it is aborted. Timeouts are
 * the coordinator's only, unless `onTimeout` says otherwise.
 */
export const twoPhaseCommit = defineProtocol({
  name: 'two-phase-commit',
  summary:
    'all vote, and commit if everybody said yes; whoever voted yes waits for the coordinator',
  sources: [
    `${BOOK}: two-phase commit, section 7.4`,
    'Gray, Notes on Data Base Operating Systems (1978)',
    'Mohan, Lindsay, Obermarck, Transaction Management in the R* Distributed Database Management System (TODS 1986): presumed abort',
    '聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14: the protocol with the timeouts at the coordinator',
  ],
  steps: [
    'Vote: the coordinator asks all participants to prepare; each executes, locks its row, forces that to its log and answers yes, or aborts and answers no.',
    'Decide: if all said yes in time the coordinator forces a commit record to its log; otherwise it aborts.',
    'Tell: it sends the decision to all, again and again until each has confirmed it; a participant then commits or aborts and frees its row.',
    'Recover: after a restart the coordinator sends what its log says, and aborts what has no commit record.',
  ],
  useWhen:
    'When several resource managers must do a thing all or nothing and a coordinator that is down for a while may block them. Not where locks must never outlive a crashed coordinator.',
  claims: [
    { promise: 'agreement', from: `${BOOK}, AC1` },
    { promise: 'commit-validity', from: `${BOOK}, AC3` },
    { promise: 'termination', from: `${BOOK}, AC5: once failures are repaired` },
  ],
  needs: { participant: 3 },
  scales: 'participant',
  parameters: {
    ...paces,
    timeoutMs: duration(
      100,
      'how long a participant that voted yes waits before it does something',
    ),
    onTimeout: oneOf(
      ['wait', 'ask', 'abort', 'commit'],
      'wait',
      'what it does then: wait for the coordinator for ever; ask the other participants and go on waiting ' +
        'if none of them knows; abort or commit on its own, which is no longer two-phase commit',
    ),
  },
  services: ({ timeoutMs, onTimeout }) => ({ participant: { timeoutMs, onTimeout } }),
  timeoutMs: ({ timeoutMs }) => timeoutMs,

  *coordinate(me, parameters) {
    yield* force(me, 'began', parameters)
    const votes = yield* askAll(me.services.participant.all, parameters, (stub) =>
      stub.prepare(me.transaction, me.row, parameters.voteTimeoutMs),
    )
    const decision = votes.every(isYes) ? 'commit' : 'abort'
    if (decision === 'commit') yield* force(me, 'commit', parameters)
    yield* me.decided(decision, 'votes')
    yield* carryOut(me, decision, parameters)
    return decision === 'commit' ? 'committed' : 'aborted'
  },

  *recover(me, record, parameters) {
    const decision = record === 'commit' ? 'commit' : 'abort'
    yield* me.decided(decision, 'recovery')
    yield* carryOut(me, decision, parameters)
  },
})
