/** Asynchronous replication: a stream of absolute effects with offsets, acknowledgements, promotion. */

import type { Connection, Outbox } from '../service.ts'
import { KeySpace } from './key-space.ts'
import { assign } from './keys.ts'
import { rewriteJournal } from './persistence.ts'
import type { Change, RedisState } from './state.ts'

/** Replicas say how far they are once a second (replication.c, replicationCron). */
const ACKNOWLEDGE_EVERY_MS = 1000

/** What the servers of a replicated group tell each other. */
export type PeerMessage =
  /** The stream: changes after offset `from`. `acknowledge` asks for an answer at once (REPLCONF GETACK). */
  | {
      readonly kind: 'changes'
      readonly epoch: number
      readonly from: number
      readonly changes: readonly Change[]
      readonly acknowledge: boolean
    }
  /** Everything: a full resynchronisation. */
  | {
      readonly kind: 'copy'
      readonly epoch: number
      readonly offset: number
      readonly entries: readonly Change[]
    }
  /** REPLCONF ACK; `resync` asks for a copy, because something of the stream is missing. */
  | {
      readonly kind: 'acknowledge'
      readonly epoch: number
      readonly offset: number
      readonly resync: boolean
    }

/** What a master knows about another server. */
interface Follower {
  acknowledged: number
  /** When it last spoke; undefined before the first look at it. */
  heardAtMs: number | undefined
  /** How much had been sent when it last spoke: still behind that a second later means a gap. */
  sentWhenHeard: number
}

/** A server's part in a replicated group. */
export interface Replication {
  role: 'master' | 'replica'
  /** Index of the server that this one follows. */
  master: number
  /** Grows with every promotion: of two that call themselves master, replicas follow the later one. */
  epoch: number
  /** Number of changes written or received. */
  offset: number
  /** Written, not yet sent on. */
  backlog: Change[]
  sendAtMs: number
  /** Whether a WAIT wants the next batch to be acknowledged. */
  wantsAcknowledgement: boolean
  followers: Follower[]
  /** The offset after the last write of each connection, for WAIT. */
  lastWrite: Map<Connection, number>
  acknowledgeAtMs: number
  /** A former master that is just back steps down for a later one: Sentinel sees to that (sentinel.md). */
  yields: boolean
}

const follower = (heardAtMs: number | undefined): Follower => ({
  acknowledged: 0,
  heardAtMs,
  sentWhenHeard: 0,
})

const followersOf = (size: number, heardAtMs: number | undefined): Follower[] =>
  Array.from({ length: size }, () => follower(heardAtMs))

/** A group at its start: server 0 is the master. */
export const newReplication = (index: number, size: number): Replication => ({
  role: index === 0 ? 'master' : 'replica',
  master: 0,
  epoch: 0,
  offset: 0,
  backlog: [],
  sendAtMs: Infinity,
  wantsAcknowledgement: false,
  followers: followersOf(size, undefined),
  lastWrite: new Map(),
  acknowledgeAtMs: index === 0 ? Infinity : 0,
  yields: false,
})

/** How many replicas have acknowledged everything up to `offset`. */
export const acknowledgedBy = (state: RedisState, offset: number): number => {
  const { replication } = state
  if (replication === undefined) return 0
  let replicas = 0
  replication.followers.forEach((each, index) => {
    if (index !== state.index && each.acknowledged >= offset && each.heardAtMs !== undefined) {
      replicas++
    }
  })
  return replicas
}

/** repl-timeout of redis.conf: after so long a silence a replica counts as gone. */
const REPLICATION_TIMEOUT_MS = 60_000

/** `connected_slaves` of INFO replication: replicas whose connection is there and not silent for too long. */
export const connectedReplicas = ({ replication, index: self, clockMs }: RedisState): number => {
  if (replication?.role !== 'master') return 0
  let connected = 0
  replication.followers.forEach(({ heardAtMs }, index) => {
    // When the group starts its replicas are connected.
    const isThere = heardAtMs === undefined || clockMs - heardAtMs <= REPLICATION_TIMEOUT_MS
    if (index !== self && isThere) connected++
  })
  return connected
}

/** The connection to another server ended. */
export const disconnectPeer = ({ replication }: RedisState, from: number): void => {
  const peer = replication?.followers[from]
  if (peer !== undefined) peer.heardAtMs = -Infinity
}

/** `min-replicas-to-write`: whether enough replicas have spoken lately enough (replication.c). */
export const hasGoodReplicas = (state: RedisState): boolean => {
  const { replication, options } = state
  if (options.minReplicasToWrite === 0 || replication === undefined) return true
  let good = 0
  replication.followers.forEach((each, index) => {
    if (index === state.index) return
    // When the group starts its replicas are connected.
    each.heardAtMs ??= state.clockMs
    if (state.clockMs - each.heardAtMs <= options.minReplicasMaxLagMs) good++
  })
  return good >= options.minReplicasToWrite
}

const toOthers = (state: RedisState, message: PeerMessage, out: Outbox): void => {
  for (let index = 0; index < state.size; index++) {
    if (index !== state.index) out.peer(index, message)
  }
}

const send = (state: RedisState, replication: Replication, out: Outbox): void => {
  const { epoch, offset, backlog } = replication
  const message: PeerMessage = {
    kind: 'changes',
    epoch,
    from: offset - backlog.length,
    changes: backlog,
    acknowledge: replication.wantsAcknowledgement,
  }
  toOthers(state, message, out)
  replication.backlog = []
  replication.sendAtMs = Infinity
  replication.wantsAcknowledgement = false
}

const copyOf = (state: RedisState, replication: Replication): PeerMessage => ({
  kind: 'copy',
  epoch: replication.epoch,
  offset: replication.offset - replication.backlog.length,
  entries: state.keys.all().map(([key, entry]) => ({ key, entry })),
})

const acknowledge = (
  state: RedisState,
  replication: Replication,
  resync: boolean,
  out: Outbox,
): void => {
  const { epoch, offset } = replication
  out.peer(replication.master, { kind: 'acknowledge', epoch, offset, resync })
  replication.acknowledgeAtMs = state.clockMs + ACKNOWLEDGE_EVERY_MS
}

/** Sends what is due. Called at the end of every input. */
export const pump = (state: RedisState, out: Outbox): void => {
  const { replication } = state
  if (replication === undefined) return
  if (replication.role === 'replica') {
    // A clock that was set back must not silence the replica until it has caught up.
    const latestMs = state.clockMs + ACKNOWLEDGE_EVERY_MS
    if (replication.acknowledgeAtMs > latestMs) replication.acknowledgeAtMs = latestMs
    if (replication.acknowledgeAtMs <= state.clockMs) acknowledge(state, replication, false, out)
    return
  }
  if (replication.backlog.length === 0 && !replication.wantsAcknowledgement) return
  const latestMs = state.clockMs + state.options.replicationDelayMs
  if (replication.sendAtMs > latestMs) replication.sendAtMs = latestMs
  if (replication.sendAtMs <= state.clockMs) send(state, replication, out)
}

const follow = (replication: Replication, master: number): void => {
  replication.role = 'replica'
  replication.yields = false
  replication.master = master
  replication.backlog = []
  replication.sendAtMs = Infinity
  replication.wantsAcknowledgement = false
  replication.lastWrite.clear()
}

const receiveAcknowledgement = (
  state: RedisState,
  replication: Replication,
  from: number,
  message: Extract<PeerMessage, { kind: 'acknowledge' }>,
  out: Outbox,
): void => {
  const peer = replication.followers[from]
  if (peer === undefined) return
  const current = message.epoch === replication.epoch && message.offset <= replication.offset
  const stalled = current && message.offset < peer.sentWhenHeard
  peer.heardAtMs = state.clockMs
  peer.sentWhenHeard = replication.offset - replication.backlog.length
  if (current && message.offset > peer.acknowledged) peer.acknowledged = message.offset
  if (!current || stalled || message.resync) out.peer(from, copyOf(state, replication))
}

const receiveStream = (
  state: RedisState,
  replication: Replication,
  message: Exclude<PeerMessage, { kind: 'acknowledge' }>,
  out: Outbox,
): void => {
  if (message.kind === 'copy') {
    state.keys = new KeySpace()
    state.firstExpiryMs = Infinity
    for (const { key, entry } of message.entries) assign(state, key, entry)
    rewriteJournal(state)
    replication.offset = message.offset
    state.changes++
    acknowledge(state, replication, false, out)
    return
  }
  const { from, changes } = message
  if (from > replication.offset) {
    acknowledge(state, replication, true, out)
    return
  }
  const news = changes.slice(replication.offset - from)
  for (const { key, entry } of news) assign(state, key, entry)
  replication.offset += news.length
  if (message.acknowledge) acknowledge(state, replication, false, out)
}

/** Takes what another server of the group has sent. */
export const receiveFromPeer = (
  state: RedisState,
  from: number,
  message: PeerMessage,
  out: Outbox,
): void => {
  const { replication } = state
  if (replication === undefined) return
  if (message.kind === 'acknowledge') {
    if (replication.role === 'master')
      receiveAcknowledgement(state, replication, from, message, out)
    return
  }
  if (message.epoch < replication.epoch) {
    if (replication.role === 'master' && message.kind === 'copy') {
      out.peer(from, copyOf(state, replication))
    }
    return
  }
  // A master that has been running does not step down for another: that takes a `demote`.
  if (replication.role === 'master' && !replication.yields) return
  if (message.epoch > replication.epoch) {
    follow(replication, from)
    replication.epoch = message.epoch
    // Another master's offsets mean nothing here: only its full copy can be built upon.
    if (message.kind === 'changes') {
      replication.offset = -1
      acknowledge(state, replication, true, out)
      return
    }
  }
  if (from === replication.master) receiveStream(state, replication, message, out)
}

/** REPLICAOF NO ONE, as Sentinel does it: this server's data are the truth now, however old they are. */
export const promote = (state: RedisState, replication: Replication, out: Outbox): void => {
  replication.role = 'master'
  replication.master = state.index
  replication.epoch++
  replication.yields = false
  replication.acknowledgeAtMs = Infinity
  replication.followers = followersOf(state.size, -Infinity)
  state.firstExpiryMs = NaN
  toOthers(state, copyOf(state, replication), out)
}

/** REPLICAOF `leader`. A former master throws its own data away (docs/management/sentinel.md). */
export const demote = (
  state: RedisState,
  replication: Replication,
  leader: number,
  out: Outbox,
): void => {
  if (replication.role === 'master') {
    for (const [key] of state.keys.all()) assign(state, key, undefined)
    rewriteJournal(state)
  }
  follow(replication, leader)
  acknowledge(state, replication, true, out)
}

/** The process died: what it knew about the stream is gone. Its role is in its configuration file. */
export const forgetStream = (state: RedisState, replication: Replication): void => {
  replication.offset = 0
  replication.backlog = []
  replication.sendAtMs = Infinity
  replication.wantsAcknowledgement = false
  replication.followers = followersOf(state.size, -Infinity)
  replication.lastWrite.clear()
  replication.acknowledgeAtMs = Infinity
}

/**
 * After a restart a replica asks for everything, and a master's replicas get everything, which is
 * nothing if it had no persistence (docs/management/replication.md warns of exactly this).
 */
export const rejoin = (state: RedisState, replication: Replication, out: Outbox): void => {
  if (replication.role === 'replica') {
    acknowledge(state, replication, true, out)
    return
  }
  replication.yields = true
  toOthers(state, copyOf(state, replication), out)
}
