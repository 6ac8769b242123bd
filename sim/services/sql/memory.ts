/** What a relational server has in its memory and on its disk: tables, row versions, sessions, row locks. */

import { refused } from '../../kernel/index.ts'
import type { Origin, Reply, Stream } from '../../kernel/index.ts'
import type { Connection, Outbox, RequestInput } from '../service.ts'
import { ERRORS } from './statements.ts'
import type { Flavour, Isolation, Statement } from './statements.ts'
import type { Columns } from './values.ts'

/** Options of the server. */
export interface SqlOptions {
  readonly flavour: Flavour
  /** Level of transactions that do not name one; `default` is READ COMMITTED for postgres, REPEATABLE READ for innodb. */
  readonly isolation: Isolation | 'default'
  /**
   * How long a statement waits for a row lock, in ms. -1 for the flavour's default: for ever in PostgreSQL
   * (lock_timeout = 0), 50 s in InnoDB (innodb_lock_wait_timeout).
   */
  readonly lockWaitTimeoutMs: number
  /** PostgreSQL looks for a deadlock when a statement has waited this long (deadlock_timeout). InnoDB looks at once. */
  readonly deadlockTimeoutMs: number
  /** A transaction without a statement for this long loses its connection; Infinity: off, as by default in both. */
  readonly idleInTransactionTimeoutMs: number
  readonly maxConnections: number
  /**
   * A connection without a statement for this long is closed, in a transaction or not: MySQL wait_timeout (8 h),
   * PostgreSQL idle_session_timeout (off), or a proxy or load balancer in between (often 350 s or less).
   */
  readonly idleConnectionTimeoutMs: number
  /**
   * PgBouncer on the machine of the server: `session` gives a client a backend for as long as it is connected,
   * `transaction` for one transaction or lone statement, and then runs no DISCARD ALL (server_reset_query).
   */
  readonly pooler: 'none' | 'session' | 'transaction'
  /** Connections of the pooler to the server (default_pool_size). */
  readonly poolerBackends: number
  /** Which idle backend is taken: the one used last (server_round_robin = 0, the default) or the one idle longest. */
  readonly poolerPicks: 'last' | 'longest-idle'
  /** How long a client waits for a backend before it is disconnected (query_wait_timeout). */
  readonly poolerQueryWaitMs: number
  /** An idle backend is closed after this (server_idle_timeout). */
  readonly poolerBackendIdleMs: number
  /** MySQL: how many GET_LOCK locks a session can have. `one`, before 5.7: a second releases the first. */
  readonly userLocks: 'several' | 'one'
  /**
   * For judges alone: a column of times. When the server's wall clock passes such a time of a row, the
   * judges look again. Changes no answer.
   */
  readonly expiryColumn: 'none' | 'expires_at' | 'lock_until' | 'expired_after'
  /**
   * Whether a WHERE by key can use the index. It cannot if the column has none, the types differ or the
   * optimizer prefers a scan; InnoDB then locks what it scans. Uniqueness is enforced either way.
   */
  readonly indexed: boolean
  /** Who of those that wait for a row gets it: the first (measured in both servers) or anyone (InnoDB since 8.0.20). */
  readonly grantOrder: 'fifo' | 'arbitrary'
  /**
   * `asynchronous`: the first server is the primary, the others are replicas. `two-way`: every server is a primary
   * and copies the rows that the others have committed (MySQL circular replication, pglogical).
   */
  readonly replication: 'none' | 'asynchronous' | 'two-way'
  /** How long a committed transaction stays on its own server before it is sent to the others. */
  readonly replicationLagMs: number
  /**
   * Two-way: what a copied row does that meets one of the same key. `stop`: replication ends for good (MySQL
   * slave_exec_mode=STRICT, the default). `last-writer-wins`: the later commit by the servers' wall clocks stays
   * (pglogical conflict_resolution = last_update_wins).
   */
  readonly onConflict: 'stop' | 'last-writer-wins'
  /** How often a replica asks for what it may have missed (PostgreSQL wal_retrieve_retry_interval). */
  readonly replicationRetryMs: number
}

/** One committed or uncommitted state of a row. Never changed in place, so that snapshots can share it. */
export interface Version {
  readonly columns: Columns
  /** On whose behalf this version was written. */
  readonly origin: Origin
  /** Two-way replication: when it was committed, by the wall clock of the server that did. */
  readonly committedAtMs?: number
}

/** A change that is not committed yet; an undefined version is a deletion. */
interface Pending {
  readonly session: Session
  version: Version | undefined
}

/** A granted row lock. */
export interface Lock {
  readonly session: Session
  readonly table: Table
  readonly key: string
  exclusive: boolean
  readonly origin: Origin
  /** Advisory locks: for whom the session has it beyond the transaction, an entry for each time it was taken. */
  heldFor: readonly Origin[]
  /** Whether the end of the transaction gives it back, unless it is held beyond that. */
  inTransaction: boolean
}

/** InnoDB: nobody else may insert between two keys; undefined is the end of the index. */
interface Gap {
  readonly session: Session
  readonly low: string | undefined
  readonly high: string | undefined
}

/** A statement that waits for a row. */
export interface Wait {
  readonly session: Session
  readonly request: Request
  readonly table: Table
  readonly key: string
  readonly exclusive: boolean
  /** InnoDB's insert intention: also waits for gap locks. */
  readonly insert: boolean
  readonly deadlineMs: number
  deadlockCheckMs: number
}

/** A table with a primary key. */
export interface Table {
  readonly name: string
  /** On disk. */
  readonly committed: Map<string, Version>
  readonly pending: Map<string, Pending>
  readonly locks: Map<string, Lock[]>
  gaps: Gap[]
  /** In order of arrival. */
  readonly waits: Wait[]
  /** The number that the next row gets which is inserted without a key. */
  nextId: number
}

export type Request = RequestInput<Statement>

/** A connection as its backend process or thread sees it. */
export interface Session {
  readonly connection: Connection
  autocommit: boolean
  /** `failed`: PostgreSQL has rolled back and answers nothing but ROLLBACK. */
  transaction: 'none' | 'open' | 'failed'
  /** Whether the transaction outlives the statement that opened it. */
  explicit: boolean
  isolation: Isolation
  snapshot: Map<Table, Map<string, Version>> | undefined
  readonly locks: Lock[]
  readonly writes: { readonly table: Table; readonly key: string }[]
  readonly gapTables: Set<Table>
  waiting: Wait | undefined
  /** The locks that the statement in progress took, given back if their rows turn out not to match. */
  readonly fresh: Lock[]
  /** PostgreSQL: the rows that a statement without a key found when it began. */
  scanned: readonly string[] | undefined
  /** The number that the statement in progress took for its row. */
  takenId: number | undefined
  /**
   * What now() says: the wall clock at the beginning of the transaction in PostgreSQL (functions-datetime), of the
   * statement in MySQL (date-and-time-functions).
   */
  nowMs: number
  /** Requests that arrived while a statement was waiting. */
  readonly backlog: Request[]
  /** The client is gone; the backend finds out when its statement ends. */
  closed: boolean
  lastActiveMs: number
  /** The client of the pooler that has this backend now. */
  user: PoolClient | undefined
}

/** A client of the pooler. */
export interface PoolClient {
  readonly connection: Connection
  backend: Session | undefined
  /** Whether a statement of it is being executed. */
  busy: boolean
  /** Requests that wait for their turn, or for a backend. */
  readonly queue: Request[]
  /** Since when it waits for a backend. */
  waitsSinceMs: number
  lastActiveMs: number
}

/** The pooler. Its backends are the server's sessions. */
export interface Pool {
  readonly clients: Map<Connection, PoolClient>
  /** The one used last is at the end. */
  readonly idle: Session[]
  readonly waiting: PoolClient[]
  /** Backends whose statement has been answered, or that have ended, since the pooler last looked. */
  readonly touched: Session[]
  opened: number
}

/** One committed change of a row, as it goes to replicas. */
export interface Change {
  readonly table: string
  readonly key: string
  readonly version: Version | undefined
  /** Whether it was an INSERT, which a row of the same key on the other side contradicts. */
  readonly inserts: boolean
}

/** A committed transaction. */
export interface Transaction {
  readonly changes: readonly Change[]
  /** When it was committed, by the server's wall clock. */
  readonly committedAtMs: number
  /** Who committed it. */
  readonly origin: Origin
}

/** What one server knows of another that it copies from, in two-way replication. */
export interface Source {
  /** How many of its transactions are applied here. On disk. */
  position: number
  /** Transactions that have come and wait for locks of their rows. */
  readonly arrived: Transaction[]
  /** A conflict ended it. On disk. */
  stopped: boolean
}

/** A server. */
export interface SqlState {
  readonly options: SqlOptions
  readonly index: number
  readonly size: number
  readonly tables: Map<string, Table>
  readonly sessions: Map<Connection, Session>
  readonly pool: Pool | undefined
  /** Connections that this server ended, or that an earlier life of it had: what still arrives on them is refused. */
  ended: WeakSet<Connection>
  /** Waits that were granted and whose statements go on next. */
  readonly granted: Wait[]
  /** Tables in which something became free. */
  readonly freed: Set<Table>
  readonly chance: Stream
  role: 'primary' | 'replica'
  leader: number
  /** Committed transactions in order; a replica's own copy is as long as its position. */
  log: Transaction[]
  /** When each transaction of the log that has not been sent may be, on the monotonic clock: the last ones. */
  readonly unsent: number[]
  /** Two-way replication, by the index of the other server; this server's own place is empty. */
  readonly sources: readonly Source[]
  /** The replica does not trust its data and waits for a full copy. */
  wantsCopy: boolean
  nextPullMs: number
  /** The server's wall clock. */
  readonly wallMs: () => number
  /** Up to which wall-clock time the judges have seen rows expire. */
  expiredUpToMs: number
  // The step in progress.
  nowMs: number
  out: Outbox
}

/** The table of this name; tables need no declaration. */
export const tableOf = (state: SqlState, name: string): Table => {
  let table = state.tables.get(name)
  if (table === undefined) {
    table = {
      name,
      committed: new Map(),
      pending: new Map(),
      locks: new Map(),
      gaps: [],
      waits: [],
      nextId: 1,
    }
    state.tables.set(name, table)
  }
  return table
}

/** Puts a committed version in its place, or takes the row away. */
export const keep = (table: Table, key: string, version: Version | undefined): void => {
  if (version === undefined) table.committed.delete(key)
  else table.committed.set(key, version)
}

/** The level of transactions that do not name one. */
export const isolationOf = ({ flavour, isolation }: SqlOptions): Isolation => {
  if (isolation !== 'default') return isolation
  return flavour === 'innodb' ? 'repeatable read' : 'read committed'
}

/** A new session of a connection. Drivers begin with autocommit on. */
export const newSession = (state: SqlState, connection: Connection): Session => ({
  connection,
  autocommit: true,
  transaction: 'none',
  explicit: false,
  isolation: isolationOf(state.options),
  snapshot: undefined,
  locks: [],
  writes: [],
  gapTables: new Set(),
  waiting: undefined,
  fresh: [],
  scanned: undefined,
  takenId: undefined,
  nowMs: 0,
  backlog: [],
  closed: false,
  lastActiveMs: state.nowMs,
  user: undefined,
})

/** The refusal that this family of servers words so. */
export const error = (state: SqlState, name: keyof typeof ERRORS): Reply<never> =>
  refused(ERRORS[name][state.options.flavour])
