/** What a service must say of itself to be replicated by Raft, and one server's copy of it. */

import type { Origin, Reply } from '../../kernel/index.ts'
import type { Connection, Outbox, RequestInput, ServerConfig } from '../service.ts'
import type { RaftMessage } from './messages.ts'
import type { RaftState, RaftTimes } from './state.ts'

/** A request that another server of the group has passed on to the leader. */
interface Forwarded<Body> {
  readonly kind: 'forwarded'
  readonly body: Body
  readonly origin: Origin
  /** Who passed it on, and its number there. */
  readonly server: number
  readonly number: number
}

/** A request of a client, wherever it came in. Answered by `answer`. */
export type Asked<Body> = RequestInput<Body> | Forwarded<Body>

/** A command on its way into the log, and which server owes an answer for it. */
export interface Proposal<Command> {
  readonly command: Command
  /** Who asked for it; undefined for the group's own. */
  readonly origin: Origin | undefined
  /** -1 if nobody waits for it. */
  readonly server: number
  readonly number: number
}

/** What the servers of a group say to one another. */
export type PeerMessage<Body, Command> =
  | RaftMessage<Proposal<Command>>
  /** A follower hands on a command of its client; the answer is found in the log (etcd's MsgProp). */
  | { readonly op: 'propose'; readonly proposal: Proposal<Command> }
  /** A follower asks from which line on it may answer a read, and is told (ReadIndex). */
  | { readonly op: 'read-index'; readonly number: number }
  | { readonly op: 'readable'; readonly number: number; readonly index: number }
  /** A follower has its client's whole request done by the leader, and is told the reply (Consul's RPC forwarding). */
  | {
      readonly op: 'forward'
      readonly number: number
      readonly body: Body
      readonly origin: Origin
    }
  | { readonly op: 'forwarded'; readonly number: number; readonly reply: Reply<unknown> }

/** A read that waits until this server knows all that was committed when it came in. */
interface WaitingRead {
  readonly number: number
  /** The line that must be applied; -1 until the leader has said which. */
  index: number
  /** When to ask again, as the question or its answer may be lost. */
  askAgainMs: number
}

/** A read that waits, on the leader, until a majority has confirmed that it still leads. */
interface UnconfirmedRead {
  readonly server: number
  readonly number: number
  readonly index: number
  /** The first append whose answers count. */
  readonly append: number
}

/** One server: its part in the consensus, the service's own data, and what its clients wait for. */
export interface Replica<Data, Body, Command> {
  readonly machine: Machine<Data, Body, Command>
  readonly raft: RaftState<Proposal<Command>>
  data: Data
  up: boolean
  /** Lines of the log that are applied to `data`. */
  applied: number
  /** The term in which this server leads and knows all that was committed before; 0 if it does not. */
  leads: number
  /** Requests so far. They never repeat, so that an answer from before a crash is known to be old. */
  requests: number
  readonly pending: Map<number, Asked<Body>>
  /** Commands that wait for a leader to be found. */
  homeless: Proposal<Command>[]
  reads: WaitingRead[]
  unconfirmed: UnconfirmedRead[]
}

/**
 * A service as a deterministic state machine. `data` is all that a server knows; what of it is replicated may be
 * changed by `apply` only, and only by what the command says. The rest (watchers, a leader's timers) is one
 * server's own memory: `crashed` must empty it, `elected` must build what only a leader has.
 *
 * A request takes one of three ways, all of which end in one reply:
 *
 * - `submit(replica, request, command, …)`: the command goes to the leader and into the log; the server that was
 *   asked replies with what `apply` gives there. It waits as long as there is no leader.
 * - `readLatest(replica, request, …)`: `read` is called here as soon as this server has applied all that was
 *   committed when the request came in, which the leader confirms with a majority (ReadIndex).
 * - `forward(replica, request, …)`: the whole request is done by the leader's `request`; false if none is known.
 *
 * A reply may never come: commands and answers get lost with a leader. Clients have timeouts, and a command
 * without an answer may have been applied.
 */
export interface Machine<Data, Body, Command> {
  /** Stream of chance for elections; the server's index is put behind it: `election:etcd`. */
  readonly stream: string
  times(options: unknown): RaftTimes
  create(config: ServerConfig<unknown>): Data
  /** A request has come in: here, or (`forwarded`) at a follower, and this server is the leader. */
  request(
    replica: Replica<Data, Body, Command>,
    request: Asked<Body>,
    nowMs: number,
    out: Outbox,
  ): void
  /**
   * A command is committed. Called on every server for every command, in the same order. `index` grows by at least
   * one each time. `nowMs` is for a leader's timers only. Undefined if whoever asked has to wait for an answer.
   */
  apply(
    replica: Replica<Data, Body, Command>,
    command: Command,
    index: number,
    origin: Origin | undefined,
    nowMs: number,
    out: Outbox,
  ): Reply<unknown> | undefined
  /** The command of this request, which came in here, is applied and has no answer yet: the machine owes it. */
  postponed?(replica: Replica<Data, Body, Command>, request: Asked<Body>): void
  /** A request that was given to `readLatest` may be answered now. */
  read?(
    replica: Replica<Data, Body, Command>,
    request: Asked<Body>,
    nowMs: number,
    out: Outbox,
  ): void
  /** This server leads from now on and has applied all that was committed before: leaders' timers begin. */
  elected?(replica: Replica<Data, Body, Command>, nowMs: number, out: Outbox): void
  /** It does not lead any more. */
  deposed?(replica: Replica<Data, Body, Command>, nowMs: number, out: Outbox): void
  /** A client's connection ended. */
  closed?(
    replica: Replica<Data, Body, Command>,
    connection: Connection,
    nowMs: number,
    out: Outbox,
  ): void
  /** The process died: what is not replicated is gone. */
  crashed?(data: Data): void
  /** An instant has come that `wakeAtMs` asked for, or another one. */
  tick?(replica: Replica<Data, Body, Command>, nowMs: number, out: Outbox): void
  /** The next instant, beyond the consensus' own, at which something is to be done; Infinity for none. */
  wakeAtMs?(replica: Replica<Data, Body, Command>): number
}
