/** Requests of an etcd client: each goes to the next endpoint, and is said again only where that is safe. */

// client/v3/retry.go; gRPC's round_robin balancer.

import type { Process, Reply } from '../../kernel/index.ts'
import { refused } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import type { Body } from './protocol.ts'

/** The endpoints of one client, in turn. */
export class Endpoints {
  readonly size: number
  private readonly ports: readonly Port[]
  private readonly environment: StubEnvironment
  private turn: number
  /** Those that did not answer: the balancer leaves them out as long as there are others. */
  private readonly silent: Set<Port>

  constructor(ports: readonly Port[], environment: StubEnvironment) {
    this.size = ports.length
    this.ports = ports
    this.environment = environment
    this.turn = -1
    this.silent = new Set()
  }

  /** The next one. Begins at random: clients that share a list would otherwise all meet at its head. */
  next(): Port {
    const { ports, silent } = this
    if (this.turn < 0) this.turn = this.environment.pick('etcd-endpoint', ports.length)
    if (silent.size === ports.length) silent.clear()
    for (;;) {
      const port = ports[this.turn++ % ports.length] as Port
      if (!silent.has(port)) return port
    }
  }

  /** It is of no use now: there is no connection, or its keepalive was not answered. */
  leaveOut(port: Port): void {
    this.silent.add(port)
  }
}

const NO_ENDPOINT = refused('etcdclient: no available endpoints')

// There was no connection to send it on, so that it certainly did not happen, whatever it was.
const isUnsent = (reply: Reply<unknown>): boolean =>
  !reply.ok && (reply.code === 'connection refused' || reply.code === 'connection closed')

/**
 * Asks the next endpoint, and the one after that if there is no connection. A read is also said again when the
 * connection broke under it; of a change nobody knows then whether it happened.
 */
export function* ask<Value>(
  endpoints: Endpoints,
  body: Body,
  timeoutMs: number,
  isRead: boolean,
): Process<Reply<Value>> {
  for (let attempt = 0; attempt < endpoints.size; attempt++) {
    const port = endpoints.next()
    const reply = yield* port.call<Value>(body, timeoutMs)
    if (reply.ok) return reply
    if (isUnsent(reply) || reply.why === 'timeout') endpoints.leaveOut(port)
    const isWorthMore = isUnsent(reply) || (isRead && reply.code === 'connection reset')
    if (!isWorthMore) return reply
  }
  return NO_ENDPOINT
}
