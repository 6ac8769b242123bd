/** The state of one server of an ensemble: what is on its disk, what is in its memory. */

import { majorityOf } from '../quorum.ts'
import type { Connection, RequestInput, ServerConfig } from '../service.ts'
import type { Body, Entry } from './protocol.ts'
import type { SessionTracker } from './sessions.ts'
import { newTracker } from './sessions.ts'
import type { Tree } from './tree.ts'
import { newTree } from './tree.ts'
import type { Watches } from './watches.ts'
import { newWatches } from './watches.ts'

// An alias, because an interface is no Record<string, unknown>.
/** Settings of zoo.cfg, with the defaults of zookeeperAdmin.md. */
export type ZooKeeperOptions = {
  /** The unit of all the server's times. */
  readonly tickTimeMs: number
  /** Ticks within which a new leader must have a majority behind it. */
  readonly initLimit: number
  /** Ticks of silence after which leader and follower give each other up. */
  readonly syncLimit: number
  /**
   * Sequence number of the first sequential child of every node, as if so many had come and gone: no run is long
   * enough to let the 32-bit counter overflow by itself.
   */
  readonly sequenceStart: number
}

/** One client connection. */
export interface ClientState {
  readonly connection: Connection
  /** 0 until the connect request is answered. */
  session: number
  /** Number of the last request. */
  xid: number
  /** Watch events sent. */
  pushes: number
  /** Number of the last read that was answered. */
  read: number
  /** Writes and syncs under way: a session's requests take effect in order, so later ones wait. */
  outstanding: number
  readonly queue: RequestInput<Body>[]
  /** The open request that tells the client of the connection's end. */
  line: RequestInput<Body> | undefined
}

/** A follower as its leader sees it. */
export interface FollowerState {
  readonly join: number
  /** The log up to here is the leader's for sure. */
  readonly from: number
  sequence: number
  /** Lines that it has on disk; -1 until it has taken over the leader's log. */
  acked: number
  sent: boolean
  heardAtMs: number
}

/** What an election knows of a server that looks for a leader. */
export interface Vote {
  readonly currentEpoch: number
  readonly zxid: number
  readonly acceptedEpoch: number
  readonly atMs: number
}

/** What a server that has no leader keeps in mind. */
export interface Looking {
  readonly role: 'looking'
  readonly votes: Map<number, Vote>
  nextLookMs: number
  /** When the best candidate stops waiting for better ones. */
  finalizeAtMs: number
}

/** What a follower keeps in mind. */
export interface Following {
  readonly role: 'following'
  readonly leader: number
  readonly epoch: number
  readonly join: number
  sequence: number
  synced: boolean
  serving: boolean
  deadlineMs: number
  /** Sessions heard of since the last ping. */
  readonly touched: Set<number>
}

/** What a leader keeps in mind. */
export interface Leading {
  readonly role: 'leading'
  readonly epoch: number
  /** Promises, then the common history, then service. */
  phase: 'promises' | 'history' | 'serving'
  /** Transactions of this epoch. */
  counter: number
  readonly followers: Map<number, FollowerState>
  readonly tracker: SessionTracker
  nextPingMs: number
  deadlineMs: number
}

/** A sync that waits for the log to be applied up to a line. */
interface SyncWait {
  readonly length: number
  readonly request: number
}

/** One server. */
export interface ZooKeeperState {
  readonly index: number
  readonly size: number
  readonly options: ZooKeeperOptions

  // On disk. The tree is what the committed part of the log makes of an empty one, so it is kept as well.
  acceptedEpoch: number
  /** To whom `acceptedEpoch` was promised: an epoch has one leader. */
  acceptedFrom: number
  currentEpoch: number
  log: Entry[]
  committed: number
  readonly tree: Tree
  /** Followings and requests so far. They never repeat, so what arrives late is known to be old. */
  joins: number
  requests: number

  // In memory.
  up: boolean
  mode: Looking | Following | Leading
  readonly clients: Map<Connection, ClientState>
  readonly sessions: Map<number, ClientState>
  readonly watches: Watches
  /** Requests that wait for the ensemble. */
  readonly pending: Map<number, RequestInput<Body>>
  syncs: SyncWait[]
  /** Connections whose next request may go on. */
  readonly ready: ClientState[]
}

/** Ids of transactions: the epoch in the upper half, a counter in the lower (zookeeperInternals.md). */
export const zxidOf = (epoch: number, counter: number): number => epoch * 4_294_967_296 + counter

/** The last transaction in the log, committed or not. */
export const lastZxid = (state: ZooKeeperState): number =>
  state.log[state.log.length - 1]?.zxid ?? 0

/** Silence after which leader and follower give each other up. */
export const syncLimitMs = ({ options }: ZooKeeperState): number =>
  options.syncLimit * options.tickTimeMs

/** What a new leader has to win a majority. */
export const initLimitMs = ({ options }: ZooKeeperState): number =>
  options.initLimit * options.tickTimeMs

/** Whether so many servers are a majority. */
export const isMajority = (state: ZooKeeperState, count: number): boolean =>
  count >= majorityOf(state.size)

/** Whether clients are served: this server is an established leader, or in step with one. */
export const isServing = ({ mode }: ZooKeeperState): boolean =>
  mode.role === 'following' ? mode.serving : mode.role === 'leading' && mode.phase === 'serving'

const initialMode = (
  index: number,
  size: number,
  { tickTimeMs, syncLimit }: ZooKeeperOptions,
): Following | Leading => {
  const leader = size - 1
  if (index !== leader) {
    return {
      role: 'following',
      leader,
      epoch: 1,
      join: 0,
      sequence: 0,
      synced: true,
      serving: true,
      deadlineMs: syncLimit * tickTimeMs,
      touched: new Set(),
    }
  }
  const followers = new Map<number, FollowerState>()
  for (let other = 0; other < leader; other++) {
    followers.set(other, { join: 0, from: 0, sequence: 0, acked: 0, sent: true, heardAtMs: 0 })
  }
  return {
    role: 'leading',
    epoch: 1,
    phase: 'serving',
    counter: 0,
    followers,
    tracker: newTracker(tickTimeMs),
    nextPingMs: tickTimeMs / 2,
    deadlineMs: Infinity,
  }
}

/** An ensemble that has just elected its last server and is in service. */
export const createState = ({
  index,
  size,
  options,
}: ServerConfig<ZooKeeperOptions>): ZooKeeperState => ({
  index,
  size,
  options,
  acceptedEpoch: 1,
  acceptedFrom: size - 1,
  currentEpoch: 1,
  log: [],
  committed: 0,
  tree: newTree(options.sequenceStart),
  joins: 0,
  requests: 0,
  up: true,
  mode: initialMode(index, size, options),
  clients: new Map(),
  sessions: new Map(),
  watches: newWatches(),
  pending: new Map(),
  syncs: [],
  ready: [],
})
