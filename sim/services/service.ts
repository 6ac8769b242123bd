/** The contract of a service: a passive, deterministic state machine `(state, input, its own clock) → outputs`. */

import type {
  Choice,
  CommitFact,
  Effect,
  Mailbox,
  Origin,
  Process,
  Reply,
  RevokeCause,
  StoreFact,
  Task,
} from '../kernel/index.ts'

/**
 * One connection of one client process to one server. Compared by identity. A client that crashes and
 * comes back has new connections; a client may hold several (a pool).
 */
export interface Connection {
  readonly client: string
  /** 0 for the connection that every client has; others are opened by `Port.connect`. */
  readonly number: number
}

/** A request as a server sees it. Doubles as the address of the reply. */
export interface RequestInput<Body> {
  readonly kind: 'request'
  readonly connection: Connection
  readonly body: Body
  /** Kept beside what the request changes, for the judges; must not influence any answer. */
  readonly origin: Origin
}

/** What can happen to a service. */
export type Input<Body, PeerBody = never> =
  | RequestInput<Body>
  /** The server has noticed that a connection ended (FIN, RST, or its keepalive gave up). */
  | { readonly kind: 'closed'; readonly connection: Connection }
  /** The machine of a client has answered a `ping`; its process need not be alive. */
  | { readonly kind: 'alive'; readonly client: string }
  /** The instant that the service asked for with `wakeAtMs` has come on its own clock (or its clock was set). */
  | { readonly kind: 'tick' }
  /** A message from another server of the same group. */
  | { readonly kind: 'peer'; readonly from: number; readonly body: PeerBody }
  /** The process of another server of the group died and its connections were reset. Silent deaths tell nobody. */
  | { readonly kind: 'peer-closed'; readonly from: number }
  /** The server's process died: memory is gone. Nothing can be sent. */
  | { readonly kind: 'crash' }
  /** The server's process is back with what was on its disk. */
  | { readonly kind: 'restart' }
  /** An outside authority (Sentinel, an operator) makes this server the leader of its group, or demotes it. */
  | { readonly kind: 'promote' }
  | { readonly kind: 'demote'; readonly leader: number }

/** Where a service puts its outputs. They leave in this order, at the instant of the input. */
export interface Outbox {
  /** Answers a request; once for each. A service may answer later, from another input (BLPOP, a row lock). */
  reply(request: RequestInput<unknown>, reply: Reply<unknown>): void
  /**
   * Sends something that nobody asked for just now (a watch event, a published message) to the mailbox that
   * the client registered under `channel`. It travels behind earlier replies on the same link, in order.
   */
  push(connection: Connection, channel: string, body: unknown): void
  /** Sends to another server of the group, by its index. May be lost or late like any message. */
  peer(to: number, body: unknown): void
  /**
   * Asks whether the machine of a client is there. An agent on it answers (`alive`), which shares its power and
   * its network with the client and nothing else. On a table, where there are no machines, nobody can.
   */
  ping?(client: string): void
  /** Closes a connection from the server's side: outstanding calls on it end as `connection reset`. */
  close(connection: Connection): void
  /**
   * Says that who holds what may have changed, and why. `by` is the origin of the request that did it.
   * The run then looks at the service's view again; forgetting this hides a grant from the judges.
   */
  changed(cause: RevokeCause, by?: Origin): void
  /** States a fact (only the protected store and the participants of a commit protocol do). */
  fact(fact: StoreFact | CommitFact): void
}

/** What a service is told when a server is built. */
export interface ServerConfig<Options> {
  /** This server's index in its group, and the size of the group. */
  readonly index: number
  readonly size: number
  readonly options: Options
  /** Named chance of this server, e.g. an election's jitter. Most services need none. */
  readonly choice: Choice
  /** Reads the server's wall clock, for a service whose timers run on the monotonic one; 0 for ever if left out. */
  readonly wallMs?: (() => number) | undefined
}

/** The client's end of a connection to one server, from which a typed stub is made. */
export interface Port {
  /** Name of the server node, e.g. `redis-3`. */
  readonly server: string
  /** Sends a request and waits at most `timeoutMs` for its reply. */
  call<Value>(body: unknown, timeoutMs?: number): Effect<Reply<Value>>
  /** Opens one more connection to the same server (a pool, a subscriber). */
  connect(): Port
  /** Closes this connection; the server sees it one network delay later. */
  disconnect(): Effect<void>
  /** The mailbox that receives what the server pushes to `channel` on this connection. */
  channel<Letter>(channel: string): Mailbox<Letter>
}

/** What a stub may use of the client node besides its ports. */
export interface StubEnvironment {
  readonly client: string
  /** A whole number in [0, count), from the client's stream of this name. */
  pick(stream: string, count: number): number
  /** A new mailbox of this node. */
  mailbox<Letter>(): Mailbox<Letter>
  /**
   * Index of the group's leader as this client's directory (Sentinel, DNS, a virtual IP) has it. The
   * `failover` fault changes it, possibly not for every client at once.
   */
  leader(): number
  /** Starts a background process of the client library (a session's heartbeat). */
  spawn(name: string, body: Process<unknown>): Effect<Task>
}

/** A service: how its servers behave, how a client talks to them, and what a judge may look at. */
export interface Service<State, Body, PeerBody, Options, Client, View> {
  readonly name: string
  readonly summary: string
  /** Where the modelled behaviour is documented. */
  readonly sources: readonly string[]
  /** The node's name without its number: servers are `redis-1`, `redis-2` …; a lone server has no number. */
  readonly nodeName: string
  /**
   * Of a service whose servers elect their leader among themselves, the index of the one that leads at the start.
   * Nobody outside can promote such a server.
   */
  firstLeader?(size: number): number
  /** Which of the server's clocks decides about time in it. */
  readonly clock: 'wall' | 'monotonic'
  /** The same where an option decides; goes before `clock`. */
  clockWith?(options: Options): 'wall' | 'monotonic'
  /** Options under which its servers are a leader and replicas, one of which can be promoted; missing if there are none. */
  readonly replicas?: Readonly<Record<string, unknown>>
  /** Options with their defaults; a plan may set any of them. */
  readonly options: Options
  /** The words that an option allows, for every option that is a word. */
  readonly optionWords: Readonly<Record<string, readonly string[]>>
  create(config: ServerConfig<Options>): State
  /** Takes one input. May change `state` in place; must not keep anything outside of it. */
  step(state: State, input: Input<Body, PeerBody>, nowMs: number, out: Outbox): void
  /** The instant, on the server's own clock, at which it wants a `tick`; Infinity for none. Asked after each step. */
  wakeAtMs(state: State): number
  /** The same on its wall clock, for a service whose `clock` is the monotonic one and whose data carry times. */
  wakeAtWallMs?(state: State): number
  /** The typed client of the whole group. `timeoutMs` is what a call waits if nothing else is said. */
  client(ports: readonly Port[], environment: StubEnvironment): Client
  /** A read-only look at one server's data, made once; it must see later changes. */
  view(state: State): View
}

/** Checks a service's shape and keeps its types. */
export const defineService = <State, Body, PeerBody, Options, Client, View>(
  service: Service<State, Body, PeerBody, Options, Client, View>,
): Service<State, Body, PeerBody, Options, Client, View> => service

/** A service whose types are nobody's business. */
// The state of one service never meets another's: the world only hands it back to its owner.
export type AnyService = Service<unknown, unknown, unknown, unknown, unknown, unknown>

/** What a judge or an algorithm's `holders` sees of one server. */
export interface ServerView<View> {
  readonly node: string
  /** False while the server is down. */
  readonly up: boolean
  readonly data: View
}
