/** Hazelcast's FencedLock: a reentrant lock of the CP Subsystem whose every hold has a growing fence. */

import { race, sleep } from '#sim'
import type { HazelcastClient, Process, Reply, ServerView, ServiceViews } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'

const JAVADOC = 'docs.hazelcast.org javadoc com.hazelcast.cp.lock.FencedLock'
const SOURCE = 'hazelcast AbstractFencedLockProxy.java, AbstractProxySessionManager.java, Lock.java'

const parameters = {
  sessionTtlMs: duration(
    30_000,
    'how long a session lives without a heartbeat; 300 s if Hazelcast is not told otherwise',
  ),
  heartbeatMs: duration(5_000, 'how often a session in use sends a heartbeat'),
  waitMs: duration(60_000, 'how long tryLock waits; 0 for not at all'),
  lockAcquireLimit: count(0, 'how often a holder may take it; 0 for no limit, 1 for no re-entry'),
  retryUid: oneOf(
    ['same', 'new'],
    'same',
    'whether a call whose answer did not come is said again as the same call, or by a caller who knows no better as a new one',
  ),
  interruptMs: duration(0, 'the caller interrupts a lock call after so long; 0 for never'),
  unlockOnInterrupt: flag(
    false,
    'after an interrupted call, unlock to be sure: it cancels the wait or gives back what came after all',
  ),
}

type Values = ParameterValues<typeof parameters>
interface Session {
  readonly cp: HazelcastClient
  /** The session with which this thread has the lock, if it has. */
  lockedSession: number | undefined
}
type Me = Client<{ hazelcast: 3 }, Session>
interface Held extends Grant {
  readonly session: number
}

/** How long a caller who knows no uids waits for an answer before it calls again. */
const RECALL_MS = 10_000

/** The lock call; undefined if it was interrupted. */
function* call(me: Me, session: number, values: Values): Process<Reply<number> | undefined> {
  const { waitMs, retryUid, interruptMs } = values
  const { cp } = me.session
  if (interruptMs > 0) {
    const first = yield* race([cp.lock(me.lock, session, me.token(), waitMs), sleep(interruptMs)])
    return first.index === 0 ? (first.answer as Reply<number>) : undefined
  }
  if (retryUid === 'same') return yield* cp.lock(me.lock, session, me.token(), waitMs)
  for (;;) {
    const first = yield* race([cp.lock(me.lock, session, me.token(), waitMs), sleep(RECALL_MS)])
    if (first.index === 0) return first.answer as Reply<number>
  }
}

const newest = (
  servers: readonly ServerView<ServiceViews['hazelcast']>[],
): ServiceViews['hazelcast'] | undefined => {
  let found: ServiceViews['hazelcast'] | undefined
  for (const { data } of servers) {
    if (found === undefined || data.applied() > found.applied()) found = data
  }
  return found
}

/**
 * Its own documentation says that no lock service can keep two clients apart in an asynchronous network, and that the
 * fence has to be checked where it matters. The count of a reentrant hold is kept by the servers; a retry of a
 * call is known by its uid and does not count.
 */
export const hazelcastFencedLock = defineAlgorithm({
  name: 'hazelcast-fenced-lock',
  summary: 'Hazelcast FencedLock: CP session with heartbeats, reentrant, a fence for every hold',
  sources: [JAVADOC, SOURCE, 'Jepsen, Hazelcast 3.8.3 (2017); hazelcast/hazelcast#15513, #15927'],
  steps: [
    'Use the session of this client, or make one; while it is in use, heartbeats keep it.',
    'Call lock with a new uid. The call goes into the log: the lock is free, or ours already, or the call waits in the queue.',
    'The fence is the place in the log of the call that got the lock; a call of the holder counts one more and gets the same fence.',
    'A call that is not answered is sent again with its uid, which changes nothing if it was applied.',
    'To release, call unlock; the last of as many as there were locks gives it to the first of the queue.',
  ],
  useWhen:
    'For exclusion with re-entry in a Hazelcast cluster, with the fence checked at what it protects. The holder learns of a lost session only at its next call.',
  claims: [
    { promise: 'exclusion/service', from: JAVADOC },
    { promise: 'fencing', from: JAVADOC },
    { promise: 'deadlock-freedom', from: JAVADOC },
    { promise: 'ownership', from: JAVADOC },
    { promise: 'reentrancy', from: JAVADOC },
  ],
  needs: { hazelcast: 3 },
  scales: 'hazelcast',
  parameters,
  services: ({ sessionTtlMs, heartbeatMs, lockAcquireLimit }) => ({
    hazelcast: { sessionTtlMs, sessionHeartbeatMs: heartbeatMs, lockAcquireLimit },
  }),
  gives: ({ lockAcquireLimit }) => ({
    token: true,
    validity: false,
    reentry: lockAcquireLimit !== 1,
  }),
  leaseMs: ({ sessionTtlMs }) => sessionTtlMs,
  doorway: {
    name: 'the lock call is committed',
    waiting({ hazelcast }, lock) {
      const data = newest(hazelcast)
      const owner = data?.owner(lock)
      return owner === undefined ? [] : [owner.origin, ...(data?.queue(lock) ?? [])]
    },
  },

  *open(me): Process<Session> {
    return { cp: me.services.hazelcast, lockedSession: undefined }
  },

  *acquire(me, values): Process<Held | undefined> {
    const { cp } = me.session
    for (;;) {
      const acquired = yield* cp.acquireSession()
      if (!acquired.ok) return undefined
      const session = acquired.value
      const { lockedSession } = me.session
      if (lockedSession !== undefined && lockedSession !== session) {
        // LockOwnershipLostException: the hold that this thread thought it had went with its session.
        me.session.lockedSession = undefined
        cp.releaseSession(session)
        return undefined
      }
      const locked = yield* call(me, session, values)
      if (locked?.ok === true && locked.value > 0) {
        me.session.lockedSession = session
        return { session, token: locked.value }
      }
      if (locked === undefined && values.unlockOnInterrupt) {
        yield* cp.unlock(me.lock, session, me.token())
      }
      if (locked === undefined || !cp.isSessionExpired(locked)) {
        cp.releaseSession(session)
        return undefined
      }
      cp.invalidateSession(session)
      if (me.session.lockedSession !== undefined) {
        me.session.lockedSession = undefined
        return undefined
      }
    }
  },

  *release(me) {
    const { cp, lockedSession } = me.session
    const session = cp.session()
    if (session === undefined || (lockedSession !== undefined && lockedSession !== session)) {
      me.session.lockedSession = undefined
      return 'not-held'
    }
    const unlocked = yield* cp.unlock(me.lock, session, me.token())
    if (unlocked.ok) {
      me.session.lockedSession = unlocked.value ? session : undefined
      cp.releaseSession(session)
      return 'ok'
    }
    if (cp.isSessionExpired(unlocked)) cp.invalidateSession(session)
    else if (!cp.isNotOwner(unlocked)) return 'unknown'
    me.session.lockedSession = undefined
    return 'not-held'
  },

  holders({ hazelcast }, lock) {
    const owner = newest(hazelcast)?.owner(lock)
    return owner === undefined ? [] : [owner.origin]
  },
})
