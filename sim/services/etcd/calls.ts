/** Requests of an etcd client: each goes to the next endpoint, and is said again only where that is safe. */

// client/v3/retry.go; gRPC's round_robin balancer.

import type { Process, Reply } from '../../kernel/index.ts'
import { refused } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import type { Body } from './protocol.ts'

/** The endpoints of one client, in turn. */
export interface Endpoints {
  readonly size: number
  next(): Port
}

/** Begins at a random one, as clients that share a list would otherwise all meet at the first. */
export const newEndpoints = (ports: readonly Port[], environment: StubEnvironment): Endpoints => {
  let turn = -1
  return {
    size: ports.length,
    next() {
      if (turn < 0) turn = environment.pick('etcd-endpoint', ports.length)
      return ports[turn++ % ports.length] as Port
    },
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
    const reply = yield* endpoints.next().call<Value>(body, timeoutMs)
    const isWorthMore =
      isUnsent(reply) || (isRead && !reply.ok && reply.code === 'connection reset')
    if (!isWorthMore) return reply
  }
  return NO_ENDPOINT
}
