/** What a participant knows: its transactions, most of it on disk, and which of them has which row locked. */

import type { Stream } from '../../kernel/index.ts'
import type { RequestInput } from '../service.ts'
import type { ParticipantRequest, Stage } from './requests.ts'

/** Options of a participant. */
export interface ParticipantOptions {
  /** how long it waits for the next word of the coordinator, by its monotonic clock */
  readonly timeoutMs: number
  /**
   * what it does then, having voted yes: wait on; ask the others and wait on unless one has decided or has yet to vote;
   * abort or commit, wherever it stands; abort before the pre-commit and commit after it; or choose a new
   * coordinator among the participants, which decides by how far they are
   */
  readonly onTimeout: 'wait' | 'ask' | 'abort' | 'commit' | 'by-stage' | 'terminate'
  /** when it executes and locks its row: before it votes, or not before the pre-commit */
  readonly executesAt: 'vote' | 'pre-commit'
  /** what a transaction gets that finds the row locked: a no, or a place in the queue */
  readonly whenLocked: 'no' | 'wait'
  /** how many of the participants, from the last on, cannot do it and vote no */
  readonly votesNo: number
  /** each participant refuses one transaction of so many, drawn at random; 0 for none */
  readonly votesNoOneIn: number
}

/** A backup coordinator at work. */
export interface Inquiry {
  /** Whether it wants to know how far everybody is, or has told them to pre-commit. */
  readonly asks: 'stage?' | 'pre-commit'
  /** What the others have answered, by their index. */
  readonly answers: Map<number, Stage | 'recovering'>
  /** How many answers there can be. */
  readonly expected: number
}

/** One transaction as one participant knows it. */
export interface Transaction {
  readonly name: string
  /** Its coordinator, for the judges. */
  readonly client: string
  readonly row: string
  /** Forced to disk before any answer leaves, as is `isLocking`. */
  stage: Stage
  isLocking: boolean
  /** When its patience ends, on the monotonic clock. */
  dueMs: number
  /** How often it has asked the others in vain. */
  asked: number
  /** Whether it was down since it voted: it may have missed what the others agreed on. */
  isRecovering: boolean
  inquiry: Inquiry | undefined
}

/** One participant. */
export interface ParticipantState {
  readonly index: number
  readonly size: number
  readonly options: ParticipantOptions
  readonly refusals: Stream
  readonly transactions: Map<string, Transaction>
  /** Those that have voted yes and not decided. */
  open: Transaction[]
  /** Which transaction has a row locked. */
  readonly locks: Map<string, Transaction>
  /** Requests that wait for a row, in order; in memory. */
  waiting: RequestInput<ParticipantRequest>[]
}

/** Whether it has decided. */
export const isDecided = ({ stage }: Transaction): boolean =>
  stage === 'committed' || stage === 'aborted'

/** The transaction of this name; new if it was not known. */
export const transactionOf = (
  state: ParticipantState,
  name: string,
  client: string,
  row = '',
): Transaction => {
  const known = state.transactions.get(name)
  if (known !== undefined) return known
  const transaction: Transaction = {
    name,
    client,
    row,
    stage: 'initial',
    isLocking: false,
    dueMs: Infinity,
    asked: 0,
    isRecovering: false,
    inquiry: undefined,
  }
  state.transactions.set(name, transaction)
  return transaction
}

/** Begins to wait anew for the next word about it. */
export const waitOn = (
  { index, options }: ParticipantState,
  transaction: Transaction,
  nowMs: number,
): void => {
  const { onTimeout, timeoutMs } = options
  if (onTimeout === 'wait') return
  // One after the other, so that the first of those that are up has the time to finish.
  const patienceMs = onTimeout === 'terminate' ? timeoutMs * (1 + index) : timeoutMs
  transaction.dueMs = nowMs + patienceMs
}
