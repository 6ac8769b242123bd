/** Who holds a Consul lock according to the servers' data: whose session the key has. */

import type { Origin, ServerView, ServiceViews } from '#sim'

const NOBODY: readonly Origin[] = []

/**
 * On whose behalf the session that has the key acquired it. What is committed is on the disks of a majority, so the
 * server that has applied most knows best, even while it is down.
 */
export const sessionOwner = (
  servers: readonly ServerView<ServiceViews['consul']>[],
  key: string,
): readonly Origin[] => {
  let newest: ServiceViews['consul'] | undefined
  for (const { data } of servers) {
    if (newest === undefined || data.applied() > newest.applied()) newest = data
  }
  const pair = newest?.pair(key)
  return pair?.origin === undefined || pair.session === '' ? NOBODY : [pair.origin]
}
