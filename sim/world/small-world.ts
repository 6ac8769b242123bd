/** A small world for tests: clients, servers of a service that does what it is told, and everything that is seen. */

import { ok, randomChoice, refused } from '../kernel/index.ts'
import type {
  Choice,
  FactEvent,
  Mailbox,
  Origin,
  Process,
  Reply,
  TraceEvent,
} from '../kernel/index.ts'
import { defineService } from '../services/service.ts'
import type { Connection, Input, Port, RequestInput, StubEnvironment } from '../services/service.ts'
import type { Latency } from './network.ts'
import type { ClockConfig, Node } from './node.ts'
import { World } from './world.ts'

/** What can be asked of an obedient server. */
export type Order =
  | { readonly op: 'echo'; readonly value: unknown }
  | { readonly op: 'refuse' }
  /** Is answered when somebody sends `free`. */
  | { readonly op: 'hold' }
  | { readonly op: 'free' }
  /** Asks for a tick when the server's clock shows this. */
  | { readonly op: 'wake'; readonly atMs: number }
  | { readonly op: 'push'; readonly channel: string; readonly value: unknown }
  | { readonly op: 'tell'; readonly peer: number; readonly value: unknown }
  | { readonly op: 'close' }

interface State {
  readonly heard: string[]
  held: RequestInput<Order>[]
  wakeAtMs: number
}

/** The client's end: the ports, and what the directory says. */
export interface SmallClient {
  readonly ports: readonly Port[]
  readonly first: Port
  readonly leader: () => number
  readonly mailbox: <Letter>() => Mailbox<Letter>
}

const nameOf = ({ client, number }: Connection): string =>
  number === 0 ? client : `${client}.${number}`

/** Notes all that it hears, with its own clock, and obeys. */
const obedient = (clock: 'wall' | 'monotonic' = 'wall') =>
  defineService({
    name: 'obedient',
    summary: 'does what it is told',
    sources: [],
    nodeName: 'server',
    clock,
    options: {},
    optionWords: {},
    create: (): State => ({ heard: [], held: [], wakeAtMs: Infinity }),
    step(state, input: Input<Order, unknown>, nowMs, out) {
      switch (input.kind) {
        case 'request': {
          const { body, connection } = input
          state.heard.push(
            `${body.op}${'value' in body ? ` ${String(body.value)}` : ''} of ${nameOf(connection)} at ${nowMs}`,
          )
          if (body.op === 'hold') {
            state.held.push(input)
            return
          }
          if (body.op === 'close') {
            out.close(connection)
            return
          }
          if (body.op === 'wake') state.wakeAtMs = body.atMs
          if (body.op === 'push') out.push(connection, body.channel, body.value)
          if (body.op === 'tell') out.peer(body.peer, body.value)
          if (body.op === 'free') {
            for (const held of state.held) out.reply(held, ok('freed'))
            state.held = []
          }
          out.reply(
            input,
            body.op === 'refuse' ? refused('NO') : ok(body.op === 'echo' ? body.value : true),
          )
          return
        }
        case 'closed':
          state.heard.push(`closed ${nameOf(input.connection)} at ${nowMs}`)
          return
        case 'peer':
          state.heard.push(`peer ${input.from} said ${String(input.body)} at ${nowMs}`)
          return
        case 'tick':
          state.wakeAtMs = Infinity
          state.heard.push(`tick at ${nowMs}`)
          return
        case 'crash':
          state.held = []
          state.heard.push(`crash at ${nowMs}`)
          return
        default:
          state.heard.push(`${input.kind} at ${nowMs}`)
      }
    },
    wakeAtMs: ({ wakeAtMs }) => wakeAtMs,
    client: (ports: readonly Port[], environment: StubEnvironment): SmallClient => ({
      ports,
      first: ports[0] as Port,
      leader: environment.leader,
      mailbox: environment.mailbox,
    }),
    view: ({ heard }) => heard,
  })

/** What a small world is built from; latency is exactly 1 ms if nothing is said. */
export interface SmallWorldOptions {
  readonly clients?: number
  readonly servers?: number
  readonly latency?: Latency
  readonly clocks?: Readonly<Record<string, Partial<ClockConfig>>>
  readonly keepaliveMs?: number
  readonly serverClock?: 'wall' | 'monotonic'
  readonly choice?: Choice
  readonly record?: boolean
}

const IDLE: Origin = { client: '', hold: '', activity: 'opening' }

/** Builds it. */
export const smallWorld = (options: SmallWorldOptions = {}) => {
  const facts: FactEvent[] = []
  const lines: TraceEvent[] = []
  const world = new World({
    choice: options.choice ?? randomChoice(1),
    latency: options.latency ?? { minMs: 1, maxMs: 1 },
    keepaliveMs: options.keepaliveMs ?? 1_000,
    clockOf: (name) => ({ offsetMs: 0, driftPpm: 0, ...options.clocks?.[name] }),
    observer: {
      fact: (event) => facts.push(event),
      changed: () => undefined,
      ...(options.record === true ? { record: (event: TraceEvent) => lines.push(event) } : {}),
    },
  })
  const clients = Array.from({ length: options.clients ?? 1 }, (_, index) =>
    world.addNode(`client-${index + 1}`),
  )
  const service = obedient(options.serverClock)
  const servers = world.addServers(service, options.servers ?? 1, {})

  return {
    world,
    facts,
    lines,
    /** The first client, and the first server with its node. */
    client: clients[0] as Node,
    server: (servers[0] as (typeof servers)[number]).node,
    clients,
    servers,
    /** Starts a process on a client, the first if nothing is said. */
    start(
      body: (stub: SmallClient) => Process<unknown>,
      node = clients[0] as Node,
      name = 'client',
    ): void {
      const stub = world.clientOf(service, node) as SmallClient
      world.start(node, name, body(stub), IDLE)
    },
    /** Does something to the world at a true time. */
    at: (atMs: number, act: () => void): void => world.when(atMs, act),
    /** Runs to the end, or to the horizon. */
    run: (horizonMs = 1_000_000, eventsMax = 1_000_000) => world.kernel.run(horizonMs, eventsMax),
    /** What a server has heard, in order. */
    heard: (index = 0): readonly string[] => world.views(service.name)[index]?.data as string[],
    /** The kinds of facts, in order. */
    kinds: (): readonly string[] => facts.map(({ kind }) => kind),
  }
}

/** The answer of a call that got through; throws otherwise. */
export const valueOf = (reply: Reply<unknown>): unknown => {
  if (reply.ok) return reply.value
  throw new Error(`the call failed: ${reply.code}`)
}

/** What a reply comes to, in a word: its value, or the code. */
export const wordOf = (reply: Reply<unknown>): unknown =>
  reply.ok ? reply.value : `${reply.why}: ${reply.code}`
