/** The client of the relational server: connections, and a pool of them as each application process has one. */

import { receive } from '../../kernel/index.ts'
import type { Effect, Mailbox, Process, Reply } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import { isDeadlock, isDuplicate, isLockTimeout, keyOf } from './statements.ts'
import type { FoundRow, IfLocked, Isolation, Selection, Statement } from './statements.ts'
import { column, greatest, is, now } from './values.ts'
import type { Settings, Where } from './values.ts'

/** Whether an advisory lock belongs to the session or to the transaction. */
type AdvisoryScope = 'session' | 'transaction'

/**
 * One connection to the server that was the primary when it was opened. One statement at a time.
 *
 * A class, because every statement without an answer makes a new one, and each would have thirty closures.
 */
export class SqlConnection {
  private readonly port: Port

  constructor(port: Port) {
    this.port = port
  }

  /** Name of the server. */
  get server(): string {
    return this.port.server
  }

  /** BEGIN, or START TRANSACTION. */
  begin(isolation?: Isolation, timeoutMs?: number): Effect<Reply<void>> {
    return this.say({ kind: 'begin', isolation }, timeoutMs)
  }

  commit(timeoutMs?: number): Effect<Reply<void>> {
    return this.say({ kind: 'commit' }, timeoutMs)
  }

  rollback(timeoutMs?: number): Effect<Reply<void>> {
    return this.say({ kind: 'rollback' }, timeoutMs)
  }

  /** Whether from now on each statement is a transaction of its own. */
  autocommit(on: boolean, timeoutMs?: number): Effect<Reply<void>> {
    return this.say({ kind: 'autocommit', on }, timeoutMs)
  }

  /** 1, or refused: see `isDuplicate`. */
  insert(
    table: string,
    key: string,
    columns: Settings = {},
    timeoutMs?: number,
  ): Effect<Reply<number>> {
    return this.say({ kind: 'insert', table, key, columns }, timeoutMs)
  }

  /** Inserts a row that the table numbers: the number, which is its column `id` as well. */
  insertNumbered(table: string, columns: Settings = {}, timeoutMs?: number): Effect<Reply<number>> {
    return this.say({ kind: 'insert', table, columns }, timeoutMs)
  }

  /** How many rows it deleted: 0 or 1. */
  delete(table: string, key: string, where?: Where, timeoutMs?: number): Effect<Reply<number>> {
    return this.say({ kind: 'delete', table, key, where }, timeoutMs)
  }

  /** How many rows it deleted: all that match. */
  deleteAll(table: string, where?: Where, timeoutMs?: number): Effect<Reply<number>> {
    return this.say({ kind: 'delete', table, where }, timeoutMs)
  }

  /** How many rows it changed: 0 or 1. The row is from then on that of who changed it. */
  update(
    table: string,
    key: string,
    set: Settings,
    where?: Where,
    timeoutMs?: number,
  ): Effect<Reply<number>> {
    return this.say({ kind: 'update', table, key, set, where }, timeoutMs)
  }

  /** The same for a renewal or a release by update: to a judge the row goes on to be that of who made it. */
  renew(
    table: string,
    key: string,
    set: Settings,
    where?: Where,
    timeoutMs?: number,
  ): Effect<Reply<number>> {
    return this.say({ kind: 'update', table, key, set, where, keepsOrigin: true }, timeoutMs)
  }

  /** How many rows it changed: all that match. */
  updateAll(
    table: string,
    set: Settings,
    where?: Where,
    timeoutMs?: number,
  ): Effect<Reply<number>> {
    return this.say({ kind: 'update', table, set, where }, timeoutMs)
  }

  /** Never waits and never locks. */
  select(
    table: string,
    key?: string,
    where?: Where,
    timeoutMs?: number,
  ): Effect<Reply<readonly FoundRow[]>> {
    return this.say({ kind: 'select', table, key, where }, timeoutMs)
  }

  /** The rows that match, in order, at most so many. Never waits and never locks. */
  selectAll(
    table: string,
    selection: Selection,
    timeoutMs?: number,
  ): Effect<Reply<readonly FoundRow[]>> {
    return this.say({ kind: 'select', table, ...selection }, timeoutMs)
  }

  /** The row with its lock; nothing if it is not there, or is locked and was to be skipped. */
  selectForUpdate(
    table: string,
    key: string,
    ifLocked: IfLocked = 'wait',
    timeoutMs?: number,
  ): Effect<Reply<readonly FoundRow[]>> {
    return this.say({ kind: 'select for update', table, key, ifLocked }, timeoutMs)
  }

  /** The rows that match with their locks, in order, at most so many. */
  selectAllForUpdate(
    table: string,
    selection: Selection,
    ifLocked: IfLocked = 'wait',
    timeoutMs?: number,
  ): Effect<Reply<readonly FoundRow[]>> {
    return this.say({ kind: 'select for update', table, ifLocked, ...selection }, timeoutMs)
  }

  /** PostgreSQL: pg_advisory_lock, or pg_advisory_xact_lock for the scope `transaction`. Waits. */
  advisoryLock(
    key: string,
    scope: AdvisoryScope = 'session',
    timeoutMs?: number,
  ): Effect<Reply<void>> {
    return this.say({ kind: 'advisory lock', key, scope, ifLocked: 'wait' }, timeoutMs)
  }

  /** PostgreSQL: pg_try_advisory_lock, or pg_try_advisory_xact_lock. Whether it got the lock. */
  tryAdvisoryLock(
    key: string,
    scope: AdvisoryScope = 'session',
    timeoutMs?: number,
  ): Effect<Reply<boolean>> {
    return this.say({ kind: 'advisory lock', key, scope, ifLocked: 'nowait' }, timeoutMs)
  }

  /** PostgreSQL: pg_advisory_unlock of a session-level lock. False, with a warning, if the session does not have it. */
  advisoryUnlock(key: string, timeoutMs?: number): Effect<Reply<boolean>> {
    return this.say({ kind: 'advisory unlock', key }, timeoutMs)
  }

  /** MySQL: GET_LOCK. 1, or 0 if it was not free within `waitMs`, which may be negative for no limit. */
  getLock(key: string, waitMs: number, timeoutMs?: number): Effect<Reply<number>> {
    return this.say({ kind: 'get lock', key, timeoutMs: waitMs }, timeoutMs)
  }

  /** MySQL: RELEASE_LOCK. 1, or 0 if another session has the lock, or null if none has. */
  releaseLock(key: string, timeoutMs?: number): Effect<Reply<number | null>> {
    return this.say({ kind: 'release lock', key }, timeoutMs)
  }

  /** SELECT 1: whether the connection still lives. */
  ping(timeoutMs?: number): Effect<Reply<unknown>> {
    return this.say({ kind: 'select', table: 'dual', limit: 1 }, timeoutMs)
  }

  /** Closes it: what is open is rolled back when the server hears of it. */
  close(): Effect<void> {
    return this.port.disconnect()
  }

  private say<Value>(body: Statement, timeoutMs: number | undefined): Effect<Reply<Value>> {
    return this.port.call<Value>(body, timeoutMs)
  }
}

/** A bounded number of connections that the parts of one application process share. */
export interface SqlPool {
  /** A connection, or undefined if none came free in time. */
  take(): Process<SqlConnection | undefined>
  /** Puts a connection back for the next. Its transaction must be over. */
  give(connection: SqlConnection): void
  /** Closes a connection whose state is unknown, e.g. after a statement without an answer. */
  discard(connection: SqlConnection): Process
}

/** The client of a group. */
export interface SqlClient {
  /** Opens a connection to the primary, as this client's directory has it, or to the server of this index. */
  connect(server?: number): SqlConnection
  /**
   * `poolTimeoutMs`: how long to wait for a free connection; HikariCP's connectionTimeout is 30 s. `server`: the index
   * of the server that all its connections are to, if not the primary.
   */
  pool(size: number, poolTimeoutMs?: number, server?: number): SqlPool
  /** now() of the server, plus a number of ms, for use in a statement. */
  readonly now: typeof now
  /** A column of the same row, plus a number, for use in a statement. */
  readonly column: typeof column
  /** The greatest of several expressions, for use in a statement. */
  readonly greatest: typeof greatest
  /** A comparison for a WHERE: `{ expires: sql.is('<=', sql.now()) }`. */
  readonly is: typeof is
  /** The key of a row that the table has given this number. */
  readonly keyOf: (id: number) => string
  /** Whether the server refused an INSERT because its key is taken. */
  readonly isDuplicate: (reply: Reply<unknown>) => boolean
  /** Whether the server gave up waiting for a row lock, or was told not to wait. */
  readonly isLockTimeout: (reply: Reply<unknown>) => boolean
  /** Whether the server chose this transaction as the victim of a deadlock and rolled it back. */
  readonly isDeadlock: (reply: Reply<unknown>) => boolean
}

/** The typed client of the group. */
export const sqlClient = (ports: readonly Port[], environment: StubEnvironment): SqlClient => {
  const connect = (server = environment.leader()): SqlConnection => {
    const port = ports[server] ?? (ports[0] as Port)
    return new SqlConnection(port.connect())
  }
  return {
    connect,
    pool: (size, poolTimeoutMs = 30_000, server) =>
      new Pool(size, poolTimeoutMs, () => connect(server), environment),
    now,
    column,
    greatest,
    is,
    keyOf,
    isDuplicate,
    isLockTimeout,
    isDeadlock,
  }
}

class Pool implements SqlPool {
  private readonly size: number
  private readonly timeoutMs: number
  private readonly connect: () => SqlConnection
  private readonly environment: StubEnvironment
  private readonly idle: SqlConnection[] = []
  /** A mailbox has one reader, so each that waits brings its own. */
  private readonly queue: Mailbox<SqlConnection>[] = []
  private opened = 0

  constructor(
    size: number,
    timeoutMs: number,
    connect: () => SqlConnection,
    environment: StubEnvironment,
  ) {
    this.size = size
    this.timeoutMs = timeoutMs
    this.connect = connect
    this.environment = environment
  }

  *take(): Process<SqlConnection | undefined> {
    const free = this.idle.pop()
    if (free !== undefined) return free
    if (this.opened < this.size) {
      this.opened++
      return this.connect()
    }
    const mailbox = this.environment.mailbox<SqlConnection>()
    this.queue.push(mailbox)
    const given = yield* receive(mailbox, this.timeoutMs)
    if (given !== undefined) return given
    const position = this.queue.indexOf(mailbox)
    if (position >= 0) this.queue.splice(position, 1)
    // It may have come at the very instant at which the patience ended.
    return mailbox.take()
  }

  give(connection: SqlConnection): void {
    const first = this.queue.shift()
    if (first === undefined) this.idle.push(connection)
    else first.put(connection)
  }

  *discard(connection: SqlConnection): Process {
    yield* connection.close()
    if (this.queue.length > 0) this.give(this.connect())
    else this.opened--
  }
}
