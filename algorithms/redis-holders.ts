/** Who holds a Redis lock according to the servers' data, and what counts as a majority. */

import type { Origin, ServerView, ServiceViews } from '#sim'

type Servers = readonly ServerView<ServiceViews['redis']>[]

/** The smallest number that is more than half. */
export const majorityOf = (size: number): number => Math.floor(size / 2) + 1

/**
 * The owner of a key on each master that is up. There is one master unless a failover has made a second;
 * a replica's copy grants nothing as long as nobody is sent there to lock.
 */
export const ownersOf = (servers: Servers, key: string): readonly Origin[] => {
  const owners: Origin[] = []
  for (const { up, data } of servers) {
    const origin = up && data.role() === 'master' ? data.peek(key)?.origin : undefined
    if (origin === undefined || owners.some(({ hold }) => hold === origin.hold)) continue
    owners.push(origin)
  }
  return owners
}

/**
 * Who owns the key on a majority of all servers, counting those that are up. What is left of an earlier
 * attempt has another value and does not count, although it was made for the same hold.
 */
export const majorityOwners = (servers: Servers, key: string): readonly Origin[] => {
  const quorum = majorityOf(servers.length)
  const votes: { readonly value: unknown; readonly origin: Origin; count: number }[] = []
  for (const { up, data } of servers) {
    const entry = up && data.role() === 'master' ? data.peek(key) : undefined
    if (entry === undefined) continue
    const { value, origin } = entry
    const vote = votes.find((each) => each.value === value && each.origin.hold === origin.hold)
    if (vote === undefined) votes.push({ value, origin, count: 1 })
    else vote.count++
  }
  return votes.filter(({ count }) => count >= quorum).map(({ origin }) => origin)
}
