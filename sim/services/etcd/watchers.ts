/** The watches that the clients of one etcd server have open (mvcc/watchable_store.go): in order, from a revision on. */

import type { Connection, Outbox } from '../service.ts'
import type { Event, Push } from './protocol.ts'
import { EVENTS } from './protocol.ts'

interface Watcher {
  readonly key: string
  readonly prefix: boolean
  readonly fromRevision: number
  /** Letters sent. */
  pushes: number
}

/** Open watches, one a connection. Memory only. */
export type Watchers = Map<Connection, Watcher>

const send = (
  connection: Connection,
  watcher: Watcher,
  events: readonly Event[],
  out: Outbox,
): void => {
  const wanted = events.filter(
    ({ key, revision }) =>
      revision >= watcher.fromRevision &&
      (watcher.prefix ? key.startsWith(watcher.key) : key === watcher.key),
  )
  if (wanted.length === 0) return
  const push: Push = { number: ++watcher.pushes, events: wanted }
  out.push(connection, EVENTS, push)
}

/** Opens a watch, and tells at once what has happened since its revision. */
export const openWatch = (
  watchers: Watchers,
  connection: Connection,
  wanted: Pick<Watcher, 'key' | 'prefix' | 'fromRevision'>,
  past: readonly Event[],
  out: Outbox,
): void => {
  const { key, prefix, fromRevision } = wanted
  const watcher: Watcher = { key, prefix, fromRevision, pushes: 0 }
  watchers.set(connection, watcher)
  send(connection, watcher, past, out)
}

/** Tells everybody who watches of new events. */
export const publish = (watchers: Watchers, events: readonly Event[], out: Outbox): void => {
  for (const [connection, watcher] of watchers) send(connection, watcher, events, out)
}
