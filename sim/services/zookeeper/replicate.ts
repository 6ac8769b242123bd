/** How a leader and its followers keep one log: proposals are committed once a majority has them on disk. */

// zookeeperInternals.md, "Active Messaging".

import { majorityOf } from '../quorum.ts'
import type { Outbox } from '../service.ts'
import { attach, commitTo, syncAt, takePending } from './deliver.ts'
import type { Command, Entry, Peer } from './protocol.ts'
import { ownedBy, revalidate, touch, track } from './sessions.ts'
import type { FollowerState, Leading, ZooKeeperState } from './state.ts'
import { zxidOf } from './state.ts'

/** What is sent on the stream from a leader to a follower. */
export type ToFollower = Extract<Peer, { readonly sequence: number }>
type Address = { epoch: number; join: number; sequence: number }
type Bare<Message> = Message extends Peer ? Omit<Message, keyof Address> : never

/** Sends on the stream to a follower. The message must be fresh: it gets its address here. */
export const tell = (
  leading: Leading,
  to: number,
  follower: FollowerState,
  message: Bare<ToFollower>,
  out: Outbox,
): void => {
  // Most messages of an ensemble pass here, and a spread would cost more than all the rest of it.
  const addressed = message as Bare<ToFollower> & Address
  addressed.epoch = leading.epoch
  addressed.join = follower.join
  addressed.sequence = follower.sequence++
  out.peer(to, addressed)
}

/** Sends a follower the leader's log from where they may differ. */
export const sendHistory = (
  state: ZooKeeperState,
  leading: Leading,
  to: number,
  follower: FollowerState,
  out: Outbox,
): void => {
  follower.sent = true
  tell(
    leading,
    to,
    follower,
    {
      op: 'history',
      from: follower.from,
      entries: state.log.slice(follower.from),
      committed: state.committed,
      established: leading.phase === 'serving',
    },
    out,
  )
}

/** A majority has promised itself: from now on its log is the leader's. */
export const shareHistory = (
  state: ZooKeeperState,
  leading: Leading,
  nowMs: number,
  out: Outbox,
): void => {
  leading.phase = 'history'
  state.currentEpoch = leading.epoch
  for (const [index, follower] of leading.followers) {
    sendHistory(state, leading, index, follower, out)
  }
  advance(state, leading, nowMs, out)
}

/** Commits what a majority has on disk. */
export const advance = (
  state: ZooKeeperState,
  leading: Leading,
  nowMs: number,
  out: Outbox,
): void => {
  const begins = leading.phase === 'history'
  // The answers of those who come after a majority change nothing.
  if (!begins && state.committed === state.log.length) return
  const lengths = [state.log.length]
  for (const follower of leading.followers.values()) {
    if (follower.acked >= 0) lengths.push(follower.acked)
  }
  const majority = majorityOf(state.size)
  if (lengths.length < majority) return
  lengths.sort((one, other) => other - one)
  const length = lengths[majority - 1] as number
  if (begins) {
    if (length < state.log.length) return
    leading.phase = 'serving'
    leading.deadlineMs = Infinity
    leading.nextPingMs = nowMs + state.options.tickTimeMs / 2
  } else if (length <= state.committed) return
  commitTo(state, length, out)
  if (begins) {
    // A new leader does not know when a session was last heard of: each gets its full time again.
    for (const [session, { timeoutMs }] of state.tree.sessions) {
      track(leading.tracker, session, timeoutMs, -1, nowMs)
    }
  }
  for (const [index, follower] of leading.followers) {
    if (follower.sent) tell(leading, index, follower, { op: 'commit', committed: length }, out)
  }
}

/** Puts a change into the log. */
export const propose = (
  state: ZooKeeperState,
  leading: Leading,
  command: Command,
  nowMs: number,
  out: Outbox,
): void => {
  const { session, server, change } = command
  const zxid = zxidOf(leading.epoch, ++leading.counter)
  let agreed = command
  if (change.op === 'createSession') track(leading.tracker, zxid, change.timeoutMs, server, nowMs)
  else if (change.op === 'closeSession' && change.expired) leading.tracker.sessions.delete(session)
  else if (!ownedBy(leading.tracker, session, server)) {
    agreed = { ...command, change: { op: 'fail', code: 'SESSIONMOVED' } }
  } else if (change.op === 'closeSession') leading.tracker.sessions.delete(session)
  else touch(leading.tracker, session, nowMs)
  const entry: Entry = { zxid, command: agreed }
  state.log.push(entry)
  for (const [index, follower] of leading.followers) {
    if (follower.sent) tell(leading, index, follower, { op: 'propose', entry }, out)
  }
  advance(state, leading, nowMs, out)
}

/** Hands a change to the leader, wherever it is. */
export const submit = (
  state: ZooKeeperState,
  command: Command,
  nowMs: number,
  out: Outbox,
): void => {
  const { mode } = state
  if (mode.role === 'leading') propose(state, mode, command, nowMs, out)
  else if (mode.role === 'following') {
    out.peer(mode.leader, { op: 'forward', epoch: mode.epoch, join: mode.join, command })
  }
}

/** Asks the leader whether a session lives, for a client that came back. */
export const submitRevalidate = (
  state: ZooKeeperState,
  session: number,
  request: number,
  nowMs: number,
  out: Outbox,
): void => {
  const { mode } = state
  if (mode.role === 'leading') {
    const waiting = takePending(state, request, out)
    if (waiting === undefined) return
    const timeoutMs = revalidate(mode.tracker, session, state.index, nowMs)
    attach(state, waiting.client, waiting.request, timeoutMs > 0 ? session : 0, timeoutMs, out)
  } else if (mode.role === 'following') {
    const { epoch, join } = mode
    out.peer(mode.leader, { op: 'revalidate', epoch, join, session, request })
  }
}

/** Asks to be as new as the leader is now. */
export const submitSync = (state: ZooKeeperState, request: number, out: Outbox): void => {
  const { mode } = state
  if (mode.role === 'leading') syncAt(state, request, state.log.length, out)
  else if (mode.role === 'following') {
    out.peer(mode.leader, { op: 'sync', epoch: mode.epoch, join: mode.join, request })
  }
}

/** Notes that a session was heard of, by this server. */
export const heardOf = ({ mode }: ZooKeeperState, session: number, nowMs: number): void => {
  if (mode.role === 'leading') touch(mode.tracker, session, nowMs)
  else if (mode.role === 'following') mode.touched.add(session)
}
