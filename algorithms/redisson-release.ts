/** Releasing a Redisson lock: the same request again until it is answered, and the end of the watchdog. */

import type { Effect, Process, Reply } from '#sim'
import type { ReleaseOutcome } from './algorithm.ts'
import { channelOf, LATCH_MS, sending } from './redisson-client.ts'
import type { Holder, Redisson } from './redisson-client.ts'
import type { RedissonValues } from './redisson-parameters.ts'
import { endWatch } from './redisson-watchdog.ts'

/** What a release needs beside the lock's own script. */
export interface Unlocking {
  readonly leaseMs: number
  readonly unlockLatch: boolean
  readonly keepsDeadEntry?: boolean
  readonly releasedBy?: RedissonValues['releasedBy']
}

/** Sends a script of release until it is answered; `ask` gets the owner, the latch and for how long that lives. */
export function* unlocking(
  client: Redisson,
  me: Holder,
  { unlockLatch, keepsDeadEntry, releasedBy }: Omit<Unlocking, 'leaseMs'>,
  ask: (owner: string, latch: string, latchMs: number) => Effect<Reply<number | null>>,
): Process<ReleaseOutcome> {
  if (releasedBy === 'nobody') return 'unknown'
  const isOther = releasedBy === 'another-thread'
  const owner = isOther ? `${client.owner}-other` : client.owner
  const latch = unlockLatch ? `redisson_unlock_latch:{${me.lock}}:${me.token()}` : ''
  const reply = yield* sending(() => ask(owner, latch, LATCH_MS), true)
  const isUnlocked = reply.ok && reply.value !== null
  if (!isOther && (isUnlocked || keepsDeadEntry !== true)) yield* endWatch(client)
  if (!reply.ok) return reply.why === 'refused' ? 'not-held' : 'unknown'
  return reply.value === null ? 'not-held' : 'ok'
}

/** Releases a hold of a lock that is a hash alone. */
export const unlockHash = (client: Redisson, me: Holder, how: Unlocking): Process<ReleaseOutcome> =>
  unlocking(client, me, how, (owner, latch, latchMs) =>
    client.redis.evaluate<number | null>(
      'reentrant-release',
      [me.lock, channelOf(me.lock), latch],
      [owner, `${how.leaseMs}`, `${latchMs}`],
    ),
  )
