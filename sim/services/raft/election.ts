/** How servers of a Raft group elect a leader: who has the newest log and a majority's votes leads the term. */

// Ongaro, Consensus: Bridging Theory and Practice (2014), 3.4, 3.6 and 9.6 (pre-vote).

import type { Outbox } from '../service.ts'
import { majorityOf } from '../quorum.ts'
import type { VotedMessage, VoteMessage } from './messages.ts'
import { broadcast, commitByMajority } from './replication.ts'
import type { RaftState } from './state.ts'
import { lastTerm, newLeading } from './state.ts'
import { enterTerm, patienceMs, waitAnew } from './terms.ts'

const lead = <Item>(raft: RaftState<Item>, nowMs: number, out: Outbox): void => {
  // Only a line of its own term tells a new leader what is committed.
  raft.log.push({ term: raft.term, item: undefined })
  const leading = newLeading(raft, raft.log.length, nowMs)
  raft.mode = leading
  broadcast(raft, leading, out)
  commitByMajority(raft, leading, out)
}

const ask = (
  raft: RaftState<unknown>,
  phase: 'asking' | 'voting',
  nowMs: number,
  out: Outbox,
): void => {
  waitAnew(raft, nowMs)
  if (phase === 'voting') {
    raft.term++
    raft.votedFor = raft.index
  }
  raft.mode = { role: 'running', phase, votes: new Set([raft.index]) }
  const message: VoteMessage = {
    op: phase === 'voting' ? 'vote' : 'pre-vote',
    // Asking alone changes nobody's term: a server that was cut off disturbs nobody when it comes back.
    term: phase === 'voting' ? raft.term : raft.term + 1,
    lastIndex: raft.log.length,
    lastTerm: lastTerm(raft),
  }
  for (let other = 0; other < raft.size; other++) {
    if (other !== raft.index) out.peer(other, message)
  }
  count(raft, nowMs, out)
}

const count = (raft: RaftState<unknown>, nowMs: number, out: Outbox): void => {
  const { mode } = raft
  if (mode.role !== 'running' || mode.votes.size < majorityOf(raft.size)) return
  if (mode.phase === 'asking') ask(raft, 'voting', nowMs, out)
  else lead(raft, nowMs, out)
}

/** No leader was heard of for long enough: runs for election. */
export const run = (raft: RaftState<unknown>, nowMs: number, out: Outbox): void => {
  ask(raft, 'asking', nowMs, out)
}

/** Whether this server has a leader who is alive, so that it listens to no candidate (thesis, 4.2.3). */
const hasLeader = ({ mode, heardAtMs, times }: RaftState<unknown>, nowMs: number): boolean =>
  mode.role === 'leading' ||
  (mode.role === 'following' && mode.leader >= 0 && nowMs - heardAtMs < times.electionTimeoutMs)

/** Somebody runs for election. */
export const onVote = (
  raft: RaftState<unknown>,
  from: number,
  message: VoteMessage,
  nowMs: number,
  out: Outbox,
): void => {
  const { op, term, lastIndex } = message
  if (hasLeader(raft, nowMs)) return
  const isReal = op === 'vote'
  if (isReal && term > raft.term) enterTerm(raft, term, nowMs)
  const ownLastTerm = lastTerm(raft)
  const isNewEnough =
    message.lastTerm > ownLastTerm ||
    (message.lastTerm === ownLastTerm && lastIndex >= raft.log.length)
  const isFree = isReal
    ? term === raft.term && (raft.votedFor === -1 || raft.votedFor === from)
    : term > raft.term
  const granted = isNewEnough && isFree
  if (granted && isReal) {
    raft.votedFor = from
    raft.electAtMs = nowMs + patienceMs(raft)
  }
  const answer: VotedMessage = {
    op: isReal ? 'voted' : 'pre-voted',
    term: granted ? term : raft.term,
    granted,
  }
  out.peer(from, answer)
}

/** Somebody has made up his mind. */
export const onVoted = (
  raft: RaftState<unknown>,
  from: number,
  { op, term, granted }: VotedMessage,
  nowMs: number,
  out: Outbox,
): void => {
  if (!granted) {
    if (term > raft.term) enterTerm(raft, term, nowMs)
    return
  }
  const { mode } = raft
  if (mode.role !== 'running') return
  const isAnswered =
    op === 'voted'
      ? mode.phase === 'voting' && term === raft.term
      : mode.phase === 'asking' && term === raft.term + 1
  if (!isAnswered) return
  mode.votes.add(from)
  count(raft, nowMs, out)
}
