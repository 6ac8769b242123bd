/** The client of Consul: an HTTP call to the agent on the same machine, which passes it on to one of the servers. */

import { monotonic, race, sleep } from '../../kernel/index.ts'
import type { Process, Reply } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import type { Behaviour, ConsulRequest, Read, ReadMode } from './requests.ts'

/** Consul as an application uses it. */
export interface ConsulClient {
  /** Makes a session on this machine; gives its name. */
  createSession(options: {
    readonly ttlMs?: number
    readonly behaviour?: Behaviour
    readonly lockDelayMs?: number
  }): Process<Reply<string>>
  /** False if there is no such session any more. */
  renewSession(session: string): Process<Reply<boolean>>
  destroySession(session: string): Process<Reply<boolean>>
  /** `PUT ?acquire`: true if the session has the key's lock now. */
  acquire(key: string, session: string, value?: string): Process<Reply<boolean>>
  /** `PUT ?release`: false if the session does not have it. */
  release(key: string, session: string, value?: string): Process<Reply<boolean>>
  put(key: string, value: string): Process<Reply<boolean>>
  delete(key: string): Process<Reply<boolean>>
  /** With an `index`, waits until there is a higher one or `waitMs` are over; 0 for five minutes. */
  get(
    key: string,
    options?: { readonly mode?: ReadMode; readonly index?: number; readonly waitMs?: number },
  ): Process<Reply<Read>>
  /** The same with another patience for every answer. */
  within(requestTimeoutMs: number): ConsulClient
}

/** For how long the agent tries a read, or what was certainly not done, at other servers (rpc_hold_timeout). */
const HOLD_MS = 7_000
/** How long the agent waits for an answer (limits.rpc_client_timeout). */
const REQUEST_TIMEOUT_MS = 60_000
/** The lock-delay of a session that does not say. */
const LOCK_DELAY_MS = 15_000
const WAIT_MS = 300_000
/** Connections to servers are tried with a ping (yamux KeepAliveInterval and ConnectionWriteTimeout). */
const KEEPALIVE_MS = 30_000
const KEEPALIVE_TIMEOUT_MS = 10_000

/** The agent: keeps to one server until that fails, then takes the next. */
class Agent {
  private readonly ports: readonly Port[]
  private readonly environment: StubEnvironment
  private current = -1

  constructor(ports: readonly Port[], environment: StubEnvironment) {
    this.ports = ports
    this.environment = environment
  }

  *ask<Value>(body: ConsulRequest, timeoutMs: number): Process<Reply<Value>> {
    const { ports, environment } = this
    if (this.current < 0) this.current = environment.pick('consul-server', ports.length)
    const beganAtMs = yield* monotonic()
    for (;;) {
      const used = this.current
      const reply = yield* callOver<Value>(ports[used] as Port, body, timeoutMs)
      if (reply.ok) return reply
      const isUnreachable = reply.why === 'timeout' || reply.code.startsWith('connection')
      if (!isUnreachable) return reply
      if (this.current === used) this.current = (used + 1) % ports.length
      // A write that may have happened is not said again.
      const mayTryAgain = reply.why === 'refused' || body.op === 'get'
      if (!mayTryAgain || (yield* monotonic()) - beganAtMs >= HOLD_MS) return reply
      yield* sleep(1 + environment.pick('consul-retry', Math.floor(HOLD_MS / 16)))
    }
  }
}

/** Calls; what takes long is given up when the connection turns out to be dead. */
function* callOver<Value>(
  port: Port,
  body: ConsulRequest,
  timeoutMs: number,
): Process<Reply<Value>> {
  if (body.op !== 'get' || timeoutMs <= KEEPALIVE_MS + KEEPALIVE_TIMEOUT_MS) {
    return yield* port.call<Value>(body, timeoutMs)
  }
  const first = yield* race([port.call<Value>(body, timeoutMs), keepAlive(port)])
  return first.answer as Reply<Value>
}

/** Returns when the connection is dead. */
function* keepAlive(port: Port): Process<Reply<never>> {
  for (;;) {
    yield* sleep(KEEPALIVE_MS)
    const pong = yield* port.call<never>({ op: 'ping' }, KEEPALIVE_TIMEOUT_MS)
    if (!pong.ok) return pong
  }
}

const clientOf = (agent: Agent, requestTimeoutMs: number): ConsulClient => {
  const say = <Value>(body: ConsulRequest): Process<Reply<Value>> =>
    agent.ask<Value>(body, requestTimeoutMs)
  return {
    createSession: ({ ttlMs = 0, behaviour = 'release', lockDelayMs = LOCK_DELAY_MS }) =>
      say<string>({ op: 'session-create', options: { ttlMs, behaviour, lockDelayMs } }),
    renewSession: (session) => say<boolean>({ op: 'session-renew', session }),
    destroySession: (session) => say<boolean>({ op: 'session-destroy', session }),
    acquire: (key, session, value = '') => say<boolean>({ op: 'acquire', key, value, session }),
    release: (key, session, value = '') => say<boolean>({ op: 'release', key, value, session }),
    put: (key, value) => say<boolean>({ op: 'put', key, value }),
    delete: (key) => say<boolean>({ op: 'delete', key }),
    get(key, { mode = 'default', index = 0, waitMs = 0 } = {}) {
      const blocksMs = index === 0 ? 0 : waitMs === 0 ? WAIT_MS : waitMs
      const patienceMs = blocksMs === 0 ? requestTimeoutMs : blocksMs + blocksMs / 16 + HOLD_MS
      return agent.ask<Read>({ op: 'get', key, mode, index, waitMs }, patienceMs)
    },
    within: (timeoutMs) => clientOf(agent, timeoutMs),
  }
}

/** The typed client of a group. */
export const consulClient = (ports: readonly Port[], environment: StubEnvironment): ConsulClient =>
  clientOf(new Agent(ports, environment), REQUEST_TIMEOUT_MS)
