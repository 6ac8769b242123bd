/** Terms of a Raft group: how a server goes over to a newer one, and how long it waits there for a leader. */

import type { RaftState } from './state.ts'

/** The election timeout of this server in this term: two servers that run at once split the votes. */
export const patienceMs = (raft: RaftState<unknown>): number => {
  const { electionTimeoutMs } = raft.times
  if (raft.extraMs < 0) {
    const stream = raft.choice.stream(raft.stream)
    raft.extraMs = stream.pick(Math.max(1, Math.floor(electionTimeoutMs)))
  }
  return electionTimeoutMs + raft.extraMs
}

/** Begins to wait, with a new random patience. */
export const waitAnew = (raft: RaftState<unknown>, nowMs: number): void => {
  raft.extraMs = -1
  raft.electAtMs = nowMs + patienceMs(raft)
}

/** Goes over to a term, if it is not there yet, as a follower that knows no leader. */
export const enterTerm = (raft: RaftState<unknown>, term: number, nowMs: number): void => {
  if (term > raft.term) {
    raft.term = term
    raft.votedFor = -1
  }
  raft.mode = { role: 'following', leader: -1 }
  waitAnew(raft, nowMs)
}
