/** Rounds of a commit protocol: ask every participant, write the log, and tell the decision until all have it. */

import { all, sleep, spawn } from '#sim'
import type { Decision, Effect, ParticipantStub, Process, StageReply } from '#sim'
import { duration } from './parameters.ts'
import type { Coordinator, LogRecord } from './protocol.ts'

/** A coordinator of participants. */
export type Committer = Coordinator<{ participant: number }>

/** What every coordinator may be told about its pace. */
export const paces = {
  voteTimeoutMs: duration(50, 'how long the coordinator waits for the answers of a round'),
  betweenSendsMs: duration(
    1,
    'from sending a message to one participant to sending it to the next; the coordinator can die in between',
  ),
  forceMs: duration(1, 'how long a forced write to the coordinator’s log takes'),
  resendMs: duration(
    100,
    'after what time the decision is sent again to whoever has not confirmed it; doubles each time',
  ),
}

/** Their values. */
export interface Paces {
  readonly voteTimeoutMs: number
  readonly betweenSendsMs: number
  readonly forceMs: number
  readonly resendMs: number
}

/** Writes a record to the log and waits until it is on the disk. A crash before that leaves no trace of it. */
export function* force(me: Committer, record: LogRecord, { forceMs }: Paces): Process {
  if (forceMs > 0) yield* sleep(forceMs)
  me.log.set(me.transaction, record)
}

function* askOne(
  waitMs: number,
  stub: ParticipantStub,
  question: (stub: ParticipantStub) => Effect<StageReply>,
): Process<StageReply> {
  if (waitMs > 0) yield* sleep(waitMs)
  return yield* question(stub)
}

/** Asks participants, one a little after the other, and waits for the answers of all. */
export const askAll = (
  stubs: readonly ParticipantStub[],
  { betweenSendsMs }: Paces,
  question: (stub: ParticipantStub) => Effect<StageReply>,
): Effect<StageReply[]> =>
  all(stubs.map((stub, index) => askOne(index * betweenSendsMs, stub, question)))

/** Whether a participant voted yes. Silence is no yes. */
export const isYes = (reply: StageReply): boolean => reply.ok && reply.value !== 'aborted'

/** Sends the decision once; gives back who did not confirm it. */
function* tell(
  me: Committer,
  decision: Decision,
  stubs: readonly ParticipantStub[],
  paces: Paces,
): Process<readonly ParticipantStub[]> {
  const replies = yield* askAll(stubs, paces, (stub) =>
    stub[decision](me.transaction, paces.voteTimeoutMs),
  )
  return stubs.filter((_stub, index) => replies[index]?.ok !== true)
}

function* insist(
  me: Committer,
  decision: Decision,
  stubs: readonly ParticipantStub[],
  paces: Paces,
): Process {
  let left = stubs
  for (let waitMs = paces.resendMs; left.length > 0; waitMs *= 2) {
    yield* sleep(waitMs)
    left = yield* tell(me, decision, left, paces)
  }
  me.log.delete(me.transaction)
}

/**
 * Tells the decision to all participants. Who does not confirm it is told again beside what comes next; with the last
 * confirmation the transaction leaves the log.
 */
export function* carryOut(me: Committer, decision: Decision, paces: Paces): Process {
  const left = yield* tell(me, decision, me.services.participant.all, paces)
  if (left.length === 0) me.log.delete(me.transaction)
  else yield* spawn(`${decision} ${me.transaction}`, insist(me, decision, left, paces))
}
