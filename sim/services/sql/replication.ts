/** Asynchronous replication: committed changes follow to the other servers later; row locks never do. */

import { keep, tableOf } from './memory.ts'
import type { Change, Source, SqlState, Transaction, Version } from './memory.ts'

/** What servers of a group say to each other. */
export type PeerBody =
  /** Committed transactions from this position of the sender's log on. */
  | {
      readonly kind: 'changes'
      readonly position: number
      readonly transactions: readonly Transaction[]
    }
  /** The sender has everything before this position of the receiver's log; -1 asks for a full copy. */
  | { readonly kind: 'pull'; readonly position: number }
  | {
      readonly kind: 'copy'
      readonly log: readonly Transaction[]
      readonly tables: readonly (readonly [string, ReadonlyMap<string, Version>])[]
    }

/** Notes a committed transaction and sends it on, at once or after the lag. Nobody waits for that. */
export const logTransaction = (state: SqlState, transaction: Transaction): void => {
  state.log.push(transaction)
  const { replicationLagMs } = state.options
  state.unsent.push(state.nowMs + replicationLagMs)
  if (replicationLagMs === 0) sendDue(state)
}

/** Sends what has been kept back for the length of the lag. */
export const sendDue = (state: SqlState): void => {
  const position = sentOf(state)
  while (state.unsent[0] !== undefined && state.unsent[0] <= state.nowMs) state.unsent.shift()
  if (sentOf(state) === position) return
  const transactions = state.log.slice(position, sentOf(state))
  const body: PeerBody = { kind: 'changes', position, transactions }
  for (let index = 0; index < state.size; index++) {
    if (index !== state.index) state.out.peer(index, body)
  }
}

const sentOf = ({ log, unsent }: SqlState): number => log.length - unsent.length

/** Asks for what may have been missed: a replica its primary, one of two primaries the other. */
export const pull = (state: SqlState): void => {
  state.nextPullMs = state.nowMs + state.options.replicationRetryMs
  if (state.options.replication !== 'two-way') {
    const body: PeerBody = { kind: 'pull', position: state.wantsCopy ? -1 : state.log.length }
    state.out.peer(state.leader, body)
    return
  }
  for (const [index, { position, arrived, stopped }] of state.sources.entries()) {
    if (index === state.index || stopped) continue
    const body: PeerBody = { kind: 'pull', position: position + arrived.length }
    state.out.peer(index, body)
  }
}

const apply = (state: SqlState, transaction: Transaction): void => {
  for (const change of transaction.changes) store(state, change)
  state.log.push(transaction)
}

const store = (state: SqlState, { table: name, key, version }: Change): void => {
  const table = tableOf(state, name)
  keep(table, key, version)
  const id = version?.columns['id']
  if (typeof id === 'number') table.nextId = Math.max(table.nextId, id + 1)
}

/** Takes a message of another server. */
export const takePeer = (state: SqlState, from: number, body: PeerBody): void => {
  if (body.kind === 'pull') {
    if (state.role === 'primary') answerPull(state, from, body.position)
    return
  }
  if (state.options.replication === 'two-way') {
    if (body.kind === 'changes') receive(state, from, body)
    return
  }
  if (state.role === 'primary' || from !== state.leader) return
  if (body.kind === 'copy') {
    for (const { committed } of state.tables.values()) committed.clear()
    for (const [name, rows] of body.tables) {
      for (const [key, version] of rows) store(state, { table: name, key, version, inserts: true })
    }
    state.log = [...body.log]
    state.wantsCopy = false
    state.out.changed('lost')
    return
  }
  if (state.wantsCopy) return
  if (body.position > state.log.length) {
    pull(state)
    return
  }
  const news = body.transactions.slice(state.log.length - body.position)
  if (news.length === 0) return
  for (const transaction of news) apply(state, transaction)
  state.out.changed('lost')
}

const answerPull = (state: SqlState, from: number, position: number): void => {
  if (position < 0 || position > state.log.length) {
    const tables = [...state.tables.values()].map(
      ({ name, committed }) => [name, new Map(committed)] as const,
    )
    state.out.peer(from, { kind: 'copy', log: [...state.log], tables } satisfies PeerBody)
  } else if (position < sentOf(state)) {
    const body: PeerBody = {
      kind: 'changes',
      position,
      transactions: state.log.slice(position, sentOf(state)),
    }
    state.out.peer(from, body)
  }
}

/** Two-way: puts transactions of another primary in line. */
const receive = (
  state: SqlState,
  from: number,
  { position, transactions }: Extract<PeerBody, { kind: 'changes' }>,
): void => {
  const source = state.sources[from] as Source
  const next = source.position + source.arrived.length
  if (source.stopped || position > next) return
  source.arrived.push(...transactions.slice(next - position))
}

/**
 * Two-way: applies what has come, as far as no local transaction has a lock of its rows; the applier waits for row
 * locks like any other. What it applies does not go round again: each server sends only what its own clients did
 * (MySQL drops events that have its own server id). A stopped replication stays so until an operator repairs it.
 */
export const applyArrived = (state: SqlState): void => {
  for (const source of state.sources) {
    for (let first = source.arrived[0]; first !== undefined; first = source.arrived[0]) {
      if (first.changes.some(({ table, key }) => isLocked(state, table, key))) break
      if (first.changes.some((change) => contradicts(state, change))) {
        source.stopped = true
        source.arrived.length = 0
        break
      }
      for (const change of first.changes) {
        if (applies(state, change, first.committedAtMs)) store(state, change)
      }
      source.arrived.shift()
      source.position++
      state.out.changed('request', first.origin)
    }
  }
}

const isLocked = (state: SqlState, table: string, key: string): boolean =>
  state.tables.get(table)?.locks.has(key) ?? false

const contradicts = (state: SqlState, { table, key, inserts }: Change): boolean => {
  if (state.options.onConflict !== 'stop') return false
  const isThere = tableOf(state, table).committed.has(key)
  if (inserts) return isThere
  // MySQL's applier stops at a row that is not there (1032); PostgreSQL's goes on (logical-replication-conflicts).
  return state.options.flavour === 'innodb' && !isThere
}

const applies = (
  state: SqlState,
  { table, key, inserts }: Change,
  committedAtMs: number,
): boolean => {
  const here = tableOf(state, table).committed.get(key)
  if (here === undefined) return inserts
  return state.options.onConflict === 'stop' || (here.committedAtMs ?? 0) <= committedAtMs
}
