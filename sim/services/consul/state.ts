/** What a Consul server knows: sessions and keys, which are replicated, and what is in its own memory. */

import type { Origin } from '../../kernel/index.ts'
import type { Asked, Machine, Replica } from '../raft/index.ts'
import type { ServerConfig } from '../service.ts'
import type {
  ConsulCommand,
  ConsulOptions,
  ConsulRequest,
  Pair,
  SessionOptions,
} from './requests.ts'

/** A session. */
export interface Session extends SessionOptions {
  readonly id: string
  /** The machine whose health it depends on. */
  readonly node: string
}

/** A key and, while its lock is held, on whose behalf it was acquired. */
export interface Entry extends Pair {
  readonly origin: Origin | undefined
}

/** A blocking query. */
export interface Watcher {
  readonly request: Asked<ConsulRequest>
  readonly key: string
  readonly index: number
  readonly untilMs: number
}

/** What the leader knows of a client's machine. */
export interface Agent {
  aliveAtMs: number
  pingedAtMs: number
  /** Infinity while it answers. */
  suspectedSinceMs: number
  /** Whether its failure, or its return, is on its way into the log. */
  told: boolean
}

/** All of it. */
export interface ConsulData {
  readonly options: ConsulOptions

  // Replicated.
  readonly sessions: Map<string, Session>
  readonly keys: Map<string, Entry>
  /** Index of the last change of any key. */
  index: number
  /** Machines whose serfHealth check is critical. */
  readonly failed: Set<string>
  /** The lock-delay of the last invalidation of each key, as a log that is applied again has it. */
  readonly loggedDelays: Map<string, number>

  // In memory.
  /** Until when nobody gets a key, by this server's clock. Every server keeps them; the leader's count. */
  readonly delays: Map<string, number>
  /** When the leader invalidates a session with a TTL. */
  readonly timers: Map<string, number>
  /** Sessions whose end the leader has put into the log. */
  readonly ending: Set<string>
  watchers: Watcher[]
  /** Requests that wait for the group to have a leader, and until when. */
  held: { readonly request: Asked<ConsulRequest>; readonly untilMs: number }[]
  readonly agents: Map<string, Agent>
  /** When the leader probes next, and when it asks others to try. */
  probeAtMs: number
  askOthersAtMs: number
}

/** The service's part of the Raft core's types. */
export type ConsulReplica = Replica<ConsulData, ConsulRequest, ConsulCommand>
export type ConsulMachine = Machine<ConsulData, ConsulRequest, ConsulCommand>
export type ConsulAsked = Asked<ConsulRequest>

/** A server of a new group. */
export const createData = ({ options }: ServerConfig<unknown>): ConsulData => ({
  options: options as ConsulOptions,
  sessions: new Map(),
  keys: new Map(),
  index: 0,
  failed: new Set(),
  loggedDelays: new Map(),
  delays: new Map(),
  timers: new Map(),
  ending: new Set(),
  watchers: [],
  held: [],
  agents: new Map(),
  probeAtMs: Infinity,
  askOthersAtMs: Infinity,
})

/** What is only a leader's goes when it leads no more. */
export const forgetLeadership = (data: ConsulData): void => {
  data.timers.clear()
  data.ending.clear()
  data.agents.clear()
  data.probeAtMs = Infinity
  data.askOthersAtMs = Infinity
}

/** The process died. */
export const forgetMemory = (data: ConsulData): void => {
  forgetLeadership(data)
  data.delays.clear()
  data.watchers = []
  data.held = []
}
