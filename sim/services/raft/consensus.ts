/** One server's part in a Raft group: what it does with messages, with the passing of time, and after a crash. */

import type { Outbox } from '../service.ts'
import { onVote, onVoted, run } from './election.ts'
import type { RaftMessage } from './messages.ts'
import { broadcast, hasQuorum, onAppend, onAppended } from './replication.ts'
import type { RaftState } from './state.ts'
import { enterTerm, patienceMs, waitAnew } from './terms.ts'

/** Takes a message of another server. */
export const onRaftMessage = <Item>(
  raft: RaftState<Item>,
  from: number,
  message: RaftMessage<Item>,
  nowMs: number,
  out: Outbox,
): void => {
  if (raft.mode.role === 'halted') return
  switch (message.op) {
    case 'append':
      onAppend(raft, from, message, nowMs, out)
      return
    case 'appended':
      onAppended(raft, from, message, nowMs, out)
      return
    case 'pre-vote':
    case 'vote':
      onVote(raft, from, message, nowMs, out)
      return
    case 'pre-voted':
    case 'voted':
      onVoted(raft, from, message, nowMs, out)
  }
}

/** An instant has come that `nextRaftMs` asked for. */
export const onRaftTick = (raft: RaftState<unknown>, nowMs: number, out: Outbox): void => {
  const { mode, heardAtMs, times } = raft
  if (mode.role === 'leading') {
    if (nowMs < mode.nextHeartbeatMs) return
    mode.nextHeartbeatMs = nowMs + times.heartbeatMs
    if (hasQuorum(raft, mode, nowMs)) broadcast(raft, mode, out)
    else enterTerm(raft, raft.term, nowMs)
    return
  }
  if (mode.role === 'halted' || nowMs < raft.electAtMs) return
  if (raft.extraMs < 0) {
    raft.electAtMs = heardAtMs + patienceMs(raft)
    if (nowMs < raft.electAtMs) return
  }
  run(raft, nowMs, out)
}

/** The next instant at which something is to be done. */
export const nextRaftMs = ({ mode, electAtMs }: RaftState<unknown>): number =>
  mode.role === 'leading' ? mode.nextHeartbeatMs : mode.role === 'halted' ? Infinity : electAtMs

/** The process died. Term, vote and log are on disk; what is committed has to be heard of again. */
export const loseMemory = (raft: RaftState<unknown>): void => {
  raft.mode = { role: 'following', leader: -1 }
}

/** A server whose disk is new: it has never heard of a term, nor voted in one. */
export const forgetTerm = (raft: RaftState<unknown>): void => {
  raft.term = 0
  raft.votedFor = -1
  raft.mode = { role: 'following', leader: -1 }
}

/** The process is back. Alone, it need not wait for anybody. */
export const restartRaft = (raft: RaftState<unknown>, nowMs: number, out: Outbox): void => {
  raft.heardAtMs = nowMs
  if (raft.size === 1) run(raft, nowMs, out)
  else waitAnew(raft, nowMs)
}
