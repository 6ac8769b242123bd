/** What Redisson does once a script has said that the lock is ours: the replicas, and the watchdog. */

import type { Process } from '#sim'
import { isSynced } from './redisson-client.ts'
import type { Holder, Redisson, Tried } from './redisson-client.ts'
import type { RedissonValues } from './redisson-parameters.ts'
import { beginWatch } from './redisson-watchdog.ts'

/** The case of one try that the server has said yes to. */
export interface Granted<Held> {
  readonly grant: Held
  /** The client's monotonic clock before it asked. */
  readonly askedMs: number
  readonly leaseMs: number
  /** Whether a watchdog renews it. */
  readonly isWatched: boolean
  /** Gives it back, if too few replicas have it. */
  release(): Process<unknown>
}

/** WAIT for the replicas, with a release and an error if too few have it, and a watchdog if there is to be one. */
export function* settleGrant<Held>(
  client: Redisson,
  me: Holder,
  { grant, askedMs, leaseMs, isWatched, release }: Granted<Held>,
  parameters: RedissonValues,
): Process<Tried<Held>> {
  const isSafe = yield* isSynced(client, parameters.syncedReplicas)
  if (isSafe === false) yield* release()
  if (isSafe !== true) return { kind: 'failed', mayHaveHappened: true }
  if (isWatched) {
    const { lock } = me
    yield* beginWatch(client, { lock, askedMs, leaseMs, lost: (why) => me.lost(why) }, parameters)
  }
  return { kind: 'held', grant }
}
