/** Asynchronous replication: committed changes follow to the replicas later; row locks never do. */

import { tableOf } from './memory.ts'
import type { Change, SqlState, Version } from './memory.ts'

/** What servers of a group say to each other. */
export type PeerBody =
  /** Committed transactions from this position of the log on. */
  | {
      readonly kind: 'changes'
      readonly position: number
      readonly transactions: readonly (readonly Change[])[]
    }
  /** A replica has everything before this position; -1 asks for a full copy. */
  | { readonly kind: 'pull'; readonly position: number }
  | {
      readonly kind: 'copy'
      readonly log: readonly (readonly Change[])[]
      readonly tables: readonly (readonly [string, ReadonlyMap<string, Version>])[]
    }

/** Sends the newest transaction to all replicas. Nobody waits for them. */
export const sendToReplicas = (state: SqlState): void => {
  const position = state.log.length - 1
  const body: PeerBody = { kind: 'changes', position, transactions: state.log.slice(position) }
  for (let index = 0; index < state.size; index++) {
    if (index !== state.index) state.out.peer(index, body)
  }
}

/** A replica asks its primary for what it lacks. */
export const pull = (state: SqlState): void => {
  state.nextPullMs = state.nowMs + state.options.replicationRetryMs
  const body: PeerBody = { kind: 'pull', position: state.wantsCopy ? -1 : state.log.length }
  state.out.peer(state.leader, body)
}

const apply = (state: SqlState, changes: readonly Change[]): void => {
  for (const { table, key, version } of changes) {
    const { committed } = tableOf(state, table)
    if (version === undefined) committed.delete(key)
    else committed.set(key, version)
  }
  state.log.push(changes)
}

/** Takes a message of another server. */
export const takePeer = (state: SqlState, from: number, body: PeerBody): void => {
  if (body.kind === 'pull') {
    if (state.role === 'primary') answerPull(state, from, body.position)
    return
  }
  if (state.role === 'primary' || from !== state.leader) return
  if (body.kind === 'copy') {
    for (const { committed } of state.tables.values()) committed.clear()
    for (const [name, rows] of body.tables) {
      const { committed } = tableOf(state, name)
      for (const [key, version] of rows) committed.set(key, version)
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
  for (const changes of news) apply(state, changes)
  state.out.changed('lost')
}

const answerPull = (state: SqlState, from: number, position: number): void => {
  if (position < 0 || position > state.log.length) {
    const tables = [...state.tables.values()].map(
      ({ name, committed }) => [name, new Map(committed)] as const,
    )
    state.out.peer(from, { kind: 'copy', log: [...state.log], tables } satisfies PeerBody)
  } else if (position < state.log.length) {
    const body: PeerBody = {
      kind: 'changes',
      position,
      transactions: state.log.slice(position),
    }
    state.out.peer(from, body)
  }
}
