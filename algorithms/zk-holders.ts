/** What the servers' data say of a ZooKeeper lock: who owns the lowest child of its directory, and who waits. */

import type { Origin, ServerView, ServiceViews } from '#sim'

type Servers = readonly ServerView<ServiceViews['zookeeper']>[]

/** Which of two nodes comes first: below 0 if it is the one. */
export type Order = (one: string, other: string) => number

/** The directory of a lock: every child of it is somebody's who has the lock or wants it. */
export const directoryOf = (lock: string): string => `/locks-${lock}`

/** Wants all nodes of a directory. */
export const everyNode = (): boolean => true

/** Sequence number at the end of a node's name: ten digits, or a sign and more once it has overflowed. */
const sequenceOf = (name: string): number => Number(/[-_](-?\d{9,10})$/.exec(name)?.[1] ?? NaN)

/** By sequence number. Once the 32-bit counter has overflowed, who comes last is the lowest. */
export const byNumber: Order = (one, other) => sequenceOf(one) - sequenceOf(other)

/** By sequence number on a circle of 2^32 (RFC 1982): right as long as fewer than 2^31 numbers lie between. */
export const byNumberOnCircle: Order = (one, other) => (sequenceOf(one) - sequenceOf(other)) | 0

/** By the bare text, as `Collections.sort` does it. */
export const byText: Order = (one, other) => (one < other ? -1 : Number(one > other))

/**
 * The server that has applied most. What is committed is on the disks of a majority, so it knows best, even
 * while it is down.
 */
const newestOf = (servers: Servers): Servers[number] | undefined => {
  let newest: Servers[number] | undefined
  for (const server of servers) {
    if (newest === undefined || server.data.zxid() > newest.data.zxid()) newest = server
  }
  return newest
}

/** The owner of the node of the directory that comes first in this order, of those whose name is wanted. */
export const lowestOwner = (
  servers: Servers,
  directory: string,
  wanted: (name: string) => boolean,
  order: Order = byNumber,
): readonly Origin[] => {
  let lowest: { readonly name: string; readonly origin: Origin | undefined } | undefined
  for (const child of newestOf(servers)?.data.children(directory) ?? []) {
    if (!wanted(child.name)) continue
    if (lowest === undefined || order(child.name, lowest.name) < 0) lowest = child
  }
  return lowest?.origin === undefined ? [] : [lowest.origin]
}

/** The owners of all nodes of the directory whose name is wanted: a queue, its first included. */
export const ownersOf = (
  servers: Servers,
  directory: string,
  wanted: (name: string) => boolean,
): readonly Origin[] => {
  const owners: Origin[] = []
  for (const { name, origin } of newestOf(servers)?.data.children(directory) ?? []) {
    if (origin !== undefined && wanted(name)) owners.push(origin)
  }
  return owners
}

/** What a client must have had committed to stand in the queue of a lock with sequential nodes. */
export const SEQUENTIAL_NODE = 'the transaction that creates the sequential node is committed'
