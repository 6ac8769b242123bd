/** How a transaction goes on at one participant: it votes, locks its row, pre-commits and decides. */

import type { Decision, DecisionCause } from '../../kernel/index.ts'
import { ok, refused } from '../../kernel/reply.ts'
import type { Outbox, RequestInput } from '../service.ts'
import type { ParticipantRequest, Stage } from './requests.ts'
import { isDecided, transactionOf, waitOn } from './state.ts'
import type { ParticipantState, Transaction } from './state.ts'

/** What a participant answers about a transaction on which it has not voted (XA's XAER_NOTA, PostgreSQL's 42704). */
const UNKNOWN_TRANSACTION = 'unknown transaction'

const NOT_KNOWN = refused(UNKNOWN_TRANSACTION)

// A stage says the same each time, so one reply object serves all.
const ANSWERS = {
  initial: ok<Stage>('initial'),
  voted: ok<Stage>('voted'),
  'pre-committed': ok<Stage>('pre-committed'),
  committed: ok<Stage>('committed'),
  aborted: ok<Stage>('aborted'),
}

type Request = RequestInput<ParticipantRequest>

const answer = (request: Request, { stage }: Transaction, out: Outbox): void =>
  out.reply(request, ANSWERS[stage])

const isTaken = ({ locks }: ParticipantState, transaction: Transaction): boolean =>
  !transaction.isLocking && locks.has(transaction.row)

const lock = (state: ParticipantState, transaction: Transaction): void => {
  transaction.isLocking = true
  state.locks.set(transaction.row, transaction)
}

/** Decides, unless it has: the stage goes to disk, the row is free for the next. */
export const decide = (
  state: ParticipantState,
  transaction: Transaction,
  decision: Decision,
  cause: DecisionCause,
  nowMs: number,
  out: Outbox,
): void => {
  if (isDecided(transaction)) return
  const { client, name, row } = transaction
  // Who has yet to execute needs the row for it.
  const can = decision === 'abort' || !isTaken(state, transaction)
  transaction.stage = can && decision === 'commit' ? 'committed' : 'aborted'
  if (transaction.isLocking) state.locks.delete(row)
  transaction.isLocking = false
  transaction.dueMs = Infinity
  transaction.inquiry = undefined
  state.open = state.open.filter((other) => other !== transaction)
  out.fact(
    can
      ? { kind: 'decided', client, hold: name, decision, cause }
      : { kind: 'decided', client, hold: name, decision: 'abort', cause: 'unable' },
  )
  if (state.waiting.length > 0) serveWaiting(state, nowMs, out)
}

/** Lets those go on for whom the row has become free, or who need it no more. */
const serveWaiting = (state: ParticipantState, nowMs: number, out: Outbox): void => {
  for (;;) {
    const position = state.waiting.findIndex(({ body }) => {
      const transaction = state.transactions.get(body.value)
      return transaction !== undefined && (isDecided(transaction) || !isTaken(state, transaction))
    })
    const [next] = position < 0 ? [] : state.waiting.splice(position, 1)
    if (next === undefined) return
    answerRequest(state, next, nowMs, out)
  }
}

const voteNo = (
  state: ParticipantState,
  transaction: Transaction,
  nowMs: number,
  out: Outbox,
): void => {
  const { client, name } = transaction
  out.fact({ kind: 'voted', client, hold: name, vote: 'no', locked: false })
  decide(state, transaction, 'abort', 'votes', nowMs, out)
}

const cannot = ({ index, size, options, refusals }: ParticipantState): boolean =>
  index >= size - options.votesNo ||
  (options.votesNoOneIn > 0 && refusals.pick(options.votesNoOneIn) === 0)

const vote = (
  state: ParticipantState,
  transaction: Transaction,
  nowMs: number,
  out: Outbox,
): void => {
  if (isTaken(state, transaction) || cannot(state)) {
    voteNo(state, transaction, nowMs, out)
    return
  }
  const { client, name } = transaction
  const locked = state.options.executesAt === 'vote'
  if (locked) lock(state, transaction)
  transaction.stage = 'voted'
  state.open.push(transaction)
  waitOn(state, transaction, nowMs)
  out.fact({ kind: 'voted', client, hold: name, vote: 'yes', locked })
}

/** Pre-commits, or aborts if it has yet to execute and cannot. */
export const preCommit = (
  state: ParticipantState,
  transaction: Transaction,
  nowMs: number,
  out: Outbox,
): void => {
  if (isTaken(state, transaction)) {
    decide(state, transaction, 'abort', 'unable', nowMs, out)
    return
  }
  lock(state, transaction)
  transaction.stage = 'pre-committed'
  waitOn(state, transaction, nowMs)
  out.fact({ kind: 'pre-committed', client: transaction.client, hold: transaction.name })
}

/** Whether the request is put aside until the row that it needs is free. */
const waits = (state: ParticipantState, transaction: Transaction, request: Request): boolean => {
  if (state.options.whenLocked === 'no' || !isTaken(state, transaction)) return false
  state.waiting.push(request)
  return true
}

/** Carries out what a coordinator asks for. */
export const answerRequest = (
  state: ParticipantState,
  request: Request,
  nowMs: number,
  out: Outbox,
): void => {
  const { body, origin } = request
  const known = state.transactions.get(body.value)
  switch (body.op) {
    case 'prepare':
    case 'can-commit': {
      const transaction = transactionOf(state, body.value, origin.client, body.row)
      if (transaction.stage === 'initial') {
        if (waits(state, transaction, request)) return
        vote(state, transaction, nowMs, out)
      }
      answer(request, transaction, out)
      return
    }
    case 'abort': {
      // Known from now on, so that a question which comes late is answered with a no.
      const transaction = known ?? transactionOf(state, body.value, origin.client)
      decide(state, transaction, 'abort', 'coordinator', nowMs, out)
      answer(request, transaction, out)
      return
    }
    case 'status':
      out.reply(request, ANSWERS[known?.stage ?? 'initial'])
      return
    case 'pre-commit':
    case 'commit': {
      if (known === undefined || known.stage === 'initial') {
        out.reply(request, NOT_KNOWN)
        return
      }
      if (known.stage === 'voted' && waits(state, known, request)) return
      if (body.op === 'commit') decide(state, known, 'commit', 'coordinator', nowMs, out)
      else if (known.stage === 'voted') preCommit(state, known, nowMs, out)
      answer(request, known, out)
    }
  }
}
