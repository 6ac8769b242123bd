/** A session of an etcd client: a lease, kept alive in the background until somebody gives it up. */

// client/v3/concurrency/session.go, client/v3/lease.go. All times by the client's monotonic clock, as Go's are.

import { monotonic, ok, sleep, stop } from '../../kernel/index.ts'
import type { Mailbox, Process, Reply, Task } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import type { Endpoints } from './calls.ts'
import { ask } from './calls.ts'
import type { LeaseAnswer } from './protocol.ts'
import { PING_EVERY_MS, PING_TIMEOUT_MS } from './watch.ts'

/** How often the library looks whether a keepalive or a deadline is due, and waits for a broken stream (retryConnWait). */
const LOOK_EVERY_MS = 500
/** How long the first keepalive may remain without an answer (defaultTTL). */
const FIRST_DEADLINE_MS = 5_000
/** After so much silence the connection's own keepalive has found it dead. */
const SILENCE_MS = PING_EVERY_MS + PING_TIMEOUT_MS

/** One session. */
export interface EtcdSession {
  readonly lease: number
  /** What the servers made of the TTL that was asked for. */
  readonly ttlMs: number
  /** Whether the lease is kept alive no more. The servers may know of it earlier, or later. */
  readonly isDone: boolean
  /** Stops keeping the lease alive, and leaves it to run out. */
  orphan(): Process
  /** Stops keeping the lease alive, and revokes it. */
  close(): Process<Reply<LeaseAnswer>>
}

/** What a session is made of. */
export interface SessionOptions {
  readonly ttlMs: number
  /** Is told why when the session is done. */
  readonly done: Mailbox<string>
}

/** The lease of one session, and the thread of the library that keeps it. */
class LeaseSession implements EtcdSession {
  readonly lease: number
  readonly ttlMs: number
  isDone = false
  private readonly endpoints: Endpoints
  private readonly done: Mailbox<string>
  private readonly timeoutMs: number
  private task: Task | undefined

  constructor(endpoints: Endpoints, lease: LeaseAnswer, done: Mailbox<string>, timeoutMs: number) {
    this.endpoints = endpoints
    this.lease = lease.id
    this.ttlMs = lease.ttlMs
    this.done = done
    this.timeoutMs = timeoutMs
  }

  /** Begins to keep the lease alive, in the background. */
  *start(environment: StubEnvironment): Process {
    this.task = yield* environment.spawn('etcd session', this.keepAlive())
  }

  *orphan(): Process {
    if (!this.isDone) this.finish('given up')
    if (this.task !== undefined) yield* stop(this.task)
  }

  *close(): Process<Reply<LeaseAnswer>> {
    yield* this.orphan()
    const body = { op: 'lease-revoke', id: this.lease } as const
    return yield* ask<LeaseAnswer>(this.endpoints, body, this.timeoutMs, false)
  }

  private finish(why: string): void {
    this.isDone = true
    this.done.put(why)
  }

  private *keepAlive(): Process {
    const { endpoints, lease: id } = this
    let port: Port = endpoints.next()
    const sinceMs = yield* monotonic()
    let nextMs = sinceMs
    let deadlineMs = sinceMs + FIRST_DEADLINE_MS
    let heardAtMs = sinceMs
    for (;;) {
      const nowMs = yield* monotonic()
      if (nowMs > deadlineMs) {
        this.finish('no keepalive was answered for a TTL')
        return
      }
      if (nowMs < nextMs) {
        const looks = Math.ceil((nextMs - sinceMs) / LOOK_EVERY_MS)
        yield* sleep(sinceMs + looks * LOOK_EVERY_MS - nowMs)
        continue
      }
      // Said again each time that the library looks, as long as no answer has come.
      const reply = yield* port.call<LeaseAnswer>({ op: 'lease-keepalive', id }, LOOK_EVERY_MS)
      const answeredMs = yield* monotonic()
      if (reply.ok) {
        if (reply.value.ttlMs === 0) {
          this.finish('the lease has ended')
          return
        }
        nextMs = answeredMs + reply.value.ttlMs / 3
        deadlineMs = answeredMs + reply.value.ttlMs
        heardAtMs = answeredMs
      } else if (reply.code !== 'timeout' || answeredMs - heardAtMs > SILENCE_MS) {
        endpoints.leaveOut(port)
        port = endpoints.next()
        heardAtMs = answeredMs
        yield* sleep(LOOK_EVERY_MS)
      }
    }
  }
}

/** Grants a lease and begins to keep it alive. */
export function* openSession(
  endpoints: Endpoints,
  environment: StubEnvironment,
  { ttlMs, done }: SessionOptions,
  timeoutMs: number,
): Process<Reply<EtcdSession>> {
  const granted = yield* ask<LeaseAnswer>(endpoints, { op: 'lease-grant', ttlMs }, timeoutMs, false)
  if (!granted.ok) return granted
  const session = new LeaseSession(endpoints, granted.value, done, timeoutMs)
  yield* session.start(environment)
  return ok(session)
}
