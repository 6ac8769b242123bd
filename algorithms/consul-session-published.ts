/** A Consul lock as blogs have it: a session with only a name, acquisitions in a hot loop, and an object that remembers. */

import { sleep } from '#sim'
import type { ConsulClient, Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { sessionOwner } from './consul-holders.ts'
import { duration, flag } from './parameters.ts'

const BLOG =
  'jianshu.com/p/67a2d8f18476, a lock of the style that zhisheng, 分布式锁看这篇就够了 (2018), links to'

/** One lock object of one process. */
interface LockObject {
  readonly consul: ConsulClient
  /** The session of the lock that it has, or thinks that it is getting. */
  session: string | undefined
}

/**
 * The session has no TTL, so it ends only with its machine: a process that dies leaves the lock to its agent, for
 * ever. An attempt that is not to wait forgets to clean up, and its object then refuses to try again.
 */
export const consulSessionPublished = defineAlgorithm({
  name: 'consul-session-published',
  summary: 'Consul lock as blogged: session without TTL, hot loop, nobody told of a loss',
  sources: [BLOG],
  steps: [
    'If the object has a session already, it is locked; give up.',
    'Make a session with a name and nothing else, so that only the health of the machine ends it.',
    'Acquire the key for the session, again and again without a pause if the caller wants to wait.',
    'Release the key, then destroy the session.',
  ],
  useWhen: 'Never: it is here for what goes wrong in it. See consul-session.',
  claims: [{ promise: 'exclusion/belief', from: BLOG }],
  needs: { consul: 3 },
  scales: 'consul',
  parameters: {
    blocking: flag(true, 'wait until the lock is free; otherwise try once'),
    pauseMs: duration(
      200,
      'between two attempts of one that waits; 0 in the blog, which costs nothing but load',
    ),
    destroyOnFailure: flag(false, 'destroy the session of an attempt that failed'),
    requestTimeoutMs: duration(10_000, 'how long a request may go unanswered'),
  },
  gives: () => ({ token: false, validity: false }),
  // Its machine may live for ever.
  leaseMs: () => Infinity,

  *open(me, { requestTimeoutMs }): Process<LockObject> {
    return { consul: me.services.consul.within(requestTimeoutMs), session: undefined }
  },

  *acquire(me, { blocking, pauseMs, destroyOnFailure }): Process<Grant | undefined> {
    const { consul } = me.session
    if (me.session.session !== undefined) return undefined
    const made = yield* consul.createSession({})
    if (!made.ok) return undefined
    const session = made.value
    me.session.session = session
    for (;;) {
      const locked = yield* consul.acquire(me.lock, session)
      if (locked.ok && locked.value) return {}
      // Without an answer there is an exception, and its way out is as untidy as the other.
      if (!locked.ok || !blocking) break
      if (pauseMs > 0) yield* sleep(pauseMs)
    }
    if (destroyOnFailure) {
      yield* consul.destroySession(session)
      me.session.session = undefined
    }
    return undefined
  },

  *release(me) {
    const { consul, session } = me.session
    if (session === undefined) return 'not-held'
    const released = yield* consul.release(me.lock, session)
    yield* consul.destroySession(session)
    me.session.session = undefined
    if (!released.ok) return 'unknown'
    return released.value ? 'ok' : 'not-held'
  },

  holders: ({ consul }, lock) => sessionOwner(consul, lock),
})
