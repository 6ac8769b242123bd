/** The typed client of memcached servers, and the ring by which a client library spreads keys over them. */

import { clock } from '../../kernel/effect.ts'
import type { Effect, Process } from '../../kernel/effect.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Port } from '../service.ts'

/** What the storage commands answer (doc/protocol.txt). */
export type Stored = 'STORED' | 'NOT_STORED' | 'EXISTS' | 'NOT_FOUND'

/** What `gets` answers. */
interface Fetched {
  readonly value: string
  /** The "cas unique", which changes with every store. */
  readonly unique: number
}

interface StoreRequest {
  readonly key: string
  readonly value: string
  /** 0 for never; negative is over at once. In seconds, because the command's is. */
  readonly exptimeSeconds: number
}

/** Everything that can be asked of a server. */
export type MemcachedRequest =
  | ({ readonly op: 'set' | 'add' } & StoreRequest)
  | ({ readonly op: 'cas'; readonly unique: number } & StoreRequest)
  | { readonly op: 'get' | 'gets' | 'delete'; readonly key: string }

/** A connection to one server. */
export interface MemcachedClient {
  /** Stores. */
  set(key: string, value: string, exptimeSeconds: number): Effect<Reply<Stored>>
  /** Stores where there is nothing. */
  add(key: string, value: string, exptimeSeconds: number): Effect<Reply<Stored>>
  /** Stores if nobody has stored since `gets` answered `unique`. */
  cas(key: string, value: string, exptimeSeconds: number, unique: number): Effect<Reply<Stored>>
  get(key: string): Effect<Reply<string | null>>
  gets(key: string): Effect<Reply<Fetched | null>>
  /** Whether there was something to delete. */
  delete(key: string): Effect<Reply<boolean>>
}

/** What a client library does about servers that do not answer. */
export interface RingSettings {
  /** Whether it takes them off the ring, so that their keys go to others. */
  readonly ejectsFailed: boolean
  /** After how many failures in a row. */
  readonly failuresMax: number
  /** For how long, by the client's wall clock. */
  readonly deadMs: number
}

/** The servers as one client sees them just now. */
export interface MemcachedRing {
  /** Asks the server that the key belongs to. */
  ask<Value>(
    key: string,
    request: (server: MemcachedClient) => Effect<Reply<Value>>,
  ): Process<Reply<Value>>
}

/** The clients of a group. */
export interface MemcachedClients {
  /** One for each server. */
  readonly servers: readonly MemcachedClient[]
  /** A view of the ring that starts with all servers on it. Each client process has its own, and nobody compares them. */
  ring(settings: RingSettings): MemcachedRing
}

const CALL_TIMEOUT_MS = 1_000

const clientOf = (port: Port): MemcachedClient => {
  const call = <Value>(body: MemcachedRequest): Effect<Reply<Value>> =>
    port.call<Value>(body, CALL_TIMEOUT_MS)
  return {
    set: (key, value, exptimeSeconds) => call({ op: 'set', key, value, exptimeSeconds }),
    add: (key, value, exptimeSeconds) => call({ op: 'add', key, value, exptimeSeconds }),
    cas: (key, value, exptimeSeconds, unique) =>
      call({ op: 'cas', key, value, exptimeSeconds, unique }),
    get: (key) => call({ op: 'get', key }),
    gets: (key) => call({ op: 'gets', key }),
    delete: (key) => call({ op: 'delete', key }),
  }
}

/** FNV-1a, 32 bits: any hash will do as long as all clients use the same. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

interface Seat {
  readonly server: MemcachedClient
  readonly name: string
  failures: number
  /** Off the ring until then. */
  deadUntilMs: number
}

/**
 * Rendezvous hashing over the servers that are on the ring, as in pymemcache's HashClient: the highest score of
 * server and key wins, so that taking one server off moves only its own keys.
 */
class Ring implements MemcachedRing {
  private readonly seats: readonly Seat[]
  private readonly settings: RingSettings

  constructor(seats: readonly Seat[], settings: RingSettings) {
    this.seats = seats
    this.settings = settings
  }

  *ask<Value>(
    key: string,
    request: (server: MemcachedClient) => Effect<Reply<Value>>,
  ): Process<Reply<Value>> {
    const { ejectsFailed, failuresMax, deadMs } = this.settings
    const seat = this.seatOf(key, yield* clock()) ?? (this.seats[0] as Seat)
    const reply = yield* request(seat.server)
    if (reply.ok) {
      seat.failures = 0
      return reply
    }
    seat.failures++
    if (ejectsFailed && seat.failures >= failuresMax) {
      seat.failures = 0
      seat.deadUntilMs = (yield* clock()) + deadMs
    }
    return reply
  }

  private seatOf(key: string, nowMs: number): Seat | undefined {
    let best: Seat | undefined
    let highest = -1
    for (const seat of this.seats) {
      const score = hashOf(`${seat.name}-${key}`)
      if (seat.deadUntilMs > nowMs || score <= highest) continue
      best = seat
      highest = score
    }
    return best
  }
}

/** Makes the clients of a group. */
export const memcachedClients = (ports: readonly Port[]): MemcachedClients => {
  const servers = ports.map(clientOf)
  return {
    servers,
    ring: (settings) =>
      new Ring(
        servers.map((server, index) => ({
          server,
          name: ports[index]?.server ?? '',
          failures: 0,
          deadUntilMs: -Infinity,
        })),
        settings,
      ),
  }
}
