/** How a Raft leader brings its log to its followers, and when a line is committed. */

// Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (2014), 5.3 and 5.4.

import type { Outbox } from '../service.ts'
import { majorityOf } from '../quorum.ts'
import type { AppendedMessage, AppendMessage } from './messages.ts'
import type { Entry, Follower, Leading, RaftState } from './state.ts'
import { enterTerm } from './terms.ts'

const NOTHING: readonly Entry<never>[] = []

const sendAppend = <Item>(
  { log, term, committed }: RaftState<Item>,
  leading: Leading,
  to: number,
  follower: Follower,
  out: Outbox,
): void => {
  const before = follower.next - 1
  const message: AppendMessage<Item> = {
    op: 'append',
    term,
    number: ++leading.sent,
    before,
    beforeTerm: log[before - 1]?.term ?? 0,
    entries: before === log.length ? NOTHING : log.slice(before),
    committed,
  }
  // Taken to arrive; what was lost shows at the next append, which does not match then.
  follower.next = log.length + 1
  out.peer(to, message)
}

/** Sends each follower what it has not been sent, or a heartbeat if there is nothing. */
export const broadcast = (raft: RaftState<unknown>, leading: Leading, out: Outbox): void => {
  const { followers } = leading
  for (let to = 0; to < followers.length; to++) {
    const follower = followers[to]
    if (follower !== undefined) sendAppend(raft, leading, to, follower, out)
  }
}

/** What a leader compares its followers by. */
type Measure = 'match' | 'answered' | 'heardAtMs'

/** How many servers reach a value, of oneself (`own`) and the followers. */
const reachedBy = (
  { followers }: Leading,
  own: number,
  measure: Measure,
  value: number,
): number => {
  let count = own >= value ? 1 : 0
  for (const follower of followers) {
    if (follower !== undefined && follower[measure] >= value) count++
  }
  return count
}

/** The highest value that a majority reaches. Asked at each answer of a follower: nothing is sorted or copied. */
const majorityReaches = (leading: Leading, own: number, measure: Measure): number => {
  const { followers } = leading
  const needed = majorityOf(followers.length)
  let highest = reachedBy(leading, own, measure, own) >= needed ? own : -Infinity
  for (const follower of followers) {
    const value = follower?.[measure] ?? -Infinity
    if (value > highest && reachedBy(leading, own, measure, value) >= needed) highest = value
  }
  return highest
}

/** Commits what a majority has on disk, if it is of this term. */
export const commitByMajority = (raft: RaftState<unknown>, leading: Leading, out: Outbox): void => {
  const index = majorityReaches(leading, raft.log.length, 'match')
  // A line of an older term can still be overwritten, even if a majority has it (5.4.2).
  if (index <= raft.committed || raft.log[index - 1]?.term !== raft.term) return
  raft.committed = index
  broadcast(raft, leading, out)
}

/** Puts a line into the leader's log. */
export const appendItem = <Item>(
  raft: RaftState<Item>,
  leading: Leading,
  item: Item,
  out: Outbox,
): void => {
  raft.log.push({ term: raft.term, item })
  broadcast(raft, leading, out)
  commitByMajority(raft, leading, out)
}

/** The last append that a majority has answered: when it was sent, nobody led a later term. */
export const confirmedAppend = (leading: Leading): number =>
  majorityReaches(leading, Infinity, 'answered')

/** Whether a majority was heard of recently enough to go on leading. */
export const hasQuorum = (
  { times }: RaftState<unknown>,
  leading: Leading,
  nowMs: number,
): boolean => {
  const heardAtMs = majorityReaches(leading, nowMs, 'heardAtMs')
  return nowMs - heardAtMs <= times.quorumTimeoutMs
}

/** Takes lines that follow a line which agrees; false if they contradict what is committed. */
const takeEntries = <Item>(
  { log, committed }: RaftState<Item>,
  before: number,
  entries: readonly Entry<Item>[],
): boolean => {
  let index = before
  for (const entry of entries) {
    const own = log[index]
    if (own !== undefined && own.term !== entry.term) {
      if (index < committed) return false
      log.length = index
    }
    if (index === log.length) log.push(entry)
    index++
  }
  return true
}

/** Follows whoever sends in the current term or a newer one, and has heard of him now. */
const follow = (raft: RaftState<unknown>, leader: number, term: number, nowMs: number): void => {
  if (term > raft.term) enterTerm(raft, term, nowMs)
  const { mode } = raft
  if (mode.role !== 'following' || mode.leader !== leader) {
    raft.mode = { role: 'following', leader }
  }
  raft.heardAtMs = nowMs
  // The random part is drawn only when it is needed: most followers never get that far.
  raft.electAtMs = nowMs + raft.times.electionTimeoutMs + Math.max(0, raft.extraMs)
}

/** A leader sends lines, or a sign of life. */
export const onAppend = <Item>(
  raft: RaftState<Item>,
  from: number,
  message: AppendMessage<Item>,
  nowMs: number,
  out: Outbox,
): void => {
  const { term, number, before, beforeTerm, entries } = message
  let matches = false
  let index = 0
  // An older term gets an answer as well: that is how its leader gets to know that its time is over.
  if (term >= raft.term) {
    if (term === raft.term && raft.mode.role === 'leading') return
    follow(raft, from, term, nowMs)
    if (before > raft.log.length) index = raft.log.length
    else if (before > 0 && raft.log[before - 1]?.term !== beforeTerm) {
      // What is committed agrees with every later leader's log.
      index = Math.min(raft.committed, before - 1)
    } else if (takeEntries(raft, before, entries)) {
      matches = true
      index = before + entries.length
      const committed = Math.min(message.committed, index)
      if (committed > raft.committed) raft.committed = committed
    } else {
      raft.mode = { role: 'halted' }
      return
    }
  }
  const answer: AppendedMessage = { op: 'appended', term: raft.term, number, matches, index }
  out.peer(from, answer)
}

/** A follower has answered. */
export const onAppended = (
  raft: RaftState<unknown>,
  from: number,
  message: AppendedMessage,
  nowMs: number,
  out: Outbox,
): void => {
  const { term, number, matches, index } = message
  if (term > raft.term) {
    enterTerm(raft, term, nowMs)
    return
  }
  const { mode } = raft
  if (mode.role !== 'leading' || term < raft.term) return
  const follower = mode.followers[from]
  if (follower === undefined) return
  follower.heardAtMs = nowMs
  if (number > follower.answered) follower.answered = number
  if (matches) {
    if (index <= follower.match) return
    follower.match = index
    if (index >= follower.next) follower.next = index + 1
    commitByMajority(raft, mode, out)
    return
  }
  if (number < follower.resent) return
  // If its disk was lost, it has less than it had. To expect too little does no harm.
  if (index < follower.match) follower.match = index
  follower.next = index + 1
  sendAppend(raft, mode, from, follower, out)
  follower.resent = mode.sent
}
