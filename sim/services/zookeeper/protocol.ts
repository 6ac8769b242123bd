/** What clients and servers of a ZooKeeper ensemble say to one another. */

import type { Origin } from '../../kernel/index.ts'

/** What a node says of itself (Stat.java). */
export interface Stat {
  /** Transaction that created the node. Grows with every change of the ensemble: a fencing token. */
  readonly czxid: number
  /** Transaction that last changed its data. */
  readonly mzxid: number
  /** Transaction that last changed its list of children. */
  readonly pzxid: number
  readonly version: number
  /** Creates and deletes of children. */
  readonly cversion: number
  /** Session that the node dies with; 0 if none. */
  readonly ephemeralOwner: number
  readonly numChildren: number
}

/** Why a watcher is called (Watcher.Event.EventType). `None`: the session's state changed, no node did. */
export type WatchType =
  'None' | 'NodeCreated' | 'NodeDeleted' | 'NodeDataChanged' | 'NodeChildrenChanged'

/** What a watcher is told. */
export interface WatchEvent {
  readonly type: WatchType
  /** State of the session at that moment (Watcher.Event.KeeperState). */
  readonly state: 'SyncConnected' | 'Disconnected' | 'Expired'
  /** The node, or '' for a session event. */
  readonly path: string
}

/** Paths that a client watches, in three kinds, as in SetWatches. */
export interface WatchedPaths {
  readonly data: readonly string[]
  /** Watched for coming into being. */
  readonly exist: readonly string[]
  readonly child: readonly string[]
}

/** A change of the tree, as every server applies it. */
export type Change =
  | {
      readonly op: 'create'
      readonly path: string
      readonly data: string
      readonly ephemeral: boolean
      readonly sequential: boolean
    }
  | { readonly op: 'delete'; readonly path: string; readonly version: number }
  | {
      readonly op: 'setData'
      readonly path: string
      readonly data: string
      readonly version: number
    }
  | { readonly op: 'createSession'; readonly timeoutMs: number }
  | { readonly op: 'closeSession'; readonly expired: boolean }
  /** Refused by the leader before it reached the tree. */
  | { readonly op: 'fail'; readonly code: string }

/** A change with who asked for it, and which server owes the answer. */
export interface Command {
  readonly change: Change
  /** 0 where there is none yet. */
  readonly session: number
  readonly origin: Origin | undefined
  readonly server: number
  /** Number of the request on that server. */
  readonly request: number
}

/** One line of the replicated log. */
export interface Entry {
  readonly zxid: number
  readonly command: Command
}

/** Reads, answered by the server that the client is connected to. */
export type Read =
  | { readonly op: 'exists'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'getData'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'getChildren'; readonly path: string; readonly watch: boolean }

/** What a client sends. `xid` numbers the requests of one connection, so that a lost one is noticed as TCP would. */
export type Body = { readonly xid: number } & (
  | {
      readonly op: 'connect'
      /** 0 for a new session. */
      readonly session: number
      readonly timeoutMs: number
      /** The newest state that the client has seen: it must not go back in time. */
      readonly lastZxid: number
      readonly watches: WatchedPaths | undefined
    }
  /** Stays open as long as the connection: its end is how the client sees a FIN or RST. */
  | { readonly op: 'line' }
  | { readonly op: 'ping' }
  | { readonly op: 'close' }
  | { readonly op: 'sync' }
  | Read
  | Extract<Change, { readonly op: 'create' | 'delete' | 'setData' }>
)

/** What a client may ask for, before the connection gives it its number. */
export type Ask = Body extends infer Each ? (Each extends Body ? Omit<Each, 'xid'> : never) : never

/** Every answer says how new the server's state is, and how many watch events went out before it. */
export interface Answer {
  readonly zxid: number
  readonly pushes: number
  /** A ZooKeeper error code, or undefined. */
  readonly code: string | undefined
  readonly value: unknown
}

/** A watch event on its way, numbered for each connection. */
export interface Push {
  readonly number: number
  /** The last read that was answered before it. */
  readonly after: number
  readonly type: WatchType
  readonly path: string
}

/** The channel of watch events. */
export const EVENTS = 'events'

/** A stream from leader to follower is one TCP connection: `join` names it, `sequence` numbers what is on it. */
interface OnStream {
  readonly epoch: number
  readonly join: number
  readonly sequence: number
}
interface ToLeader {
  readonly epoch: number
  readonly join: number
}

/** What servers say to one another. */
export type Peer =
  /** I have no leader; this is how new my log is (FastLeaderElection.java). */
  | {
      readonly op: 'look'
      readonly acceptedEpoch: number
      readonly currentEpoch: number
      readonly zxid: number
    }
  /** I lead, in this epoch (LEADERINFO); `won`: a majority has promised it to me already. */
  | { readonly op: 'new-epoch'; readonly epoch: number; readonly won: boolean }
  /** I shall follow nobody of an older epoch (ACKEPOCH). */
  | (ToLeader & {
      readonly op: 'promise'
      readonly currentEpoch: number
      readonly zxid: number
      readonly committed: number
    })
  /** This is the log from line `from` on (DIFF, TRUNC or SNAP, and NEWLEADER). */
  | (OnStream & {
      readonly op: 'history'
      readonly from: number
      readonly entries: readonly Entry[]
      readonly committed: number
      readonly established: boolean
    })
  | (OnStream & { readonly op: 'propose'; readonly entry: Entry })
  /** The first so many lines are committed (COMMIT, UPTODATE). */
  | (OnStream & { readonly op: 'commit'; readonly committed: number })
  | (OnStream & { readonly op: 'ping' })
  /** Whether the session lives (REVALIDATE). */
  | (OnStream & {
      readonly op: 'revalidated'
      readonly request: number
      readonly timeoutMs: number
    })
  | (OnStream & { readonly op: 'synced'; readonly request: number; readonly length: number })
  /** My log is this long, on disk. */
  | (ToLeader & { readonly op: 'ack'; readonly length: number })
  /** These sessions were heard of since the last ping. */
  | (ToLeader & { readonly op: 'pong'; readonly touched: readonly number[] })
  | (ToLeader & { readonly op: 'forward'; readonly command: Command })
  | (ToLeader & { readonly op: 'revalidate'; readonly session: number; readonly request: number })
  | (ToLeader & { readonly op: 'sync'; readonly request: number })
