/** What participants do without their coordinator: act on their own, ask one another, or choose a new one. */

import type { Decision } from '../../kernel/index.ts'
import type { Outbox } from '../service.ts'
import type { ParticipantPeer } from './requests.ts'
import { isDecided, transactionOf, waitOn } from './state.ts'
import type { Inquiry, ParticipantState, Transaction } from './state.ts'
import { decide, preCommit } from './transactions.ts'

const othersOf = ({ index, size }: ParticipantState): readonly number[] =>
  Array.from({ length: size }, (_, other) => other).filter((other) => other !== index)

const say = (
  to: readonly number[],
  op: ParticipantPeer['op'],
  { name, client }: Transaction,
  out: Outbox,
): void => {
  const message: ParticipantPeer = { op, value: name, client }
  for (const other of to) out.peer(other, message)
}

/** The patience of a transaction in doubt has ended. */
export const timedOut = (
  state: ParticipantState,
  transaction: Transaction,
  nowMs: number,
  out: Outbox,
): void => {
  const { onTimeout } = state.options
  switch (onTimeout) {
    case 'wait':
      return
    case 'ask':
      ask(state, transaction, nowMs, out)
      return
    case 'abort':
    case 'commit':
      decide(state, transaction, onTimeout, 'timeout', nowMs, out)
      return
    case 'by-stage': {
      const decision = transaction.stage === 'pre-committed' ? 'commit' : 'abort'
      decide(state, transaction, decision, 'timeout', nowMs, out)
      return
    }
    case 'terminate':
      if (transaction.inquiry !== undefined) conclude(state, transaction, nowMs, out)
      else if (transaction.isRecovering) ask(state, transaction, nowMs, out)
      else inquire(state, transaction, 'stage?', othersOf(state), nowMs, out)
  }
}

const ask = (
  state: ParticipantState,
  transaction: Transaction,
  nowMs: number,
  out: Outbox,
): void => {
  transaction.asked++
  transaction.dueMs = nowMs + state.options.timeoutMs * 2 ** transaction.asked
  say(othersOf(state), 'decision?', transaction, out)
}

/** Acts as the coordinator: asks the others and gives them half a timeout to answer. */
const inquire = (
  state: ParticipantState,
  transaction: Transaction,
  asks: Inquiry['asks'],
  whom: readonly number[],
  nowMs: number,
  out: Outbox,
): void => {
  transaction.inquiry = { asks, answers: new Map(), expected: whom.length }
  transaction.dueMs = nowMs + state.options.timeoutMs / 2
  say(whom, asks, transaction, out)
  if (whom.length === 0) conclude(state, transaction, nowMs, out)
}

/**
 * The termination rule: somebody has decided, so does everybody; somebody has pre-committed, so first do the others,
 * and then all commit; nobody has, so nobody can have committed, and all abort. Who did not answer is taken for dead.
 */
const conclude = (
  state: ParticipantState,
  transaction: Transaction,
  nowMs: number,
  out: Outbox,
): void => {
  const { asks, answers } = transaction.inquiry ?? { asks: 'stage?', answers: new Map() }
  const stages = new Set([transaction.stage, ...answers.values()])
  const settle = (decision: Decision): void => {
    decide(state, transaction, decision, 'peer', nowMs, out)
    say(othersOf(state), transaction.stage === 'committed' ? 'commit' : 'abort', transaction, out)
  }
  if (stages.has('aborted')) settle('abort')
  else if (stages.has('committed') || asks === 'pre-commit') settle('commit')
  else if (stages.has('pre-committed')) {
    if (transaction.stage === 'voted') preCommit(state, transaction, nowMs, out)
    const live = [...answers].filter(([, stage]) => stage !== 'recovering').map(([other]) => other)
    if (isDecided(transaction)) settle('abort')
    else inquire(state, transaction, 'pre-commit', live, nowMs, out)
  } else settle('abort')
}

const tellStage = (transaction: Transaction, to: number, out: Outbox): void => {
  const { name, client, stage, isRecovering } = transaction
  const told = isRecovering && !isDecided(transaction) ? 'recovering' : stage
  const message: ParticipantPeer = { op: 'stage', value: name, client, stage: told }
  out.peer(to, message)
}

/** Another participant says something about a transaction. */
export const onPeer = (
  state: ParticipantState,
  from: number,
  { op, value, client, stage }: ParticipantPeer,
  nowMs: number,
  out: Outbox,
): void => {
  const transaction = transactionOf(state, value, client)
  switch (op) {
    case 'decision?':
      // Who has not voted is free to refuse, and then nobody can have committed.
      if (transaction.stage === 'initial') decide(state, transaction, 'abort', 'peer', nowMs, out)
      if (isDecided(transaction)) {
        say([from], transaction.stage === 'committed' ? 'commit' : 'abort', transaction, out)
      }
      return
    case 'stage?':
      if (transaction.stage === 'initial') decide(state, transaction, 'abort', 'peer', nowMs, out)
      giveWay(state, transaction, nowMs)
      tellStage(transaction, from, out)
      return
    case 'pre-commit':
      if (transaction.stage === 'voted') preCommit(state, transaction, nowMs, out)
      else giveWay(state, transaction, nowMs)
      tellStage(transaction, from, out)
      return
    case 'stage': {
      const { inquiry } = transaction
      if (inquiry === undefined || stage === undefined) return
      // Who says so has not pre-committed yet: it is a late answer to the question before.
      if (inquiry.asks === 'pre-commit' && stage === 'voted') return
      inquiry.answers.set(from, stage)
      if (inquiry.answers.size === inquiry.expected) conclude(state, transaction, nowMs, out)
      return
    }
    case 'commit':
    case 'abort':
      decide(state, transaction, op, 'peer', nowMs, out)
  }
}

/** Somebody else acts as the coordinator. */
const giveWay = (state: ParticipantState, transaction: Transaction, nowMs: number): void => {
  if (isDecided(transaction)) return
  transaction.inquiry = undefined
  waitOn(state, transaction, nowMs)
}
