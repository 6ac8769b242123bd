/** Who holds an etcd lock according to the servers' data: the key under its prefix that was created first. */

import type { Origin, ServerView, ServiceViews } from '#sim'

type Servers = readonly ServerView<ServiceViews['etcd']>[]
type View = ServiceViews['etcd']

/** The data of the server that has applied most: what is committed is on a majority's disks, up or down. */
export const newestOf = (servers: Servers): View | undefined => {
  let newest: View | undefined
  for (const { data } of servers) {
    if (newest === undefined || data.applied() > newest.applied()) newest = data
  }
  return newest
}

/** Everybody who has a key under the prefix. */
export const ownersUnder = (servers: Servers, prefix: string): readonly Origin[] => {
  const owners: Origin[] = []
  for (const { origin } of newestOf(servers)?.keys(prefix) ?? []) {
    if (origin !== undefined) owners.push(origin)
  }
  return owners
}

/** The owner of the key under the prefix that was created first. */
export const firstOwner = (servers: Servers, prefix: string): readonly Origin[] => {
  let first: ReturnType<View['keys']>[number] | undefined
  for (const stored of newestOf(servers)?.keys(prefix) ?? []) {
    if (first === undefined || stored.kv.createRevision < first.kv.createRevision) first = stored
  }
  return first?.origin === undefined ? [] : [first.origin]
}
