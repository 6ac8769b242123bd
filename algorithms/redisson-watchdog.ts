/** Redisson's watchdog: it renews a lease for as long as the process lives and nobody has unlocked. */

import { monotonic, sleep, spawn, stop } from '#sim'
import type { Process } from '#sim'
import type { ParameterValues } from './parameters.ts'
import { COMMAND_TIMEOUT_MS, sending } from './redisson-client.ts'
import type { Redisson } from './redisson-client.ts'
import type { watchdogParameters } from './redisson-parameters.ts'

type WatchdogValues = ParameterValues<typeof watchdogParameters> & {
  readonly keepsDeadEntry?: boolean
}

/** What a watchdog watches. */
export interface Watched {
  readonly lock: string
  /** The client's monotonic clock before it asked for the lock: its lease cannot have begun earlier. */
  readonly askedMs: number
  /** The lease that a renewal gives. */
  readonly leaseMs: number
  /** Tells the application. */
  lost(why: string): Process
}

/** Renews until it is stopped, the server says no, or, if it tells, a whole lease has gone by without a yes. */
function* renew(
  { redis, owner }: Redisson,
  { lock, askedMs, leaseMs, lost }: Watched,
  { watchdogMs, onLost, afterError }: WatchdogValues,
): Process {
  const tells = onLost === 'tell'
  let soundUntilMs = askedMs + leaseMs
  for (;;) {
    const leftMs = tells ? soundUntilMs - (yield* monotonic()) : Infinity
    if (leftMs <= 0) return yield* lost('no renewal came through for a whole lease')
    yield* sleep(Math.min(watchdogMs / 3, leftMs))

    const nowMs = yield* monotonic()
    if (tells && nowMs >= soundUntilMs) continue
    const patienceMs = tells ? soundUntilMs - nowMs : COMMAND_TIMEOUT_MS
    const patient = redis.within(Math.min(COMMAND_TIMEOUT_MS, patienceMs))
    const args = [owner, `${leaseMs}`]
    const renewed = yield* sending(() => patient.evaluate('reentrant-renew', [lock], args), !tells)
    if (renewed.ok && renewed.value === 0) {
      if (tells) yield* lost('the server says that the lock is not ours')
      return
    }
    if (renewed.ok) soundUntilMs = nowMs + leaseMs
    else if (afterError === 'stop') return
  }
}

function* watch(client: Redisson, watched: Watched, parameters: WatchdogValues): Process {
  yield* renew(client, watched, parameters)
  client.watchdog = undefined
  if (parameters.keepsDeadEntry !== true) client.watched = 0
}

/** Starts the watchdog of a hold, unless the list of watchdogs says that there is one. */
export function* beginWatch(
  client: Redisson,
  watched: Watched,
  parameters: WatchdogValues,
): Process {
  if (client.watched++ > 0) return
  client.watchdog = yield* spawn('watchdog', watch(client, watched, parameters))
}

/** Takes one hold off the list of watchdogs, and ends the watchdog of the last. */
export function* endWatch(client: Redisson): Process {
  if (client.watched === 0 || --client.watched > 0) return
  const { watchdog } = client
  client.watchdog = undefined
  if (watchdog !== undefined) yield* stop(watchdog)
}
