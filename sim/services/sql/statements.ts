/** What can be said to the relational server and what it answers: statements as plain objects, not as SQL text. */

import type { Reply } from '../../kernel/index.ts'
import type { Columns, Settings, Where } from './values.ts'

/** How much of the others' work a transaction sees. */
export type Isolation = 'read committed' | 'repeatable read'

/** What to do about a row that somebody else has locked: wait, fail, or pretend that it is not there. */
export type IfLocked = 'wait' | 'nowait' | 'skip locked'

/** Which of the rows that match, and in which order. */
export interface Selection {
  readonly where?: Where | undefined
  /** The column that decides; rows that are equal in it come in the order of their keys. */
  readonly orderBy?: string | undefined
  /** At most so many. */
  readonly limit?: number | undefined
}

/** A statement. */
export type Statement =
  | { readonly kind: 'begin'; readonly isolation?: Isolation | undefined }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' }
  | { readonly kind: 'autocommit'; readonly on: boolean }
  | {
      readonly kind: 'insert'
      readonly table: string
      /** Without a key the table numbers its rows itself (AUTO_INCREMENT, a sequence): the answer is the number. */
      readonly key?: string | undefined
      readonly columns: Settings
    }
  | RowStatement
  | AdvisoryStatement

/** A statement about a lock that is no row: an application's own, by name, held by the session. */
export type AdvisoryStatement =
  /** PostgreSQL: pg_advisory_lock and pg_advisory_xact_lock; with `ifLocked` nowait their pg_try_ forms. */
  | {
      readonly kind: 'advisory lock'
      readonly key: string
      readonly scope: 'session' | 'transaction'
      readonly ifLocked: 'wait' | 'nowait'
    }
  | { readonly kind: 'advisory unlock'; readonly key: string }
  /** MySQL: GET_LOCK. A negative timeout waits for ever. */
  | { readonly kind: 'get lock'; readonly key: string; readonly timeoutMs: number }
  | { readonly kind: 'release lock'; readonly key: string }

/** A statement about rows that may exist already: the one row that `key` names, without it all that match. */
export type RowStatement =
  | {
      readonly kind: 'delete'
      readonly table: string
      readonly key?: string | undefined
      readonly where?: Where | undefined
    }
  | {
      readonly kind: 'update'
      readonly table: string
      readonly key?: string | undefined
      readonly set: Settings
      readonly where?: Where | undefined
      /** For judges alone: the row goes on to be that of whoever made it, as after a renewal. */
      readonly keepsOrigin?: boolean | undefined
    }
  | ({
      readonly kind: 'select'
      readonly table: string
      readonly key?: string | undefined
    } & Selection)
  | ({
      readonly kind: 'select for update'
      readonly table: string
      readonly key?: string | undefined
      readonly ifLocked: IfLocked
    } & Selection)

/** Enough for every number that a run can reach, so that keys sort as their numbers do. */
const KEY_DIGITS = 10

/** The key of a row that the table has given this number. */
export const keyOf = (id: number): string => String(id).padStart(KEY_DIGITS, '0')

/** A row as a SELECT returns it. */
export interface FoundRow {
  readonly key: string
  readonly columns: Columns
}

/** The family of servers whose locking is modelled. */
export type Flavour = 'postgres' | 'innodb'

/** What one error is called by each family: PostgreSQL by SQLSTATE, MySQL and MariaDB by their own numbers and names. */
export const ERRORS = {
  /** PostgreSQL errcodes: unique_violation; MariaDB 1062. */
  duplicate: { postgres: '23505', innodb: 'ER_DUP_ENTRY' },
  /** lock_not_available, for NOWAIT and lock_timeout alike; MariaDB uses 1205 for both as well. */
  lockTimeout: { postgres: '55P03', innodb: '1205' },
  /** deadlock_detected; ER_LOCK_DEADLOCK. */
  deadlock: { postgres: '40P01', innodb: '1213' },
  /** serialization_failure; InnoDB never says it at REPEATABLE READ. */
  serialization: { postgres: '40001', innodb: '1213' },
  /** in_failed_sql_transaction. InnoDB's transactions survive a failed statement. */
  transactionAborted: { postgres: '25P02', innodb: '25P02' },
  /** idle_in_transaction_session_timeout; MariaDB's client sees its connection reset. */
  connectionEnded: { postgres: '25P03', innodb: 'ECONNRESET' },
  /** too_many_connections; ER_CON_COUNT_ERROR. */
  tooManyConnections: { postgres: '53300', innodb: '1040' },
  /** deadlock_detected; ER_USER_LOCK_DEADLOCK, which rolls nothing back. */
  userLockDeadlock: { postgres: '40P01', innodb: '3058' },
  /** ER_USER_LOCK_WRONG_NAME: MySQL 5.7 and later allow 64 characters. PostgreSQL's keys are numbers. */
  wrongLockName: { postgres: '22003', innodb: '3057' },
  /** PgBouncer closes a client that has waited too long for a backend (query_wait_timeout). */
  queryWaitTimeout: { postgres: '08P01', innodb: '08P01' },
  /** read_only_sql_transaction; ER_OPTION_PREVENTS_STATEMENT (--read-only). */
  readOnly: { postgres: '25006', innodb: '1290' },
} as const satisfies Record<string, Record<Flavour, string>>

/** Whether a statement is about a lock that is no row. */
export const isAdvisory = (statement: Statement): statement is AdvisoryStatement =>
  statement.kind === 'advisory lock' ||
  statement.kind === 'advisory unlock' ||
  statement.kind === 'get lock' ||
  statement.kind === 'release lock'

const hasCode = (reply: Reply<unknown>, codes: Readonly<Record<Flavour, string>>): boolean =>
  !reply.ok && (reply.code === codes.postgres || reply.code === codes.innodb)

/** Whether the server refused an INSERT because its key is taken. */
export const isDuplicate = (reply: Reply<unknown>): boolean => hasCode(reply, ERRORS.duplicate)

/** Whether the server gave up waiting for a row lock, or was told not to wait. */
export const isLockTimeout = (reply: Reply<unknown>): boolean => hasCode(reply, ERRORS.lockTimeout)

/** Whether the server chose this transaction as the victim of a deadlock and rolled it back. */
export const isDeadlock = (reply: Reply<unknown>): boolean => hasCode(reply, ERRORS.deadlock)
