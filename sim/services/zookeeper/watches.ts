/** One-shot watches that the clients of one server have set (WatchManager.java, DataTree.java). */

import type { Connection } from '../service.ts'
import type { WatchedPaths, WatchType } from './protocol.ts'
import type { Tree } from './tree.ts'

type Table = Map<string, Set<Connection>>

/** Watches of one server. Memory only. */
export interface Watches {
  /** Set by exists and getData. */
  readonly data: Table
  /** Set by getChildren. */
  readonly child: Table
}

/** No watches. */
export const newWatches = (): Watches => ({ data: new Map(), child: new Map() })

/** Sets a watch; a connection that watches a path twice is told once. */
export const addWatch = (table: Table, path: string, connection: Connection): void => {
  const set = table.get(path)
  if (set === undefined) table.set(path, new Set([connection]))
  else set.add(connection)
}

/** Forgets the watches of a connection that ended. */
export const dropWatches = (watches: Watches, connection: Connection): void => {
  for (const table of [watches.data, watches.child]) {
    for (const [path, set] of table) {
      if (set.delete(connection) && set.size === 0) table.delete(path)
    }
  }
}

/** Uses up the watches that an event fires and says whose they were. */
export const fireWatches = (
  watches: Watches,
  type: WatchType,
  path: string,
): Iterable<Connection> | undefined => {
  if (type === 'NodeChildrenChanged') return take(watches.child, path)
  const data = take(watches.data, path)
  if (type !== 'NodeDeleted') return data
  // Who watches the data and the children of a node learns of its end once.
  const child = take(watches.child, path)
  return data === undefined ? child : child === undefined ? data : new Set([...data, ...child])
}

const take = (table: Table, path: string): Set<Connection> | undefined => {
  const set = table.get(path)
  if (set !== undefined) table.delete(path)
  return set
}

/**
 * Sets the watches of a client that came back, and tells at once what changed after `lastZxid`. A node
 * that came and went meanwhile leaves no trace (DataTree.setWatches).
 */
export const resetWatches = (
  watches: Watches,
  tree: Tree,
  connection: Connection,
  wanted: WatchedPaths,
  lastZxid: number,
  fired: (type: WatchType, path: string) => void,
): void => {
  for (const path of wanted.data) {
    const node = tree.nodes.get(path)
    if (node === undefined) fired('NodeDeleted', path)
    else if (node.mzxid > lastZxid) fired('NodeDataChanged', path)
    else addWatch(watches.data, path, connection)
  }
  for (const path of wanted.exist) {
    if (tree.nodes.has(path)) fired('NodeCreated', path)
    else addWatch(watches.data, path, connection)
  }
  for (const path of wanted.child) {
    const node = tree.nodes.get(path)
    if (node === undefined) fired('NodeDeleted', path)
    else if (node.pzxid > lastZxid) fired('NodeChildrenChanged', path)
    else addWatch(watches.child, path, connection)
  }
}
