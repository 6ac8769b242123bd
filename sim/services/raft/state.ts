/** The state of one server of a Raft group: what is on its disk, what is in its memory. */

import type { Choice } from '../../kernel/index.ts'

/** The timing of a group. Every implementation has these three, under names of its own. */
export interface RaftTimes {
  /** How often a leader is heard of. */
  readonly heartbeatMs: number
  /** Silence of the leader after which a server runs for election, and as much again at random. */
  readonly electionTimeoutMs: number
  /**
   * Silence of a majority after which a leader steps down: etcd's CheckQuorum (one election timeout),
   * hashicorp's LeaderLeaseTimeout.
   */
  readonly quorumTimeoutMs: number
}

/** One line of the log. Lines are numbered from 1. */
export interface Entry<Item> {
  readonly term: number
  /** Undefined: the empty line with which a leader begins its term. */
  readonly item: Item | undefined
}

/** A follower as its leader sees it. */
export interface Follower {
  /** First line that it has not been sent. */
  next: number
  /** Last line that it is known to have on disk. */
  match: number
  heardAtMs: number
  /** Number of the last append that it answered. */
  answered: number
  /** Refusals of appends before this one are about what has been sent again since. */
  resent: number
}

/** What a server keeps in mind that follows a leader, or waits to hear of one (-1). */
interface Following {
  readonly role: 'following'
  readonly leader: number
}

/** What a server keeps in mind that runs for election. First it asks whether it could win (pre-vote). */
interface Running {
  readonly role: 'running'
  readonly phase: 'asking' | 'voting'
  /** Who said yes. */
  readonly votes: Set<number>
}

/** What a leader keeps in mind. */
export interface Leading {
  readonly role: 'leading'
  /** By index; its own place is empty. */
  readonly followers: (Follower | undefined)[]
  /** The empty line of its term: once it is committed, this leader knows all that was committed before. */
  readonly since: number
  /** Number of the last append that was sent. */
  sent: number
  nextHeartbeatMs: number
}

/**
 * What a server is that found its log in contradiction to what is committed. It can only be after disks were
 * lost; an implementation panics then, and again after each restart.
 */
interface Halted {
  readonly role: 'halted'
}

/** One server's part in the consensus on a log of `Item`s. */
export interface RaftState<Item> {
  readonly index: number
  readonly size: number
  readonly times: RaftTimes
  /** Where it draws from when it runs for election, which in most runs nobody does. */
  readonly choice: Choice
  readonly stream: string

  // On disk, written before anything is sent.
  term: number
  /** Who has this server's vote in this term; -1 for nobody. */
  votedFor: number
  readonly log: Entry<Item>[]
  /**
   * Lines up to here are committed, as far as this server knows. They are applied in the same step, and what
   * is applied is on disk as well (etcd's consistent index, a snapshot): it does not go back.
   */
  committed: number

  // In memory.
  mode: Following | Running | Leading | Halted
  /** When it heard of its leader last. */
  heardAtMs: number
  /** When a server that does not lead runs for election. */
  electAtMs: number
  /** Its own random part of the election timeout in this term; -1 until it is drawn. */
  extraMs: number
}

/** The last line's term. */
export const lastTerm = ({ log }: RaftState<unknown>): number => log[log.length - 1]?.term ?? 0

/** The leader as this server knows it; -1 for none. */
export const leaderOf = ({ mode, index }: RaftState<unknown>): number =>
  mode.role === 'following' ? mode.leader : mode.role === 'leading' ? index : -1

/** Whether this server leads and knows all that was committed before. */
export const isEstablished = ({ mode, committed }: RaftState<unknown>): boolean =>
  mode.role === 'leading' && committed >= mode.since

/** A leader's picture of a follower before it has heard of it. */
const newFollower = (next: number, nowMs: number): Follower => ({
  next,
  match: 0,
  heardAtMs: nowMs,
  answered: 0,
  resent: 0,
})

/** A leader's mind at the beginning of its term. */
export const newLeading = (
  { index, size, times }: Pick<RaftState<unknown>, 'index' | 'size' | 'times'>,
  since: number,
  nowMs: number,
): Leading => {
  const followers: (Follower | undefined)[] = []
  for (let other = 0; other < size; other++) {
    followers.push(other === index ? undefined : newFollower(Math.max(1, since), nowMs))
  }
  return {
    role: 'leading',
    followers,
    since,
    sent: 0,
    nextHeartbeatMs: size === 1 ? Infinity : nowMs + times.heartbeatMs,
  }
}

/** A server of a group that has just elected its first server and has an empty log. */
export const newRaft = <Item>(
  index: number,
  size: number,
  times: RaftTimes,
  choice: Choice,
  stream: string,
): RaftState<Item> => ({
  index,
  size,
  times,
  choice,
  stream,
  term: 1,
  votedFor: 0,
  log: [],
  committed: 0,
  mode: index === 0 ? newLeading({ index, size, times }, 0, 0) : { role: 'following', leader: 0 },
  heardAtMs: 0,
  electAtMs: times.electionTimeoutMs,
  extraMs: -1,
})
