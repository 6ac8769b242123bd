/** What a server does with the messages of the others and with the passing of time. */

import type { Outbox } from '../service.ts'
import { attach, commitTo, syncAt, takePending } from './deliver.ts'
import { look, onLook, onNewEpoch, onPromise, tickLooking } from './election.ts'
import type { Peer } from './protocol.ts'
import { advance, propose, tell } from './replicate.ts'
import type { ToFollower } from './replicate.ts'
import { expire, revalidate, touch } from './sessions.ts'
import type { Following, Leading, ZooKeeperState } from './state.ts'
import { isMajority, syncLimitMs } from './state.ts'

const acknowledge = (
  { log }: ZooKeeperState,
  { epoch, join, leader }: Following,
  out: Outbox,
): void => out.peer(leader, { op: 'ack', epoch, join, length: log.length })

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
  switch (message.op) {
    case 'history':
      state.log.length = message.from
      for (const entry of message.entries) state.log.push(entry)
      state.currentEpoch = epoch
      following.synced = true
      following.serving = message.established
      acknowledge(state, following, out)
      commitTo(state, message.committed, out)
      return
    case 'propose':
      state.log.push(message.entry)
      acknowledge(state, following, out)
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
    propose(
      state,
      leading,
      { change, session, origin: undefined, server: -1, request: 0 },
      nowMs,
      out,
    )
  }
}

/** An instant has come that `nextMs` asked for. */
export const onTick = (state: ZooKeeperState, nowMs: number, out: Outbox): void => {
  const { mode } = state
  if (mode.role === 'leading') tickLeader(state, mode, nowMs, out)
  else if (mode.role === 'following') {
    if (nowMs >= mode.deadlineMs) look(state, nowMs, out)
  } else tickLooking(state, mode, nowMs, out)
}

/** The connection to another server broke: its process is gone. */
export const onPeerClosed = (
  state: ZooKeeperState,
  from: number,
  nowMs: number,
  out: Outbox,
): void => {
  const { mode } = state
  if (mode.role === 'following' && mode.leader === from) look(state, nowMs, out)
  if (mode.role !== 'leading' || !mode.followers.delete(from)) return
  if (!isMajority(state, mode.followers.size + 1)) look(state, nowMs, out)
}

/** The next instant at which something is to be done. */
export const nextMs = ({ mode }: ZooKeeperState): number => {
  if (mode.role === 'following') return mode.deadlineMs
  if (mode.role === 'looking') return Math.min(mode.nextLookMs, mode.finalizeAtMs)
  return Math.min(mode.nextPingMs, mode.deadlineMs, mode.tracker.nextMs)
}
