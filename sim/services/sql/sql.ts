/** A relational server with row locks: PostgreSQL or MySQL/MariaDB with InnoDB, alone or with asynchronous replicas. */

import type { Origin } from '../../kernel/index.ts'
import { defineService } from '../service.ts'
import type { Input, Outbox } from '../service.ts'
import { sqlClient } from './client.ts'
import { circleOf } from './locks.ts'
import type { SqlOptions, SqlState, Version, Wait } from './memory.ts'
import { pull, takePeer } from './replication.ts'
import type { PeerBody } from './replication.ts'
import { closeSession, drop, dropAll, fail, settle, takeRequest } from './session.ts'
import type { Statement } from './statements.ts'

/** What a judge may look at in one server. */
export interface SqlView {
  readonly role: 'primary' | 'replica'
  /** The committed row. */
  row(table: string, key: string): Version | undefined
  /** On whose behalf an open transaction has the exclusive lock of an existing row. */
  lockHolder(table: string, key: string): Origin | undefined
}

const OPTIONS: SqlOptions = {
  flavour: 'postgres',
  isolation: 'default',
  lockWaitTimeoutMs: -1,
  deadlockTimeoutMs: 1_000,
  idleInTransactionTimeoutMs: Infinity,
  maxConnections: 100,
  indexed: true,
  grantOrder: 'fifo',
  replication: 'none',
  replicationRetryMs: 5_000,
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
  if (state.role === 'replica' && state.nextPullMs <= nowMs) pull(state)
}

const stopServing = (state: SqlState): void => {
  const connections = [...state.sessions.keys()]
  dropAll(state)
  for (const connection of connections) state.out.close(connection)
}

const take = (state: SqlState, input: Input<Statement, PeerBody>): void => {
  switch (input.kind) {
    case 'request':
      takeRequest(state, input)
      break
    case 'closed':
      closeSession(state, input.connection)
      break
    case 'tick':
      tick(state)
      break
    case 'peer':
      takePeer(state, input.from, input.body)
      break
    case 'crash':
      dropAll(state)
      break
    case 'restart':
      if (state.role === 'replica') pull(state)
      break
    case 'promote':
      state.role = 'primary'
      state.leader = state.index
      state.wantsCopy = false
      break
    case 'demote':
      stopServing(state)
      state.role = 'replica'
      state.leader = input.leader
      // What it had committed and not sent is not in the new primary's history (pg_rewind, a fresh base backup).
      state.wantsCopy = true
      pull(state)
      break
  }
  settle(state)
}

/**
 * The relational server. Timers (lock waits, deadlock checks, idle transactions) run on the monotonic clock;
 * there is no `now()`, whose answer would be the wall clock's.
 */
export const sql = defineService({
  name: 'sql',
  summary: 'relational server with row locks: PostgreSQL or InnoDB',
  sources: [
    'PostgreSQL manual: explicit-locking, index-unique-checks, transaction-iso; measured on 15.18',
    'MySQL manual: innodb-locks-set, innodb-locking, innodb-consistent-read; measured on MariaDB 10.11.19',
  ],
  nodeName: 'database',
  clock: 'monotonic',
  options: OPTIONS,
  optionWords: {
    flavour: ['postgres', 'innodb'],
    isolation: ['default', 'read committed', 'repeatable read'],
    grantOrder: ['fifo', 'arbitrary'],
    replication: ['none', 'asynchronous'],
  },
  create: ({ index, size, options, choice }): SqlState => ({
    options,
    index,
    size,
    tables: new Map(),
    sessions: new Map(),
    ended: new WeakSet(),
    granted: [],
    freed: new Set(),
    chance: choice.stream(`row-lock:${index}`),
    role: index === 0 || options.replication === 'none' ? 'primary' : 'replica',
    leader: 0,
    log: [],
    wantsCopy: false,
    nextPullMs:
      index === 0 || options.replication === 'none' ? Infinity : options.replicationRetryMs,
    nowMs: 0,
    out: NOWHERE,
  }),
  step: (state: SqlState, input: Input<Statement, PeerBody>, nowMs, out) => {
    state.nowMs = nowMs
    state.out = out
    take(state, input)
  },
  wakeAtMs: (state) => {
    let soonestMs = state.role === 'replica' ? state.nextPullMs : Infinity
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
    return soonestMs
  },
  client: sqlClient,
  view: (state): SqlView => ({
    get role() {
      return state.role
    },
    row: (table, key) => state.tables.get(table)?.committed.get(key),
    lockHolder: (name, key) => {
      const table = state.tables.get(name)
      if (table === undefined) return undefined
      if (!table.committed.has(key) && !table.pending.has(key)) return undefined
      return table.locks.get(key)?.find((lock) => lock.exclusive)?.origin
    },
  }),
})
