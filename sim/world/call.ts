/** Calls: a request on its way, the wait for its reply, and what may become of both. */

import type { Origin, Reply, Target, Traffic, Waiter } from '../kernel/index.ts'
import { CONNECTION_RESET, refused, TIMEOUT } from '../kernel/index.ts'
import type { RequestInput } from '../services/index.ts'
import type { ClientConnection } from './connection.ts'
import { mixBody, operationOf } from './digest.ts'
import type { Link } from './network.ts'
import type { Node } from './node.ts'
import type { World } from './world.ts'

const ARRIVE = 0
const REPLY = 1
const GIVE_UP = 2
const ARRIVE_AGAIN = 3
const WOKE_TOO_LATE = 4

/**
 * One call: the request on its way, the wait, the reply on its way back. It is also the request as the server
 * sees it.
 *
 * The timeout costs an event only when it is needed: as soon as it is sure that the reply will not arrive
 * in time. Every place where a message's fate is decided asks that question.
 */
export class Call implements Target, RequestInput<unknown> {
  readonly body: unknown
  readonly origin: Origin
  connection: ClientConnection
  private readonly world: World
  private readonly waiter: Waiter
  private readonly tag: number
  private readonly deadlineMs: number
  private readonly incarnation: number
  /** Which life of the server it was sent to; -1 if the server was down then. */
  private readonly sentToLife: number
  private readonly number: number
  private settled = false
  /** Whether the server has answered. */
  answered = false
  /** Whether the server has put it aside to answer it later. */
  private waiting = false
  private giveUpArmed = false

  constructor(
    world: World,
    connection: ClientConnection,
    body: unknown,
    origin: Origin,
    waiter: Waiter,
    tag: number,
    deadlineMs: number,
  ) {
    this.world = world
    this.connection = connection
    this.body = body
    this.origin = origin
    this.waiter = waiter
    this.tag = tag
    this.deadlineMs = deadlineMs
    this.incarnation = connection.node.incarnation
    const { node: place } = connection.server
    this.sentToLife = place.up ? place.incarnation : -1
    this.number = ++world.messages
  }

  /** The same for all, hence not a field of each. */
  get kind(): 'request' {
    return 'request'
  }

  /** What the request asks for, for faults that aim at an operation: its `op`, or the kind of its statement. */
  get operation(): string | undefined {
    return operationOf(this.body)
  }

  send(): void {
    const { connection } = this
    const { node, server } = connection
    this.recordSent('request-sent', node, server.node, this.body)
    if (connection.broken) {
      this.settle(refused('connection closed'))
      return
    }
    server.underWay++
    if (server.counted) this.count(node)
    this.travel(connection.outward, ARRIVE, undefined)
  }

  private count(node: Node): void {
    const { costs, kernel } = this.world
    const counts = costs.of(this.origin.activity)
    counts.requests++
    if (node.volleyAtMs === kernel.nowMs) return
    node.volleyAtMs = kernel.nowMs
    counts.roundTrips++
  }

  /** The server answers, now or from a later input. */
  answer(reply: Reply<unknown>): void {
    if (this.answered) return
    this.answered = true
    const { connection } = this
    const { node, server } = connection
    if (this.waiting) {
      server.forget(this)
      this.world.costs.wakeUps++
    }
    this.recordSent('reply-sent', server.node, node, reply)
    this.travel(connection.homeward, REPLY, reply)
  }

  /** The connection broke while the request was out: the client learns that, and no more. */
  reset(): void {
    this.answer(CONNECTION_RESET)
  }

  fire(tag: number, payload: unknown): void {
    switch (tag) {
      case ARRIVE:
        this.arrive(false)
        return
      case ARRIVE_AGAIN:
        this.arrive(true)
        return
      case REPLY:
        this.replyArrives(payload as Reply<unknown>)
        return
      case WOKE_TOO_LATE:
        // Behind everything that lies in the socket buffer: a read finds data there before it looks at the time.
        this.world.kernel.soon(this, GIVE_UP, undefined)
        return
      default:
        this.giveUp()
    }
  }

  /** Puts the request or the reply on its link. */
  private travel(link: Link, tag: number, payload: unknown): void {
    if (link.disturbed) {
      this.travelDisturbed(link, tag, payload)
      return
    }
    const { kernel } = this.world
    const atMs = link.arrivalMs(kernel.nowMs)
    kernel.queue.push(atMs, this, tag, payload)
    if (atMs > this.deadlineMs) this.expectTimeout()
  }

  private travelDisturbed(link: Link, tag: number, payload: unknown): void {
    const { kernel } = this.world
    const action = link.strike(this.operation)
    if (link.cut || action?.kind === 'lose') {
      this.lose(link, link.cut ? 'the link is cut' : 'lost')
      return
    }
    if (link.holding) {
      link.keep(this, tag, payload)
      this.expectTimeout()
      return
    }
    let atMs: number
    if (action?.kind === 'delay') {
      const { byMs } = action
      atMs = kernel.nowMs + byMs
      this.record(link.from, {
        kind: 'message-delayed',
        message: this.number,
        to: link.to.name,
        byMs,
      })
    } else {
      atMs = link.arrivalMs(kernel.nowMs)
      if (action?.kind === 'duplicate' && tag === ARRIVE) {
        this.connection.server.underWay++
        kernel.at(atMs + action.byMs, this, ARRIVE_AGAIN, undefined)
        this.record(link.from, {
          kind: 'message-duplicated',
          message: this.number,
          to: link.to.name,
        })
      }
    }
    kernel.at(atMs, this, tag, payload)
    if (atMs > this.deadlineMs) this.expectTimeout()
  }

  private lose(link: Link, why: string): void {
    if (link.to === this.connection.server.node) this.connection.server.underWay--
    this.record(link.from, {
      kind: 'message-lost',
      message: this.number,
      to: link.to.name,
      why,
    })
    this.expectTimeout()
  }

  private arrive(again: boolean): void {
    const { connection, world } = this
    const { server } = connection
    const place = server.node
    const isUsual =
      place.running &&
      !connection.outward.disturbed &&
      connection.serverIncarnation === place.incarnation
    if (!isUsual && !this.getsThrough(again)) return
    server.underWay--
    const { kernel } = world
    this.recordArrived('request-arrived', place, connection.node)
    kernel.hash.mixAt(kernel.nowMs, (place.id << 16) ^ connection.node.id)
    mixBody(kernel.hash, this.body)
    // The second copy is a request of its own to the server, but its reply finds nobody waiting.
    const request = again ? this.copy() : this
    server.take(request)
    if (!request.answered) request.putAside()
  }

  /** Whether a request reaches its server's process now, although the link or the server is not as it should be. */
  private getsThrough(again: boolean): boolean {
    const { world, connection } = this
    const { node, server, outward } = connection
    const place = server.node
    if (!place.up) {
      server.underWay--
      if (!again) this.findNobody()
      return false
    }
    if (!place.running) {
      place.defer(this, again ? ARRIVE_AGAIN : ARRIVE, undefined)
      this.expectTimeout()
      return false
    }
    if (outward.cut) {
      this.lose(outward, 'the link is cut')
      return false
    }
    if (connection.serverIncarnation === place.incarnation) return true
    // What was sent to a process that has died since is reset by the one that took its place.
    const forAnotherLife = this.sentToLife >= 0 && this.sentToLife !== place.incarnation
    if (connection.number === 0 && !forAnotherLife) {
      this.connection = world.connections.reconnect(node, server)
      return true
    }
    server.underWay--
    if (connection.number !== 0) connection.broken = true
    this.reset()
    return false
  }

  /**
   * A machine without power answers nothing. A live one resets the connections of a process that died while the
   * request was under way, which leaves its sender in doubt, and refuses new ones.
   */
  private findNobody(): void {
    const { connection } = this
    const { server } = connection
    if (server.silent) {
      this.expectTimeout()
      return
    }
    if (connection.number !== 0) connection.broken = true
    if (this.sentToLife === server.node.incarnation) this.reset()
    else this.answer(refused('connection refused'))
  }

  private putAside(): void {
    this.waiting = true
    this.connection.server.outstanding.push(this)
    this.expectTimeout()
  }

  private copy(): Call {
    const copy = new Call(this.world, this.connection, this.body, this.origin, NOBODY, 0, Infinity)
    copy.settled = true
    return copy
  }

  private replyArrives(reply: Reply<unknown>): void {
    if (this.settled) return
    const { connection } = this
    const { node } = connection
    const isUsual =
      node.running && !connection.homeward.disturbed && node.incarnation === this.incarnation
    if (!isUsual && !this.replyGetsThrough(reply)) return
    const { kernel } = this.world
    this.recordArrived('reply-arrived', node, connection.server.node)
    kernel.hash.mixAt(kernel.nowMs, (node.id << 16) ^ connection.server.node.id)
    mixBody(kernel.hash, reply.ok ? reply.value : reply.code)
    this.settle(reply)
  }

  /** Whether a reply reaches its process now, although the link or the node is not as it should be. */
  private replyGetsThrough(reply: Reply<unknown>): boolean {
    const { node, homeward } = this.connection
    if (node.incarnation !== this.incarnation || !node.up) return false
    if (!node.running) {
      node.defer(this, REPLY, reply)
      return false
    }
    if (!homeward.cut) return true
    this.lose(homeward, 'the link is cut')
    return false
  }

  private settle(reply: Reply<unknown>): void {
    if (this.settled) return
    this.settled = true
    if (reply === TIMEOUT || this.connection.broken) {
      this.world.kernel.soon(this.waiter, this.tag, reply)
      return
    }
    this.waiter.fire(this.tag, reply)
  }

  private giveUp(): void {
    if (this.settled) return
    const { node, server } = this.connection
    if (node.incarnation !== this.incarnation) return
    if (!node.running) {
      if (node.up) node.defer(this, WOKE_TOO_LATE, undefined)
      return
    }
    this.recordArrived('timed-out', node, server.node)
    this.settled = true
    this.waiter.fire(this.tag, TIMEOUT)
  }

  private expectTimeout(): void {
    if (this.giveUpArmed || this.settled) return
    this.giveUpArmed = true
    const { kernel } = this.world
    kernel.at(Math.max(this.deadlineMs, kernel.nowMs), this, GIVE_UP, undefined)
  }

  // What a full trace keeps. Out of line: the paths above run for every message of every run.

  private record(node: Node, traffic: Traffic): void {
    const { kernel } = this.world
    if (kernel.recording) kernel.host.traffic(node, traffic)
  }

  private recordSent(
    kind: 'request-sent' | 'reply-sent',
    from: Node,
    to: Node,
    body: unknown,
  ): void {
    const { kernel } = this.world
    if (kernel.recording) {
      kernel.host.traffic(from, { kind, message: this.number, to: to.name, body })
    }
  }

  private recordArrived(
    kind: 'request-arrived' | 'reply-arrived' | 'timed-out',
    at: Node,
    from: Node,
  ): void {
    const { kernel } = this.world
    if (kernel.recording) {
      kernel.host.traffic(at, { kind, message: this.number, from: from.name })
    }
  }
}

const NOBODY: Waiter = { accepts: () => false, fire: () => undefined }
