/** A participant of atomic commitment: a resource manager that votes, keeps its row locked while in doubt, and decides. */

import { defineService } from '../service.ts'
import type { Input, Outbox } from '../service.ts'
import { participantClient } from './client.ts'
import type { ParticipantPeer, ParticipantRequest, Stage } from './requests.ts'
import type { ParticipantOptions, ParticipantState } from './state.ts'
import { waitOn } from './state.ts'
import { onPeer, timedOut } from './termination.ts'
import { answerRequest } from './transactions.ts'

/** What a judge may look at. */
export interface ParticipantView {
  /** How far a transaction has come here. */
  stageOf(transaction: string): Stage
  /** The transaction that has the row locked. */
  lockedBy(row: string): string | undefined
}

/**
 * Like a database that was given PREPARE TRANSACTION: once it has voted yes, the transaction and its lock survive
 * any crash, and it may neither commit nor abort before it is told. What it does when nobody tells it is the
 * option on which commit protocols differ. It answers every request with the stage that it is in, so that a repeated
 * request does no harm.
 */
export const participant = defineService({
  name: 'participant',
  summary: 'a resource manager that votes on transactions and keeps its row locked while in doubt',
  sources: [
    'Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems (1987), chapter 7: two- and three-phase commit, cooperative termination, the termination protocol with elected coordinators',
    'Skeen, Nonblocking Commit Protocols (SIGMOD 1981)',
    'PostgreSQL manual, PREPARE TRANSACTION: a prepared transaction survives a crash and keeps its locks',
  ],
  nodeName: 'participant',
  clock: 'monotonic',
  options: {
    timeoutMs: 100,
    onTimeout: 'wait',
    executesAt: 'vote',
    whenLocked: 'no',
    votesNo: 0,
    votesNoOneIn: 0,
  } as ParticipantOptions,
  optionWords: {
    onTimeout: ['wait', 'ask', 'abort', 'commit', 'by-stage', 'terminate'],
    executesAt: ['vote', 'pre-commit'],
    whenLocked: ['no', 'wait'],
  },

  create({ index, size, options, choice }): ParticipantState {
    return {
      index,
      size,
      options,
      refusals: choice.stream(`refusals:${index + 1}`),
      transactions: new Map(),
      open: [],
      locks: new Map(),
      waiting: [],
    }
  },

  step(
    state: ParticipantState,
    input: Input<ParticipantRequest, ParticipantPeer>,
    nowMs: number,
    out: Outbox,
  ) {
    switch (input.kind) {
      case 'request':
        answerRequest(state, input, nowMs, out)
        return
      case 'peer':
        onPeer(state, input.from, input.body, nowMs, out)
        return
      case 'tick':
        for (const transaction of state.open) {
          if (transaction.dueMs <= nowMs) timedOut(state, transaction, nowMs, out)
        }
        return
      case 'crash':
        // Votes, decisions and the locks of those in doubt are on disk; who waited for a row is forgotten.
        state.waiting = []
        return
      case 'restart':
        for (const transaction of state.open) {
          transaction.isRecovering = true
          transaction.inquiry = undefined
          waitOn(state, transaction, nowMs)
        }
        return
      default:
    }
  },

  wakeAtMs({ open }: ParticipantState): number {
    let earliestMs = Infinity
    for (const { dueMs } of open) if (dueMs < earliestMs) earliestMs = dueMs
    return earliestMs
  },

  client: participantClient,

  view: (state: ParticipantState): ParticipantView => ({
    stageOf: (transaction) => state.transactions.get(transaction)?.stage ?? 'initial',
    lockedBy: (row) => state.locks.get(row)?.name,
  }),
})
