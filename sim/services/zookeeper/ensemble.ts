/**
 * How the servers of an ensemble agree on one log: ZAB in small (zookeeperInternals.md, "Zab vs. Paxos"
 * of the ZooKeeper wiki). Election of the newest log, promise of a new epoch by a majority, the leader's
 * history to a majority, then proposals that are committed once a majority has them on disk.
 */

import type { Outbox } from '../service.ts'
import { attach, commitTo, hangUpAll, syncAt, takePending } from './deliver.ts'
import type { Command, Entry, Peer } from './protocol.ts'
import { expire, newTracker, ownedBy, revalidate, touch, track } from './sessions.ts'
import type { FollowerState, Following, Leading, Vote, ZooKeeperState } from './state.ts'
import { isMajority, lastZxid, zxidOf } from './state.ts'

/** What the best candidate waits for better ones (FastLeaderElection.finalizeWait). */
const FINALIZE_WAIT_MS = 200

type Bare<Message> = Message extends Peer ? Omit<Message, 'epoch' | 'join' | 'sequence'> : never
type ToFollower = Extract<Peer, { readonly sequence: number }>

const tell = (
  leading: Leading,
  to: number,
  follower: FollowerState,
  message: Bare<ToFollower>,
  out: Outbox,
): void => {
  const { epoch } = leading
  out.peer(to, { ...message, epoch, join: follower.join, sequence: follower.sequence++ })
}

const lookEveryMs = (state: ZooKeeperState): number =>
  Math.max(FINALIZE_WAIT_MS, state.options.tickTimeMs / 2)

const syncLimitMs = ({ options }: ZooKeeperState): number => options.syncLimit * options.tickTimeMs
const initLimitMs = ({ options }: ZooKeeperState): number => options.initLimit * options.tickTimeMs

const sayLook = (state: ZooKeeperState, to: number, out: Outbox): void => {
  const { acceptedEpoch, currentEpoch } = state
  out.peer(to, { op: 'look', acceptedEpoch, currentEpoch, zxid: lastZxid(state) })
}

const sayLookToAll = (state: ZooKeeperState, out: Outbox): void => {
  for (let other = 0; other < state.size; other++) {
    if (other !== state.index) sayLook(state, other, out)
  }
}

/** Gives up leading or following, ends all client connections and looks for a leader. */
export const look = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  hangUpAll(state, out)
  state.mode = {
    role: 'looking',
    votes: new Map(),
    nextLookMs: nowMs + lookEveryMs(state),
    finalizeAtMs: Infinity,
  }
  if (isMajority(state, 1)) lead(state, nowMs, out)
  else sayLookToAll(state, out)
}

const isBest = (state: ZooKeeperState, votes: ReadonlyMap<number, Vote>): boolean => {
  const zxid = lastZxid(state)
  for (const [index, vote] of votes) {
    if (
      vote.currentEpoch > state.currentEpoch ||
      (vote.currentEpoch === state.currentEpoch &&
        (vote.zxid > zxid || (vote.zxid === zxid && index > state.index)))
    ) {
      return false
    }
  }
  return true
}

const tryToLead = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  const { mode } = state
  if (mode.role !== 'looking') return
  const known = mode.votes.size + 1
  if (!isMajority(state, known) || !isBest(state, mode.votes)) {
    mode.finalizeAtMs = Infinity
  } else if (known === state.size || nowMs >= mode.finalizeAtMs) {
    lead(state, nowMs, out)
  } else if (mode.finalizeAtMs === Infinity) {
    mode.finalizeAtMs = nowMs + FINALIZE_WAIT_MS
  }
}

const lead = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  let newest = state.acceptedEpoch
  if (state.mode.role === 'looking') {
    for (const vote of state.mode.votes.values()) newest = Math.max(newest, vote.acceptedEpoch)
  }
  const epoch = newest + 1
  state.acceptedEpoch = epoch
  state.acceptedFrom = state.index
  const leading: Leading = {
    role: 'leading',
    epoch,
    phase: 'promises',
    counter: 0,
    followers: new Map(),
    tracker: newTracker(state.options.tickTimeMs),
    nextPingMs: Infinity,
    deadlineMs: nowMs + initLimitMs(state),
  }
  state.mode = leading
  for (let other = 0; other < state.size; other++) {
    if (other !== state.index) out.peer(other, { op: 'new-epoch', epoch, won: false })
  }
  if (isMajority(state, 1)) shareHistory(state, leading, nowMs, out)
}

const sendHistory = (
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

const shareHistory = (
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
const advance = (state: ZooKeeperState, leading: Leading, nowMs: number, out: Outbox): void => {
  const lengths = [state.log.length]
  for (const follower of leading.followers.values()) {
    if (follower.acked >= 0) lengths.push(follower.acked)
  }
  const majority = Math.floor(state.size / 2) + 1
  if (lengths.length < majority) return
  lengths.sort((one, other) => other - one)
  const length = lengths[majority - 1] as number
  const begins = leading.phase === 'history'
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

const propose = (
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

const onLook = (
  state: ZooKeeperState,
  from: number,
  message: Extract<Peer, { readonly op: 'look' }>,
  nowMs: number,
  out: Outbox,
): void => {
  if (state.mode.role === 'leading') {
    if (message.acceptedEpoch <= state.mode.epoch) {
      const { epoch, phase } = state.mode
      out.peer(from, { op: 'new-epoch', epoch, won: phase !== 'promises' })
      return
    }
    // It has promised itself to a later leader, who failed: only a newer epoch can win it back.
    look(state, nowMs, out)
  } else if (state.mode.role === 'following') {
    if (state.mode.leader !== from) return
    look(state, nowMs, out)
  }
  const { mode } = state
  if (mode.role !== 'looking') return
  const isNew = !mode.votes.has(from)
  const { acceptedEpoch, currentEpoch, zxid } = message
  mode.votes.set(from, { acceptedEpoch, currentEpoch, zxid, atMs: nowMs })
  if (isNew) sayLook(state, from, out)
  tryToLead(state, nowMs, out)
}

const onNewEpoch = (
  state: ZooKeeperState,
  from: number,
  { epoch, won }: Extract<Peer, { readonly op: 'new-epoch' }>,
  nowMs: number,
  out: Outbox,
): void => {
  const { mode } = state
  if (mode.role === 'leading' && mode.phase !== 'promises') return
  if (mode.role === 'following' && (mode.synced || mode.epoch >= epoch)) return
  // Promised to somebody else, an epoch can still be joined once it is won: nobody else can win it any more.
  const joins = epoch === state.acceptedEpoch && (won || from === state.acceptedFrom)
  if (epoch <= state.acceptedEpoch && !joins) return
  state.acceptedEpoch = epoch
  state.acceptedFrom = from
  const join = ++state.joins
  state.mode = {
    role: 'following',
    leader: from,
    epoch,
    join,
    sequence: 0,
    synced: false,
    serving: false,
    deadlineMs: nowMs + initLimitMs(state),
    touched: new Set(),
  }
  const { currentEpoch, committed } = state
  out.peer(from, { op: 'promise', epoch, join, currentEpoch, zxid: lastZxid(state), committed })
}

const onPromise = (
  state: ZooKeeperState,
  leading: Leading,
  from: number,
  message: Extract<Peer, { readonly op: 'promise' }>,
  nowMs: number,
  out: Outbox,
): void => {
  const known = leading.followers.get(from)
  if (known !== undefined && known.join >= message.join) return
  if (leading.phase === 'promises') {
    const { currentEpoch, zxid } = message
    if (
      currentEpoch > state.currentEpoch ||
      (currentEpoch === state.currentEpoch && zxid > lastZxid(state))
    ) {
      // Somebody has a newer log, perhaps with lines that are committed: he must lead, not I.
      look(state, nowMs, out)
      return
    }
  }
  const { join, committed } = message
  const follower = { join, from: committed, sequence: 0, acked: -1, sent: false, heardAtMs: nowMs }
  leading.followers.set(from, follower)
  if (leading.phase !== 'promises') sendHistory(state, leading, from, follower, out)
  else if (isMajority(state, leading.followers.size + 1)) shareHistory(state, leading, nowMs, out)
}

const onStream = (
  state: ZooKeeperState,
  following: Following,
  message: ToFollower,
  nowMs: number,
  out: Outbox,
): void => {
  if (message.sequence < following.sequence) return
  if (message.sequence > following.sequence) {
    // Something before it was lost; a TCP connection would have broken.
    look(state, nowMs, out)
    return
  }
  following.sequence++
  following.deadlineMs = nowMs + syncLimitMs(state)
  const { epoch, join, leader } = following
  const acknowledge = (): void => {
    out.peer(leader, { op: 'ack', epoch, join, length: state.log.length })
  }
  switch (message.op) {
    case 'history':
      state.log.length = message.from
      for (const entry of message.entries) state.log.push(entry)
      state.currentEpoch = epoch
      following.synced = true
      following.serving = message.established
      acknowledge()
      commitTo(state, message.committed, out)
      return
    case 'propose':
      state.log.push(message.entry)
      acknowledge()
      return
    case 'commit':
      following.serving = true
      commitTo(state, message.committed, out)
      return
    case 'ping':
      out.peer(leader, { op: 'pong', epoch, join, touched: [...following.touched] })
      following.touched.clear()
      return
    case 'revalidated': {
      const waiting = takePending(state, message.request, out)
      if (waiting === undefined) return
      const { request, client } = waiting
      const session =
        message.timeoutMs > 0 && request.body.op === 'connect' ? request.body.session : 0
      attach(state, client, request, session, message.timeoutMs, out)
      return
    }
    case 'synced':
      syncAt(state, message.request, message.length, out)
  }
}

/** Takes a message of another server. */
export const onPeer = (
  state: ZooKeeperState,
  from: number,
  message: Peer,
  nowMs: number,
  out: Outbox,
): void => {
  if (message.op === 'look') {
    onLook(state, from, message, nowMs, out)
    return
  }
  if (message.op === 'new-epoch') {
    onNewEpoch(state, from, message, nowMs, out)
    return
  }
  const { mode } = state
  if ('sequence' in message) {
    if (mode.role !== 'following' || from !== mode.leader) return
    if (message.epoch === mode.epoch && message.join === mode.join) {
      onStream(state, mode, message, nowMs, out)
    }
    return
  }
  if (mode.role !== 'leading' || message.epoch !== mode.epoch) return
  if (message.op === 'promise') {
    onPromise(state, mode, from, message, nowMs, out)
    return
  }
  const follower = mode.followers.get(from)
  if (follower === undefined || follower.join !== message.join) return
  follower.heardAtMs = nowMs
  switch (message.op) {
    case 'ack':
      if (message.length > follower.acked) {
        follower.acked = message.length
        advance(state, mode, nowMs, out)
      }
      return
    case 'pong':
      for (const session of message.touched) touch(mode.tracker, session, nowMs)
      return
    case 'forward':
      if (mode.phase === 'serving') propose(state, mode, message.command, nowMs, out)
      return
    case 'revalidate': {
      const timeoutMs = revalidate(mode.tracker, message.session, from, nowMs)
      tell(mode, from, follower, { op: 'revalidated', request: message.request, timeoutMs }, out)
      return
    }
    case 'sync': {
      const { request } = message
      tell(mode, from, follower, { op: 'synced', request, length: state.log.length }, out)
    }
  }
}

const tickLeader = (state: ZooKeeperState, leading: Leading, nowMs: number, out: Outbox): void => {
  if (nowMs >= leading.deadlineMs) {
    look(state, nowMs, out)
    return
  }
  if (nowMs >= leading.nextPingMs) {
    leading.nextPingMs = nowMs + state.options.tickTimeMs / 2
    for (const [index, follower] of leading.followers) {
      if (nowMs - follower.heardAtMs > syncLimitMs(state)) leading.followers.delete(index)
    }
    if (!isMajority(state, leading.followers.size + 1)) {
      look(state, nowMs, out)
      return
    }
    for (const [index, follower] of leading.followers) {
      tell(leading, index, follower, { op: 'ping' }, out)
    }
  }
  if (leading.phase !== 'serving') return
  for (const session of expire(leading.tracker, nowMs)) {
    const change = { op: 'closeSession', expired: true } as const
    propose(state, leading, { change, session, origin: undefined, server: -1, request: 0 }, nowMs, out)
  }
}

/** An instant has come that `nextMs` asked for. */
export const onTick = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  const { mode } = state
  if (mode.role === 'leading') tickLeader(state, mode, nowMs, out)
  else if (mode.role === 'following') {
    if (nowMs >= mode.deadlineMs) look(state, nowMs, out)
  } else {
    if (nowMs >= mode.nextLookMs) {
      const everyMs = lookEveryMs(state)
      mode.nextLookMs = nowMs + everyMs
      // Who has not repeated himself may be gone, and must not be waited for.
      for (const [index, { atMs }] of mode.votes) {
        if (nowMs - atMs > 2.5 * everyMs) mode.votes.delete(index)
      }
      sayLookToAll(state, out)
    }
    tryToLead(state, nowMs, out)
  }
}

/** The next instant at which something is to be done. */
export const nextMs = ({ mode }: ZooKeeperState): number => {
  if (mode.role === 'following') return mode.deadlineMs
  if (mode.role === 'looking') return Math.min(mode.nextLookMs, mode.finalizeAtMs)
  return Math.min(mode.nextPingMs, mode.deadlineMs, mode.tracker.nextMs)
}
