/** The client of the CP Subsystem: invocations that are said again until they are answered, and the session behind them. */

import { monotonic, sleep } from '../../kernel/index.ts'
import type { Process, Reply, Task } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import { NOT_OWNER, SESSION_EXPIRED, WAIT_CANCELLED } from './requests.ts'
import type { HazelcastRequest, Ownership, SessionResponse } from './requests.ts'

/** The CP Subsystem as a lock proxy uses it. Each client has one thread. */
export interface HazelcastClient {
  /** The session in use, made if there is none; counts one more use of it. */
  acquireSession(): Process<Reply<number>>
  /** One use less. A session that nothing uses sends no heartbeats. */
  releaseSession(session: number): void
  /** The servers say that it is over. */
  invalidateSession(session: number): void
  /** The session that there is; undefined for none. */
  session(): number | undefined
  /** The fence, or 0: not acquired in time, or too often. `waitMs` is -1 to wait for ever. */
  lock(name: string, session: number, uid: string, waitMs: number): Process<Reply<number>>
  /** Whether the lock is still held, by an outer hold. */
  unlock(name: string, session: number, uid: string): Process<Reply<boolean>>
  ownership(name: string): Process<Reply<Ownership | undefined>>
  readonly isSessionExpired: (reply: Reply<unknown>) => boolean
  /** Whether the caller did not have the lock that it wanted to free. */
  readonly isNotOwner: (reply: Reply<unknown>) => boolean
  readonly isCancelled: (reply: Reply<unknown>) => boolean
}

/** The caller has one thread. */
const THREAD = 1
/**
 * How long an invocation waits before it is sent to another member. A real client does so when it finds the
 * member dead; as a call is known by its uid, saying it once too often changes nothing.
 */
const RESEND_MS = 10_000
/** After which an invocation is given up (hazelcast.client.invocation.timeout.seconds). */
const INVOCATION_TIMEOUT_MS = 120_000
/** Between attempts (hazelcast.client.invocation.retry.pause.millis). */
const RETRY_PAUSE_MS = 1_000

const isAbout =
  (code: string) =>
  (reply: Reply<unknown>): boolean =>
    !reply.ok && reply.code === code

const isUnreachable = (reply: Reply<unknown>): boolean =>
  !reply.ok && (reply.why === 'timeout' || reply.code.startsWith('connection'))

/** Sends invocations to one member after the other until one answers. */
class Invoker {
  private readonly ports: readonly Port[]
  private readonly environment: StubEnvironment
  private current = -1

  constructor(ports: readonly Port[], environment: StubEnvironment) {
    this.ports = ports
    this.environment = environment
  }

  *invoke<Value>(
    body: HazelcastRequest,
    patienceMs = INVOCATION_TIMEOUT_MS,
  ): Process<Reply<Value>> {
    const { ports, environment } = this
    if (this.current < 0) this.current = environment.pick('hazelcast-member', ports.length)
    const beganAtMs = yield* monotonic()
    for (;;) {
      const used = this.current
      const reply = yield* (ports[used] as Port).call<Value>(body, RESEND_MS)
      if (!isUnreachable(reply)) return reply
      if (this.current === used) this.current = (used + 1) % ports.length
      if ((yield* monotonic()) - beganAtMs >= patienceMs) return reply
      if (!reply.ok && reply.code !== 'timeout') yield* sleep(RETRY_PAUSE_MS)
    }
  }
}

/** The session of a client (AbstractProxySessionManager.java). */
class SessionManager {
  private readonly invoker: Invoker
  private readonly environment: StubEnvironment
  private current: { readonly id: number; uses: number; readonly untilMs: number } | undefined
  private heartbeats: Task | undefined

  constructor(invoker: Invoker, environment: StubEnvironment) {
    this.invoker = invoker
    this.environment = environment
  }

  *acquire(): Process<Reply<number>> {
    const nowMs = yield* monotonic()
    const { current } = this
    if (current !== undefined && (current.uses > 0 || nowMs <= current.untilMs)) {
      current.uses++
      return { ok: true, value: current.id }
    }
    const made = yield* this.invoker.invoke<SessionResponse>({ op: 'create-session' })
    if (!made.ok) return made
    const { session, ttlMs, heartbeatMs } = made.value
    // Counted from its creation: an idle session is not trusted for longer than it lives without a heartbeat.
    this.current = { id: session, uses: 1, untilMs: nowMs + ttlMs }
    this.heartbeats ??= yield* this.environment.spawn('cp heartbeats', this.beat(heartbeatMs))
    return { ok: true, value: session }
  }

  release(session: number): void {
    if (this.current?.id === session) this.current.uses--
  }

  invalidate(session: number): void {
    if (this.current?.id === session) this.current = undefined
  }

  id(): number | undefined {
    return this.current?.id
  }

  private *beat(everyMs: number): Process {
    for (;;) {
      yield* sleep(everyMs)
      const { current } = this
      if (current === undefined || current.uses === 0) continue
      // The next one does not wait for this one's answer.
      yield* this.environment.spawn('cp heartbeat', this.beatOnce(current.id, everyMs))
    }
  }

  private *beatOnce(session: number, patienceMs: number): Process {
    const beaten = yield* this.invoker.invoke<true>({ op: 'heartbeat', session }, patienceMs)
    if (isAbout(SESSION_EXPIRED)(beaten)) this.invalidate(session)
  }
}

/** The typed client of a group. */
export const hazelcastClient = (
  ports: readonly Port[],
  environment: StubEnvironment,
): HazelcastClient => {
  const invoker = new Invoker(ports, environment)
  const sessions = new SessionManager(invoker, environment)
  return {
    acquireSession: () => sessions.acquire(),
    releaseSession: (session) => sessions.release(session),
    invalidateSession: (session) => sessions.invalidate(session),
    session: () => sessions.id(),
    lock: (lock, session, uid, waitMs) =>
      invoker.invoke<number>(
        { op: 'lock', lock, session, thread: THREAD, uid, waitMs },
        waitMs < 0 ? Infinity : INVOCATION_TIMEOUT_MS + waitMs,
      ),
    unlock: (lock, session, uid) =>
      invoker.invoke<boolean>({ op: 'unlock', lock, session, thread: THREAD, uid }),
    ownership: (lock) => invoker.invoke<Ownership | undefined>({ op: 'ownership', lock }),
    isSessionExpired: isAbout(SESSION_EXPIRED),
    isNotOwner: isAbout(NOT_OWNER),
    isCancelled: isAbout(WAIT_CANCELLED),
  }
}
