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

/** Grants a lease and begins to keep it alive. */
export function* openSession(
  endpoints: Endpoints,
  environment: StubEnvironment,
  { ttlMs, done }: SessionOptions,
  timeoutMs: number,
): Process<Reply<EtcdSession>> {
  const granted = yield* ask<LeaseAnswer>(endpoints, { op: 'lease-grant', ttlMs }, timeoutMs, false)
  if (!granted.ok) return granted
  const { id } = granted.value
  let isDone = false
  const finish = (why: string): void => {
    isDone = true
    done.put(why)
  }

  function* keepAlive(): Process {
    let port: Port = endpoints.next()
    const sinceMs = yield* monotonic()
    let nextMs = sinceMs
    let deadlineMs = sinceMs + FIRST_DEADLINE_MS
    let heardAtMs = sinceMs
    for (;;) {
      const nowMs = yield* monotonic()
      if (nowMs > deadlineMs) {
        finish('no keepalive was answered for a TTL')
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
          finish('the lease has ended')
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

  const task: Task = yield* environment.spawn('etcd session', keepAlive())
  function* orphan(): Process {
    if (!isDone) finish('given up')
    yield* stop(task)
  }
  return ok({
    lease: id,
    ttlMs: granted.value.ttlMs,
    get isDone() {
      return isDone
    },
    orphan,
    *close() {
      yield* orphan()
      const body = { op: 'lease-revoke', id } as const
      return yield* ask<LeaseAnswer>(endpoints, body, timeoutMs, false)
    },
  })
}
