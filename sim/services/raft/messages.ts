/** What the servers of a Raft group say to one another about their log. */

import type { Entry } from './state.ts'

/** Would you vote for me in this term (`pre-vote`)? Do you? */
export interface VoteMessage {
  readonly op: 'pre-vote' | 'vote'
  readonly term: number
  readonly lastIndex: number
  readonly lastTerm: number
}

/** The answer to either. */
export interface VotedMessage {
  readonly op: 'pre-voted' | 'voted'
  /** The term that was asked about, or the term of who refuses, if that is higher. */
  readonly term: number
  readonly granted: boolean
}

/** These lines come after line `before`. Without lines: a heartbeat. */
export interface AppendMessage<Item> {
  readonly op: 'append'
  readonly term: number
  /** Counts the appends of a leader, so that their answers can be told apart. */
  readonly number: number
  readonly before: number
  readonly beforeTerm: number
  readonly entries: readonly Entry<Item>[]
  readonly committed: number
}

/** The answer to an append. */
export interface AppendedMessage {
  readonly op: 'appended'
  readonly term: number
  readonly number: number
  readonly matches: boolean
  /** The last line that agrees with the leader's log; where nothing matches, one that may. */
  readonly index: number
}

/** A message of the consensus. */
export type RaftMessage<Item> = VoteMessage | VotedMessage | AppendMessage<Item> | AppendedMessage
