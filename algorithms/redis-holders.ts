/** Who holds a Redis lock according to the servers' data. */

import { majorityOf } from '#sim'
import type { Origin, ServerView, ServiceViews } from '#sim'

type Servers = readonly ServerView<ServiceViews['redis']>[]

/**
 * The owner of a key on each master that is up. There is one master unless a failover has made a second;
 * a replica's copy grants nothing as long as nobody is sent there to lock.
 */
export const ownersOf = (servers: Servers, key: string): readonly Origin[] => {
  const owners: Origin[] = []
  for (const { up, data } of servers) {
    const origin = up ? data.granted(key)?.origin : undefined
    if (origin === undefined || owners.some(({ hold }) => hold === origin.hold)) continue
    owners.push(origin)
  }
  return owners
}

/**
 * Who owns the key on a majority of all servers, counting those that are up. What is left of an earlier
 * attempt has another value and does not count, although it was made for the same hold.
 */
export const majorityOwners = (servers: Servers, key: string): readonly Origin[] =>
  ownersOfVotes(servers, key, majorityOf(servers.length))

/** The same for a quorum that is not a majority. */
export const ownersOfVotes = (servers: Servers, key: string, quorum: number): readonly Origin[] => {
  // If anybody has a majority, then one of the first N + 1 − quorum servers has voted for it. This runs at
  // every change of every server, so it counts in place instead of building a table of votes.
  for (let candidate = 0; candidate <= servers.length - quorum; candidate++) {
    const entry = entryOn(servers[candidate], key)
    if (entry === undefined) continue
    let votes = 1
    let left = servers.length - candidate - 1
    for (; votes < quorum && votes + left >= quorum; left--) {
      const vote = entryOn(servers[servers.length - left], key)
      if (vote?.value === entry.value && vote.origin.hold === entry.origin.hold) votes++
    }
    if (votes >= quorum) return [entry.origin]
  }
  return NOBODY
}

const NOBODY: readonly Origin[] = []

const entryOn = (server: Servers[number] | undefined, key: string) =>
  server?.up === true ? server.data.granted(key) : undefined

/**
 * Which holds have the key on so many of all servers, counting those that are up. For keys whose value is not the
 * same on all servers, or not one word.
 */
export const quorumOwners = (servers: Servers, key: string, quorum: number): readonly Origin[] => {
  const owners: Origin[] = []
  for (let candidate = 0; candidate <= servers.length - quorum; candidate++) {
    const origin = entryOn(servers[candidate], key)?.origin
    if (origin === undefined || owners.some(({ hold }) => hold === origin.hold)) continue
    let votes = 1
    for (let other = candidate + 1; other < servers.length; other++) {
      if (entryOn(servers[other], key)?.origin.hold === origin.hold) votes++
    }
    if (votes >= quorum) owners.push(origin)
  }
  return owners.length === 0 ? NOBODY : owners
}
