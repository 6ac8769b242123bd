/** The world: nodes, servers and the network of one run, and everything that faults can do to them. */

import { Kernel, LocksimBug, Mailbox, quantise, spawn } from '../kernel/index.ts'
import type {
  Choice,
  Effect,
  Fact,
  FactEvent,
  Host,
  Origin,
  Process,
  RevokeCause,
  Site,
  TraceEvent,
  Traffic,
  Waiter,
} from '../kernel/index.ts'
import type { AnyService, Port, ServerView } from '../services/index.ts'
import { rateOf } from './clock.ts'
import { mixFact } from './digest.ts'
import { Call } from './call.ts'
import type { ClientConnection } from './connection.ts'
import { Connections } from './connections.ts'
import { Costs } from './costs.ts'
import type { Moment } from './moment.ts'
import { serverNames, streamOfNode } from './names.ts'
import { Network } from './network.ts'
import type { Latency, MessageRule } from './network.ts'
import { Alarm, Node } from './node.ts'
import type { ClockConfig } from './node.ts'
import { makePort } from './port.ts'
import { Server } from './server.ts'
import { Watches } from './watches.ts'
import { stampedFact } from './stamp.ts'

/** Who watches a run. */
export interface Observer {
  /** A fact was stated. The event may be kept. */
  fact(event: FactEvent): void
  /** A server's data changed in a way that may change who holds the lock. */
  changed(server: Server, cause: RevokeCause, by: Origin | undefined): void
  /** One line of a full trace, facts included; only if given. */
  record?(event: TraceEvent): void
}

/** What a world is built from. */
export interface WorldConfig {
  readonly choice: Choice
  readonly latency: Latency
  readonly observer: Observer
  /** Clocks of nodes that do not start exact. */
  clockOf(node: string): ClockConfig
  /** How long a server takes to notice that a silent client is gone (TCP keepalive), in ms. */
  readonly keepaliveMs: number
}

/**
 * A judge's look at one server. A class: an object literal with an accessor makes a hidden class of its own
 * each time, which keeps whole dead worlds alive until the next full garbage collection.
 */
class Sight implements ServerView<unknown> {
  readonly node: string
  private readonly server: Server

  constructor(server: Server) {
    this.node = server.node.name
    this.server = server
  }

  get up(): boolean {
    return this.server.node.up
  }

  get data(): unknown {
    return this.server.view
  }
}

/** One simulated world. */
export class World implements Host {
  readonly kernel: Kernel
  readonly network: Network
  readonly connections: Connections
  readonly config: WorldConfig
  readonly nodes: Node[] = []
  readonly servers: Server[] = []
  readonly costs: Costs
  /** Number of the last request sent. */
  messages = 0
  private readonly byName = new Map<string, Node>()
  private readonly groups = new Map<string, Server[]>()
  private readonly watches: Watches
  private readonly leaders = new Map<string, Map<string, number>>()
  private readonly restarts = new Map<Node, () => void>()

  constructor(config: WorldConfig) {
    this.config = config
    this.kernel = new Kernel(this)
    this.kernel.recording = config.observer.record !== undefined
    this.network = new Network(config.latency, config.choice)
    this.connections = new Connections(this.kernel, this.network, config.keepaliveMs)
    this.watches = new Watches(this.kernel)
    this.costs = new Costs()
  }

  /** Adds a machine. */
  addNode(name: string): Node {
    const node = new Node(this.nodes.length, name, this.config.clockOf(name))
    this.nodes.push(node)
    this.byName.set(name, node)
    return node
  }

  /** Adds a group of servers of one service: `redis-1` … or, if it is alone, `store`. */
  addServers(
    service: AnyService,
    size: number,
    options: Readonly<Record<string, unknown>>,
  ): readonly Server[] {
    const group: Server[] = []
    const merged = { ...(service.options as object), ...options }
    for (const name of serverNames(service.nodeName, size)) {
      const node = this.addNode(name)
      const index = group.length
      group.push(new Server(this, node, service, index, group, size, merged, this.config.choice))
    }
    this.groups.set(service.name, group)
    this.servers.push(...group)
    for (const server of group) server.begin()
    return group
  }

  /** The node of this name. */
  node(name: string): Node {
    const node = this.byName.get(name)
    if (node === undefined) throw new LocksimBug(`there is no node ${name}`)
    return node
  }

  /** The server that runs on this node, if it is one. */
  serverOn(node: Node): Server | undefined {
    return this.servers.find((server) => server.node === node)
  }

  /** The servers of a service, as judges see them. */
  views(service: string): readonly ServerView<unknown>[] {
    return (this.groups.get(service) ?? []).map((server) => new Sight(server))
  }

  /** The typed client of a service, for one life of a client's process. */
  clientOf(service: AnyService, node: Node): unknown {
    const ports: Port[] = (this.groups.get(service.name) ?? []).map((server) =>
      makePort(this, node, server, 0),
    )
    return service.client(ports, {
      client: node.name,
      pick: (stream, count) =>
        this.config.choice.stream(streamOfNode(stream, node.name)).pick(count),
      mailbox: () => new Mailbox(this.kernel),
      leader: () => this.leaderOf(service.name, node.name),
      spawn,
    })
  }

  /** Starts a process on a node. */
  start(node: Node, name: string, body: Process<unknown>, origin: Origin): void {
    this.kernel.start(node, name, body, origin)
  }

  /** What to do when a crashed node comes back, after its service has. */
  onRestart(node: Node, begin: () => void): void {
    this.restarts.set(node, begin)
  }

  /** An alarm on one of a node's clocks. */
  alarm(node: Node, which: 'wall' | 'monotonic', ring: () => void): Alarm {
    return new Alarm(this.kernel, node, which, ring)
  }

  /** Calls `ring` when the moment comes; never if it never comes. */
  when(moment: Moment, ring: () => void): void {
    this.watches.add(moment, typeof moment === 'number' ? undefined : this.node(moment.node), ring)
  }

  // What the kernel asks.

  wallMs(site: Site): number {
    return (site as Node).wall.read(this.kernel.nowMs)
  }

  monotonicMs(site: Site): number {
    return (site as Node).monotonic.read(this.kernel.nowMs)
  }

  call(site: Site, effect: Effect<unknown>, origin: Origin, waiter: Waiter, tag: number): void {
    let connection = (effect.first as { readonly connection: ClientConnection }).connection
    const { server } = connection
    if (
      connection.number === 0 &&
      connection.serverIncarnation !== server.node.incarnation &&
      server.node.up
    ) {
      connection = this.connections.reconnect(site as Node, server)
    }
    const deadlineMs =
      effect.amount === Infinity
        ? Infinity
        : quantise(this.kernel.nowMs + effect.amount / site.monotonicRate)
    new Call(this, connection, effect.second, origin, waiter, tag, deadlineMs).send()
  }

  state(site: Site, fact: Fact): void {
    const { nowMs, hash } = this.kernel
    const { observer } = this.config
    mixFact(hash, fact, nowMs, site.id)
    const event = stampedFact(fact, nowMs, site.name)
    observer.fact(event)
    observer.record?.(this.withClock(site as Node, event))
    if (this.watches.any) this.watches.stated(site.name, fact.kind)
  }

  traffic(site: Site, traffic: Traffic): void {
    const event = { atMs: this.kernel.nowMs, node: site.name, ...traffic }
    this.config.observer.record?.(this.withClock(site as Node, event))
  }

  stepReached(site: Site): void {
    this.watches.stepReached(site as Node)
  }

  // What servers and connections ask.

  /** A server says that its data changed. */
  changed(server: Server, cause: RevokeCause, by: Origin | undefined): void {
    this.config.observer.changed(server, cause, by)
  }

  /** Index of the group's leader as the directory of this client has it. */
  leaderOf(service: string, client: string): number {
    const known = this.leaders.get(service)
    return known?.get(client) ?? known?.get('') ?? 0
  }

  // What faults do.

  /** Stops the world of a node: it handles nothing; messages queue. `clocksStop` stops its monotonic clock too. */
  pause(node: Node, clocksStop: boolean): void {
    node.pauses++
    node.running = false
    if (clocksStop && ++node.suspends === 1) {
      node.frozenAtMs = this.kernel.nowMs
      node.monotonic.setRate(this.kernel.nowMs, 0)
    }
    this.state(node, { kind: 'paused', clocksStop })
  }

  /** Ends one pause; what arrived meanwhile is handled in order of arrival. */
  resume(node: Node, clocksStop: boolean): void {
    if (node.pauses === 0) return
    node.pauses--
    if (clocksStop && --node.suspends === 0) {
      node.frozenMs += this.kernel.nowMs - node.frozenAtMs
      node.monotonic.setRate(this.kernel.nowMs, rateOf(node.driftPpm))
    }
    const awake = node.up && node.pauses === 0
    node.running = awake
    this.state(node, { kind: 'resumed' })
    if (awake) this.release(node)
    node.clocksChanged()
  }

  /**
   * Kills the process of a node. `silent`: as in a power loss, nobody is told. `losesDisk`: a server comes back
   * with nothing on its disk.
   */
  crash(node: Node, silent: boolean, losesDisk = false): void {
    if (!node.up) return
    node.up = false
    node.powered = !silent
    node.running = false
    for (const runner of [...node.runners]) runner.kill()
    this.state(
      node,
      losesDisk ? { kind: 'crashed', silent, losesDisk } : { kind: 'crashed', silent },
    )
    const server = this.serverOn(node)
    if (server === undefined) this.connections.abandon(node, silent)
    else {
      server.silent = silent
      server.take({ kind: 'crash' })
      server.losesDisk = losesDisk
      for (const call of [...server.outstanding]) {
        if (!silent) call.reset()
      }
      server.outstanding.length = 0
      if (!silent) server.tellPeers()
      this.changed(server, 'lost', undefined)
    }
    this.release(node)
  }

  /** Brings a crashed node back, with what its disk kept, if anything. */
  restart(node: Node): void {
    if (node.up) return
    node.up = true
    node.powered = true
    node.incarnation++
    node.running = node.pauses === 0
    this.state(node, { kind: 'restarted' })
    const server = this.serverOn(node)
    if (server !== undefined) {
      if (server.losesDisk) server.lose()
      server.take({ kind: 'restart' })
      this.changed(server, 'lost', undefined)
    }
    node.clocksChanged()
    this.restarts.get(node)?.()
  }

  /** Sets the wall clock of a node ahead or back. */
  jumpClock(node: Node, byMs: number): void {
    node.wall.jump(this.kernel.nowMs, byMs)
    this.state(node, { kind: 'clock-changed', byMs, driftPpm: node.driftPpm })
    node.clocksChanged()
  }

  /** Changes the rate of a node's clocks. `wallOnly`: the wall clock is slewed (adjtime), the monotonic clock is not. */
  driftClock(node: Node, driftPpm: number, wallOnly = false): void {
    node.wall.setRate(this.kernel.nowMs, rateOf(driftPpm))
    if (!wallOnly) {
      node.driftPpm = driftPpm
      node.monotonicRate = rateOf(driftPpm)
      if (node.suspends === 0) node.monotonic.setRate(this.kernel.nowMs, rateOf(driftPpm))
    }
    this.state(node, { kind: 'clock-changed', byMs: 0, driftPpm })
    node.clocksChanged()
  }

  /** Cuts one direction. `hold`: the network keeps what is sent and delivers it at the end. */
  cut(from: Node, to: Node, hold: boolean): void {
    this.network.link(from, to).begin(hold)
  }

  /** Heals one direction. */
  heal(from: Node, to: Node, hold: boolean): void {
    const link = this.network.link(from, to)
    for (const { target, tag, payload } of link.end(hold)) {
      this.kernel.at(link.arrivalMs(this.kernel.nowMs), target, tag, payload)
    }
  }

  /** Adds a rule for messages in one direction. */
  addRule(from: Node, to: Node, rule: MessageRule): void {
    this.network.link(from, to).addRule(rule)
  }

  /** Takes a rule away. */
  removeRule(from: Node, to: Node, rule: MessageRule): void {
    this.network.link(from, to).removeRule(rule)
  }

  /**
   * Makes a server the leader of its group and demotes the others that are up and reachable for the authority.
   * `clients` are those whose directory learns it; undefined for all.
   */
  promote(server: Server, demote: boolean, clients: readonly string[] | undefined): void {
    const { group, node } = server
    const before = group[this.leaderOf(server.service.name, '')] as Server
    const known = this.leaders.get(server.service.name) ?? new Map<string, number>([['', 0]])
    this.leaders.set(server.service.name, known)
    if (clients !== undefined) {
      // Who is not told keeps what it knew.
      for (const other of this.nodes) {
        if (this.serverOn(other) === undefined && !known.has(other.name)) {
          known.set(other.name, known.get('') ?? 0)
        }
      }
      for (const client of clients) known.set(client, server.index)
    } else {
      known.clear()
    }
    known.set('', server.index)
    this.state(node, { kind: 'promoted', insteadOf: before.node.name })
    server.take({ kind: 'promote' })
    if (demote) {
      for (const other of group) {
        if (other !== server && other.node.up) other.take({ kind: 'demote', leader: server.index })
      }
    }
    this.changed(server, 'lost', undefined)
  }

  private withClock(node: Node, event: TraceEvent): TraceEvent {
    const wallMs = node.wall.read(this.kernel.nowMs)
    return wallMs === this.kernel.nowMs ? event : { ...event, wallMs }
  }

  private release(node: Node): void {
    for (const { target, tag, payload } of node.takeDeferred())
      this.kernel.soon(target, tag, payload)
  }
}
