/** Three-phase commit: nobody commits before everybody knows that all said yes, so that the living can go on without the dead. */

import { sleep, spawn } from '#sim'
import type { Decision, Process, StageReply } from '#sim'
import { askAll, carryOut, force, isYes, paces } from './commit-rounds.ts'
import type { Committer, Paces } from './commit-rounds.ts'
import { duration, oneOf } from './parameters.ts'
import { defineProtocol } from './protocol.ts'

const BOOK =
  'Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems (1987), section 7.5'
const PAPER = 'Skeen, Nonblocking Commit Protocols (SIGMOD 1981)'
const ARTICLE = '聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14'

/**
 * Does not block where processes crash and stay so, messages arrive within a known time and the network does not
 * part: the timeouts are how the dead are told from the slow. Where that is wrong, participants decide apart.
 */
export const threePhaseCommit = defineProtocol({
  name: 'three-phase-commit',
  summary:
    'two-phase commit with a pre-commit in between, so that participants may decide by themselves',
  sources: [PAPER, BOOK, ARTICLE],
  steps: [
    'Can-commit: the coordinator asks all participants whether they could; each answers yes or no.',
    'Pre-commit: if all said yes it tells them so; each now knows that nobody has refused, and confirms it.',
    'Do-commit: when the confirmations are in, the coordinator forces a commit record to its log and tells all to commit.',
    'Abort: a no, or a missing vote, aborts the transaction everywhere.',
    'Terminate: a participant that hears nothing for its timeout acts as `onTimeout` says; by default the participants choose a new coordinator, which commits if one of them has pre-committed.',
    'Recover: after a restart the coordinator asks the participants what they did, if its log says that they may have gone on without it.',
  ],
  useWhen:
    'Where crashed machines stay down, messages are never late and links never part: hardly ever. Elsewhere prefer two-phase commit with a replicated coordinator.',
  claims: [
    { promise: 'agreement', from: BOOK },
    { promise: 'commit-validity', from: BOOK },
    { promise: 'blocking', from: `${PAPER}: nonblocking` },
    { promise: 'termination', from: BOOK },
  ],
  needs: { participant: 3 },
  scales: 'participant',
  parameters: {
    ...paces,
    timeoutMs: duration(100, 'how long a participant that voted yes waits for the next message'),
    onTimeout: oneOf(
      ['terminate', 'by-stage', 'commit', 'abort'],
      'terminate',
      'what it does then: choose a new coordinator among the participants, as the textbook says; abort before the ' +
        'pre-commit and commit after it, the rule that is usually told; or always commit, or always abort, ' +
        'as the article says in one place each',
    ),
    onMissingAck: oneOf(
      ['commit', 'abort'],
      'commit',
      'what the coordinator does when a participant did not confirm the pre-commit: take it for dead and commit, ' +
        'as the textbook says, or abort, as the article says',
    ),
    executesAt: oneOf(
      ['vote', 'pre-commit'],
      'vote',
      'whether a yes binds (the participant has executed and locked its row) or is an estimate, as the article says',
    ),
  },
  services: ({ timeoutMs, onTimeout, executesAt }) => ({
    participant: { timeoutMs, onTimeout, executesAt },
  }),
  timeoutMs: ({ timeoutMs }) => timeoutMs,

  *coordinate(me, parameters) {
    const { voteTimeoutMs, onMissingAck } = parameters
    const stubs = me.services.participant.all
    yield* force(me, 'began', parameters)
    const votes = yield* askAll(stubs, parameters, (stub) =>
      stub.canCommit(me.transaction, me.row, voteTimeoutMs),
    )
    let decision: Decision = 'abort'
    if (votes.every(isYes)) {
      yield* force(me, 'pre-commit', parameters)
      const acks = yield* askAll(stubs, parameters, (stub) =>
        stub.preCommit(me.transaction, voteTimeoutMs),
      )
      decision = decisionOf(acks) ?? (acks.every(({ ok }) => ok) ? 'commit' : onMissingAck)
    }
    yield* force(me, decision, parameters)
    yield* me.decided(decision, 'votes')
    yield* carryOut(me, decision, parameters)
    return decision === 'commit' ? 'committed' : 'aborted'
  },

  *recover(me, record, parameters) {
    if (record === 'pre-commit') {
      // The participants may take their time, and nothing else depends on them.
      yield* spawn(`recover ${me.transaction}`, learn(me, parameters))
      return
    }
    // Without a pre-commit nobody can have committed.
    const decision = record === 'commit' ? 'commit' : 'abort'
    yield* me.decided(decision, 'recovery')
    yield* carryOut(me, decision, parameters)
  },
})

/** What one of the participants has decided already. */
const decisionOf = (replies: readonly StageReply[]): Decision | undefined => {
  const stages = replies.map((reply) => (reply.ok ? reply.value : undefined))
  if (stages.includes('aborted')) return 'abort'
  return stages.includes('committed') ? 'commit' : undefined
}

/** Asks the participants until one of them has decided: back from a crash, the coordinator has no say any more. */
function* learn(me: Committer, parameters: Paces): Process {
  for (let waitMs = parameters.resendMs; ; waitMs *= 2) {
    const replies = yield* askAll(me.services.participant.all, parameters, (stub) =>
      stub.status(me.transaction, parameters.voteTimeoutMs),
    )
    const decision = decisionOf(replies)
    if (decision !== undefined) {
      yield* force(me, decision, parameters)
      yield* me.decided(decision, 'recovery')
      yield* carryOut(me, decision, parameters)
      return
    }
    yield* sleep(waitMs)
  }
}
