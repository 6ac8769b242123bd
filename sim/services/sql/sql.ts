/** A relational server with row locks: PostgreSQL or MySQL/MariaDB with InnoDB, alone or with asynchronous replicas. */

import type { Origin } from '../../kernel/index.ts'
import { defineService } from '../service.ts'
import type { Input, Outbox } from '../service.ts'
import { advisoryHolders, advisoryQueue } from './advisory.ts'
import { sqlClient } from './client.ts'
import { expiredOnes, nextExpiryMs } from './expiry.ts'
import { circleOf } from './locks.ts'
import type { SqlOptions, SqlState, Version, Wait } from './memory.ts'
import { applyArrived, pull, sendDue, takePeer } from './replication.ts'
import type { PeerBody } from './replication.ts'
import {
  attend,
  closeClient,
  closeIdle,
  emptyPool,
  leavePool,
  nextPoolTimeoutMs,
  takePooled,
} from './pooler.ts'
import { closeSession, drop, dropAll, fail, settle, takeRequest } from './session.ts'
import type { Statement } from './statements.ts'

/** What a judge may look at in one server. */
export interface SqlView {
  readonly role: 'primary' | 'replica'
  /** The committed rows of a table, by key. */
  rows(table: string): ReadonlyMap<string, Version>
  /** The committed row. */
  row(table: string, key: string): Version | undefined
  /** On whose behalf an open transaction has the exclusive lock of an existing row. */
  lockHolder(table: string, key: string): Origin | undefined
  /** On whose behalf sessions have an advisory lock (pg_advisory_lock, GET_LOCK). */
  advisoryHolders(key: string): readonly Origin[]
  /** Who has an advisory lock and who waits for it, first come first. */
  advisoryQueue(key: string): readonly Origin[]
  /** What the server's wall clock shows. */
  readonly wallMs: number
  /** On whose behalf statements wait for the lock of a row, in order of arrival. */
  lockWaiters(table: string, key: string): readonly Origin[]
}

const OPTIONS: SqlOptions = {
  flavour: 'postgres',
  isolation: 'default',
  lockWaitTimeoutMs: -1,
  deadlockTimeoutMs: 1_000,
  idleInTransactionTimeoutMs: Infinity,
  maxConnections: 100,
  idleConnectionTimeoutMs: Infinity,
  pooler: 'none',
  poolerBackends: 20,
  poolerPicks: 'last',
  poolerQueryWaitMs: 120_000,
  poolerBackendIdleMs: 600_000,
  userLocks: 'several',
  expiryColumn: 'none',
  indexed: true,
  grantOrder: 'fifo',
  replication: 'none',
  replicationLagMs: 0,
  onConflict: 'stop',
  replicationRetryMs: 5_000,
}

const NO_ROWS: ReadonlyMap<string, Version> = new Map()
const NOBODY: readonly Origin[] = []

class View implements SqlView {
  private readonly state: SqlState

  constructor(state: SqlState) {
    this.state = state
  }

  get role(): 'primary' | 'replica' {
    return this.state.role
  }

  get wallMs(): number {
    return this.state.wallMs()
  }

  rows(table: string): ReadonlyMap<string, Version> {
    return this.state.tables.get(table)?.committed ?? NO_ROWS
  }

  row(table: string, key: string): Version | undefined {
    return this.state.tables.get(table)?.committed.get(key)
  }

  lockHolder(name: string, key: string): Origin | undefined {
    const table = this.state.tables.get(name)
    if (table === undefined) return undefined
    if (!table.committed.has(key) && !table.pending.has(key)) return undefined
    return table.locks.get(key)?.find((lock) => lock.exclusive)?.origin
  }

  lockWaiters(name: string, key: string): readonly Origin[] {
    const waits = this.state.tables.get(name)?.waits
    if (waits === undefined || waits.length === 0) return NOBODY
    return waits.filter((wait) => wait.key === key).map(({ request }) => request.origin)
  }

  advisoryHolders(key: string): readonly Origin[] {
    return advisoryHolders(this.state, key)
  }

  advisoryQueue(key: string): readonly Origin[] {
    return advisoryQueue(this.state, key)
  }
}

const NOWHERE: Outbox = {
  reply: () => undefined,
  push: () => undefined,
  peer: () => undefined,
  close: () => undefined,
  changed: () => undefined,
  fact: () => undefined,
}

const allWaits = (state: SqlState): Wait[] => {
  const waits: Wait[] = []
  for (const table of state.tables.values()) waits.push(...table.waits)
  return waits
}

const tick = (state: SqlState): void => {
  const { nowMs } = state
  for (const wait of allWaits(state)) {
    const { session } = wait
    if (wait.deadlockCheckMs <= nowMs) {
      // PostgreSQL looks once a wait; whoever looks first and finds a circle is its own victim.
      wait.deadlockCheckMs = Infinity
      if (session.waiting === wait && circleOf(state, session) !== undefined) {
        fail(state, wait, 'deadlock')
        settle(state)
      }
    }
    if (wait.deadlineMs <= nowMs && session.waiting === wait) {
      fail(state, wait, 'lockTimeout')
      settle(state)
    }
  }
  const { idleInTransactionTimeoutMs } = state.options
  if (idleInTransactionTimeoutMs !== Infinity) {
    for (const session of state.sessions.values()) {
      if (session.transaction === 'none' || session.waiting !== undefined) continue
      if (session.lastActiveMs + idleInTransactionTimeoutMs > nowMs) continue
      drop(state, session, 'session-ended')
      state.out.close(session.connection)
    }
  }
  closeIdle(state)
  if (state.options.expiryColumn !== 'none' && expiredOnes(state)) state.out.changed('expired')
  if (copies(state) && state.nextPullMs <= nowMs) pull(state)
  if (state.unsent.length > 0) sendDue(state)
}

/** Whether the server fetches what others have committed. */
const copies = ({ role, options }: SqlState): boolean =>
  role === 'replica' || options.replication === 'two-way'

const stopServing = (state: SqlState): void => {
  const connections = [...(state.pool?.clients ?? state.sessions).keys()]
  dropAll(state)
  leavePool(state)
  for (const connection of connections) state.out.close(connection)
}

const take = (state: SqlState, input: Input<Statement, PeerBody>): void => {
  switch (input.kind) {
    case 'request':
      if (state.pool === undefined) takeRequest(state, input)
      else takePooled(state, state.pool, input)
      break
    case 'closed':
      if (state.pool === undefined) closeSession(state, input.connection)
      else closeClient(state, state.pool, input.connection)
      break
    case 'tick':
      tick(state)
      break
    case 'peer':
      takePeer(state, input.from, input.body)
      break
    case 'crash':
      dropAll(state)
      leavePool(state)
      break
    case 'restart':
      for (const source of state.sources) source.arrived.length = 0
      if (copies(state)) pull(state)
      break
    case 'promote':
      state.role = 'primary'
      state.leader = state.index
      state.wantsCopy = false
      break
    case 'demote':
      // Of two primaries neither is demoted: a virtual address moves.
      if (state.options.replication === 'two-way') break
      state.unsent.length = 0
      stopServing(state)
      state.role = 'replica'
      state.leader = input.leader
      // What it had committed and not sent is not in the new primary's history (pg_rewind, a fresh base backup).
      state.wantsCopy = true
      pull(state)
      break
  }
  settle(state)
  if (state.pool !== undefined) while (attend(state, state.pool)) settle(state)
  if (state.options.replication === 'two-way') applyArrived(state)
}

const NOTHING_SENT = { position: 0, stopped: false }

const isAlone = (index: number, { replication }: SqlOptions): boolean =>
  replication === 'none' || (replication === 'asynchronous' && index === 0)

/**
 * The relational server. Timers (lock waits, deadlock checks, idle transactions) run on the monotonic clock;
 * `now()` says what the wall clock shows.
 */
export const sql = defineService({
  name: 'sql',
  summary: 'relational server with row locks: PostgreSQL or InnoDB',
  sources: [
    'PostgreSQL manual: explicit-locking, index-unique-checks, transaction-iso; measured on 15.18',
    'MySQL manual: innodb-locks-set, innodb-locking, innodb-consistent-read; measured on MariaDB 10.11.19',
    'PostgreSQL manual explicit-locking (advisory locks); MySQL manual locking-functions; pgbouncer.org config.md, features.md',
  ],
  nodeName: 'database',
  clock: 'monotonic',
  replicas: { replication: 'asynchronous' },
  options: OPTIONS,
  optionWords: {
    flavour: ['postgres', 'innodb'],
    isolation: ['default', 'read committed', 'repeatable read'],
    grantOrder: ['fifo', 'arbitrary'],
    replication: ['none', 'asynchronous', 'two-way'],
    onConflict: ['stop', 'last-writer-wins'],
    pooler: ['none', 'session', 'transaction'],
    poolerPicks: ['last', 'longest-idle'],
    userLocks: ['several', 'one'],
    expiryColumn: ['none', 'expires_at', 'lock_until', 'expired_after'],
  },
  create: ({ index, size, options, choice, wallMs }): SqlState => ({
    options,
    index,
    size,
    tables: new Map(),
    sessions: new Map(),
    pool: options.pooler === 'none' ? undefined : emptyPool(),
    ended: new WeakSet(),
    granted: [],
    freed: new Set(),
    chance: choice.stream(`row-lock:${index}`),
    role: index === 0 || options.replication !== 'asynchronous' ? 'primary' : 'replica',
    leader: 0,
    log: [],
    unsent: [],
    sources:
      options.replication === 'two-way'
        ? Array.from({ length: size }, () => ({ ...NOTHING_SENT, arrived: [] }))
        : [],
    wantsCopy: false,
    nextPullMs: isAlone(index, options) ? Infinity : options.replicationRetryMs,
    wallMs: wallMs ?? (() => 0),
    expiredUpToMs: -Infinity,
    nowMs: 0,
    out: NOWHERE,
  }),
  step: (state: SqlState, input: Input<Statement, PeerBody>, nowMs, out) => {
    state.nowMs = nowMs
    state.out = out
    take(state, input)
  },
  wakeAtMs: (state) => {
    let soonestMs = copies(state) ? state.nextPullMs : Infinity
    if (state.unsent[0] !== undefined) soonestMs = Math.min(soonestMs, state.unsent[0])
    for (const table of state.tables.values()) {
      for (const wait of table.waits) {
        soonestMs = Math.min(soonestMs, wait.deadlineMs, wait.deadlockCheckMs)
      }
    }
    const { idleInTransactionTimeoutMs } = state.options
    if (idleInTransactionTimeoutMs !== Infinity) {
      for (const { transaction, waiting, lastActiveMs } of state.sessions.values()) {
        if (transaction === 'none' || waiting !== undefined) continue
        soonestMs = Math.min(soonestMs, lastActiveMs + idleInTransactionTimeoutMs)
      }
    }
    return Math.min(soonestMs, nextPoolTimeoutMs(state))
  },
  wakeAtWallMs: nextExpiryMs,
  client: sqlClient,
  view: (state): SqlView => new View(state),
})
