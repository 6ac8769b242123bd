/** Who holds a ZooKeeper lock according to the servers' data: the lowest child of the lock's directory. */

import type { Origin, ServerView, ServiceViews } from '#sim'

type Servers = readonly ServerView<ServiceViews['zookeeper']>[]

/** Sequence number at the end of a node's name: ten digits, or a sign and more once it has overflowed. */
const sequenceOf = (name: string): number => Number(/[-_](-?\d{9,10})$/.exec(name)?.[1] ?? NaN)

/** The nodes of a lock, lowest sequence number first. */
export const bySequence = (names: readonly string[]): string[] =>
  [...names].sort((one, other) => sequenceOf(one) - sequenceOf(other))

/**
 * The owner of the lowest node of the directory whose name is wanted. What is committed is on the disks of
 * a majority, so the server that has applied most knows best, even while it is down.
 */
export const lowestOwner = (
  servers: Servers,
  directory: string,
  wanted: (name: string) => boolean,
): readonly Origin[] => {
  let newest: Servers[number] | undefined
  for (const server of servers) {
    if (newest === undefined || server.data.zxid() > newest.data.zxid()) newest = server
  }
  let lowest: { readonly number: number; readonly origin: Origin | undefined } | undefined
  for (const { name, origin } of newest?.data.children(directory) ?? []) {
    const number = sequenceOf(name)
    if (wanted(name) && (lowest === undefined || number < lowest.number))
      lowest = { number, origin }
  }
  return lowest?.origin === undefined ? [] : [lowest.origin]
}
