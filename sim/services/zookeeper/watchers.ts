/** Who on a client is told of which event (ZKWatchManager.java). */

import type { Mailbox } from '../../kernel/index.ts'
import type { WatchedPaths, WatchEvent, WatchType } from './protocol.ts'

type Watcher = Mailbox<WatchEvent>
type Table = Map<string, Set<Watcher>>

/** The watchers of one session. */
export interface Watchers {
  /** Registers a watcher for one event. */
  add(kind: keyof WatchedPaths, path: string, watcher: Watcher): void
  /** Hands on an event of a node to those who watch it, and forgets them. */
  dispatch(type: WatchType, path: string): void
  /** Tells the default watcher and every registered one of a change of the session. Uses nothing up. */
  announce(state: WatchEvent['state']): void
  /** What to watch again after a reconnect; undefined for nothing. */
  paths(): WatchedPaths | undefined
}

const move = (table: Table, path: string, into: Set<Watcher>): void => {
  const watchers = table.get(path)
  if (watchers === undefined) return
  table.delete(path)
  for (const watcher of watchers) into.add(watcher)
}

/** No watchers but the default one. */
export const newWatchers = (byDefault: Watcher | undefined): Watchers => {
  const tables: Record<keyof WatchedPaths, Table> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
  }
  const { data, exist, child } = tables
  return {
    add(kind, path, watcher) {
      const set = tables[kind].get(path)
      if (set === undefined) tables[kind].set(path, new Set([watcher]))
      else set.add(watcher)
    },
    dispatch(type, path) {
      // A watcher that is registered twice is called once.
      const told = new Set<Watcher>()
      if (type === 'NodeChildrenChanged') move(child, path, told)
      else {
        move(data, path, told)
        move(exist, path, told)
        if (type === 'NodeDeleted') move(child, path, told)
      }
      for (const watcher of told) watcher.put({ type, state: 'SyncConnected', path })
    },
    announce(state) {
      const told = new Set<Watcher>(byDefault === undefined ? [] : [byDefault])
      for (const table of [data, exist, child]) {
        for (const watchers of table.values()) for (const watcher of watchers) told.add(watcher)
      }
      for (const watcher of told) watcher.put({ type: 'None', state, path: '' })
    },
    paths: () =>
      data.size + exist.size + child.size === 0
        ? undefined
        : { data: [...data.keys()], exist: [...exist.keys()], child: [...child.keys()] },
  }
}
