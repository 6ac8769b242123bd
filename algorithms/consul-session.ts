/** Consul's own Go client, `api.Lock`: a session with a TTL locks a key, is renewed, and a monitor watches the key. */

import { monotonic, sleep, spawn, stop } from '#sim'
import type { ConsulClient, Process, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { sessionOwner } from './consul-holders.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'

const SOURCE = 'hashicorp/consul api/lock.go, api/session.go (RenewPeriodic)'
const SESSIONS = 'developer.hashicorp.com/consul/docs/dynamic-app-config/sessions'

const parameters = {
  ttlMs: duration(
    15_000,
    'time to live of the session, 10 s at least; 0 for a session that only the health of the machine ends',
  ),
  lockDelayMs: duration(
    15_000,
    'for how long nobody gets the key after the session was invalidated',
  ),
  behaviour: oneOf(
    ['release', 'delete'],
    'release',
    'what becomes of the key of an invalidated session; a key that is deleted counts its acquisitions from one again',
  ),
  waitMs: duration(15_000, 'how long each look at a taken key waits for a change'),
  retryMs: duration(
    5_000,
    'how long to wait after an acquisition was refused although nobody had the key',
  ),
  tryOnce: flag(false, 'give up after `waitMs` instead of waiting on (LockTryOnce)'),
  patienceMs: duration(60_000, 'when the caller stops the attempt otherwise'),
  monitorRetries: count(
    0,
    'how often the monitor repeats a read that failed before it reports a loss',
  ),
  lostAfterTtl: flag(
    false,
    'report the loss also when no renewal got through for one TTL; api.Lock ends the renewing without a word',
  ),
  requestTimeoutMs: duration(
    10_000,
    'how long a request may go unanswered; 60 s if Consul is not told otherwise (rpc_client_timeout)',
  ),
}

interface Held extends Grant {
  readonly session: string
  readonly renewing: Task | undefined
  readonly monitor: Task
}

type Values = ParameterValues<typeof parameters>
type Me = Client<{ consul: 3 }, ConsulClient>

/** How long the monitor sleeps before it repeats a read (DefaultMonitorRetryTime). */
const MONITOR_RETRY_MS = 2_000
/** How soon a renewal that failed is tried again. */
const RENEW_RETRY_MS = 1_000

/** RenewPeriodic: renews every half TTL, and gives up when that failed for one. */
function* renew(me: Me, session: string, { ttlMs, lostAfterTtl }: Values): Process {
  let renewedAtMs = yield* monotonic()
  let waitMs = ttlMs / 2
  for (;;) {
    if ((yield* monotonic()) - renewedAtMs > ttlMs) {
      if (lostAfterTtl) yield* me.lost('the session was not renewed for a TTL')
      return
    }
    yield* sleep(waitMs)
    // From before the request: when it arrives, the session lives at least for a TTL from here.
    const askedAtMs = yield* monotonic()
    const renewed = yield* me.session.renewSession(session)
    if (!renewed.ok) {
      waitMs = RENEW_RETRY_MS
      continue
    }
    if (!renewed.value) {
      if (lostAfterTtl) yield* me.lost('there is no such session any more')
      return
    }
    waitMs = ttlMs / 2
    renewedAtMs = lostAfterTtl ? askedAtMs : yield* monotonic()
  }
}

/** monitorLock: waits, by consistent reads, until the key is not the session's any more. */
function* monitor(me: Me, session: string, { monitorRetries }: Values): Process {
  let retries = monitorRetries
  let index = 0
  for (;;) {
    const read = yield* me.session.get(me.lock, { mode: 'consistent', index })
    if (read.ok) {
      if (read.value.pair?.session !== session) break
      retries = monitorRetries
      index = read.value.index
    } else {
      if (retries-- <= 0) break
      yield* sleep(MONITOR_RETRY_MS)
      index = 0
    }
  }
  yield* me.lost('the key is not the session’s any more, or nobody answers')
}

/** Waits until the session has the key; false when it gives up. */
function* waitForKey(me: Me, session: string, values: Values): Process<boolean> {
  const { retryMs, tryOnce, patienceMs } = values
  const beganAtMs = yield* monotonic()
  let { waitMs } = values
  let index = 0
  for (let attempt = 0; ; attempt++) {
    const elapsedMs = (yield* monotonic()) - beganAtMs
    if (elapsedMs >= patienceMs) return false
    if (tryOnce && attempt > 0) {
      if (elapsedMs > values.waitMs) return false
      waitMs = Math.max(1, values.waitMs - elapsedMs)
    }
    const found = yield* me.session.get(me.lock, { index, waitMs })
    if (!found.ok) return false
    const owner = found.value.pair?.session ?? ''
    if (owner === session) return true
    if (owner !== '') {
      index = found.value.index
      continue
    }
    const locked = yield* me.session.acquire(me.lock, session)
    if (!locked.ok) return false
    if (locked.value) return true
    const again = yield* me.session.get(me.lock, { waitMs })
    if (!again.ok) return false
    // Nobody has it and we do not get it: a lock-delay, which no read can wait for.
    if ((again.value.pair?.session ?? '') === '') yield* sleep(retryMs)
    else index = again.value.index
  }
}

/** The number of this acquisition, if the key is still the session's: the sequencer. */
function* sequencer(me: Me, session: string): Process<number | undefined> {
  const read = yield* me.session.get(me.lock, { mode: 'consistent' })
  return read.ok && read.value.pair?.session === session ? read.value.pair.lockIndex : undefined
}

/** Ends the session in the background. What it still has is released, with its lock-delay. */
function* end(me: Me, session: string, renewing: Task | undefined): Process {
  if (renewing !== undefined) yield* stop(renewing)
  yield* spawn('destroy session', me.session.destroySession(session))
}

/**
 * Sessions prefer liveness: a holder that stands still for long loses its session and does not know. The
 * lock-delay hides that for a while. LockIndex counts the acquisitions of the key, and is what a store can check.
 */
export const consulSession = defineAlgorithm({
  name: 'consul-session',
  summary: 'Consul api.Lock: a session with TTL and lock-delay has the key; renewed and monitored',
  sources: [SOURCE, SESSIONS],
  steps: [
    'Make a session with a TTL of 15 s and renew it every half of that.',
    'Read the key; while a session has it, wait with blocking reads until that changes.',
    'Acquire the key for the session; if that is refused although nobody has it, a lock-delay is on, and it is tried again every 5 s.',
    'Read the LockIndex of the key: with the session it is the sequencer, the fencing token.',
    'While it is held, a monitor waits with consistent blocking reads and reports the loss when the key is not the session’s any more.',
    'Release the key, then destroy the session.',
  ],
  useWhen:
    'For leader election and coarse locks where Consul runs anyway and a takeover may take most of a minute. Check the LockIndex at the store where two at once would do harm.',
  claims: [
    { promise: 'exclusion/service', from: SESSIONS },
    { promise: 'fencing', from: `${SESSIONS}, LockIndex and Session as sequencer` },
    { promise: 'deadlock-freedom', from: SESSIONS },
    { promise: 'ownership', from: SESSIONS },
  ],
  needs: { consul: 3 },
  scales: 'consul',
  parameters,
  gives: () => ({ token: true, validity: false }),
  leaseMs: ({ ttlMs, lockDelayMs }) => (ttlMs > 0 ? 2 * ttlMs + lockDelayMs : Infinity),

  *open(me, { requestTimeoutMs }): Process<ConsulClient> {
    return me.services.consul.within(requestTimeoutMs)
  },

  *acquire(me, values): Process<Held | undefined> {
    const { ttlMs, behaviour, lockDelayMs } = values
    const made = yield* me.session.createSession({ ttlMs, behaviour, lockDelayMs })
    if (!made.ok) return undefined
    const session = made.value
    const renewing =
      ttlMs > 0 ? yield* spawn('renew session', renew(me, session, values)) : undefined
    const isOurs = yield* waitForKey(me, session, values)
    const token = isOurs ? yield* sequencer(me, session) : undefined
    if (token === undefined) {
      yield* end(me, session, renewing)
      return undefined
    }
    const watching = yield* spawn('monitor', monitor(me, session, values))
    return { token, session, renewing, monitor: watching }
  },

  *release(me, { session, renewing, monitor: watching }) {
    yield* stop(watching)
    const released = yield* me.session.release(me.lock, session)
    yield* end(me, session, renewing)
    if (!released.ok) return 'unknown'
    return released.value ? 'ok' : 'not-held'
  },

  holders: ({ consul }, lock) => sessionOwner(consul, lock),
})
