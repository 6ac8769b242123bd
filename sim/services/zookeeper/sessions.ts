/** The leader's list of sessions and when each expires (SessionTrackerImpl.java, ExpiryQueue.java). */

interface Tracked {
  readonly timeoutMs: number
  expiresAtMs: number
  /** The server that the session's client is connected to; -1 until the first request after an election. */
  owner: number
}

/** Sessions that live, in the leader's memory. */
export interface SessionTracker {
  readonly tickTimeMs: number
  readonly sessions: Map<number, Tracked>
  /** No session expires before this instant. */
  nextMs: number
}

/** A tracker without sessions. */
export const newTracker = (tickTimeMs: number): SessionTracker => ({
  tickTimeMs,
  sessions: new Map(),
  nextMs: Infinity,
})

// Expiry is decided in buckets of one tick: a silent session lives for (timeout, timeout + tick].
const bucket = (tracker: SessionTracker, timeMs: number): number =>
  (Math.floor(timeMs / tracker.tickTimeMs) + 1) * tracker.tickTimeMs

/** Begins to track a session, with its full timeout before it. */
export const track = (
  tracker: SessionTracker,
  session: number,
  timeoutMs: number,
  owner: number,
  nowMs: number,
): void => {
  const expiresAtMs = bucket(tracker, nowMs + timeoutMs)
  tracker.sessions.set(session, { timeoutMs, expiresAtMs, owner })
  if (expiresAtMs < tracker.nextMs) tracker.nextMs = expiresAtMs
}

/** Notes that a session was heard of. */
export const touch = (tracker: SessionTracker, session: number, nowMs: number): void => {
  const tracked = tracker.sessions.get(session)
  if (tracked === undefined) return
  const expiresAtMs = bucket(tracker, nowMs + tracked.timeoutMs)
  if (expiresAtMs > tracked.expiresAtMs) tracked.expiresAtMs = expiresAtMs
}

/** Whether a request of this session may come through this server; the first one after an election decides. */
export const ownedBy = (tracker: SessionTracker, session: number, server: number): boolean => {
  const tracked = tracker.sessions.get(session)
  if (tracked === undefined) return true
  if (tracked.owner === -1) tracked.owner = server
  return tracked.owner === server
}

/** A client has come back through this server. Gives the session's timeout, or 0 if it is over. */
export const revalidate = (
  tracker: SessionTracker,
  session: number,
  server: number,
  nowMs: number,
): number => {
  const tracked = tracker.sessions.get(session)
  if (tracked === undefined) return 0
  tracked.owner = server
  touch(tracker, session, nowMs)
  return tracked.timeoutMs
}

/** Takes out the sessions whose time is over. */
export const expire = (tracker: SessionTracker, nowMs: number): number[] => {
  const over: number[] = []
  if (nowMs < tracker.nextMs) return over
  tracker.nextMs = Infinity
  for (const [session, { expiresAtMs }] of tracker.sessions) {
    if (expiresAtMs <= nowMs) {
      over.push(session)
      tracker.sessions.delete(session)
    } else if (expiresAtMs < tracker.nextMs) tracker.nextMs = expiresAtMs
  }
  return over
}
