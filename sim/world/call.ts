/** Calls: a request on its way, the wait for its reply, and what may become of both. */

import type { Origin, Reply, Target, Waiter } from '../kernel/index.ts'
import { CONNECTION_RESET, refused, TIMEOUT } from '../kernel/index.ts'
import type { RequestInput } from '../services/index.ts'
import type { ClientConnection } from './connection.ts'
import { mixBody } from './digest.ts'
import type { Link } from './network.ts'
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

  /** What the request asks for, for faults that aim at an operation. */
  get operation(): string | undefined {
    return (this.body as { readonly op?: string } | null)?.op
  }

  send(): void {
    const { world, connection } = this
    const { node, server } = connection
    if (world.kernel.recording) {
      world.kernel.host.traffic(node, {
        kind: 'request-sent',
        message: this.number,
        to: server.node.name,
        body: this.body,
      })
    }
    if (connection.broken) {
      this.settle(refused('connection closed'))
      return
    }
    server.underWay++
    this.travel(connection.outward, ARRIVE, undefined)
  }

  /** The server answers, now or from a later input. */
  answer(reply: Reply<unknown>): void {
    if (this.answered) return
    this.answered = true
    const { world, connection } = this
    const { node, server } = connection
    if (this.waiting) server.forget(this)
    if (world.kernel.recording) {
      world.kernel.host.traffic(server.node, {
        kind: 'reply-sent',
        message: this.number,
        to: node.name,
        body: reply,
      })
    }
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
      atMs = kernel.nowMs + action.byMs
      if (kernel.recording) {
        kernel.host.traffic(link.from, {
          kind: 'message-delayed',
          message: this.number,
          to: link.to.name,
          byMs: action.byMs,
        })
      }
    } else {
      atMs = link.arrivalMs(kernel.nowMs)
      if (action?.kind === 'duplicate' && tag === ARRIVE) {
        this.connection.server.underWay++
        kernel.at(atMs + action.byMs, this, ARRIVE_AGAIN, undefined)
        if (kernel.recording) {
          kernel.host.traffic(link.from, {
            kind: 'message-duplicated',
            message: this.number,
            to: link.to.name,
          })
        }
      }
    }
    kernel.at(atMs, this, tag, payload)
    if (atMs > this.deadlineMs) this.expectTimeout()
  }

  private lose(link: Link, why: string): void {
    const { kernel } = this.world
    if (link.to === this.connection.server.node) this.connection.server.underWay--
    if (kernel.recording) {
      kernel.host.traffic(link.from, {
        kind: 'message-lost',
        message: this.number,
        to: link.to.name,
        why,
      })
    }
    this.expectTimeout()
  }

  private arrive(again: boolean): void {
    const { world, connection } = this
    const { kernel } = world
    const { node, server } = connection
    const place = server.node
    if (!place.up) {
      server.underWay--
      if (again) return
      // A machine without power answers nothing. A live one resets the connections of a process that died while
      // the request was under way, which leaves its sender in doubt, and refuses new ones.
      if (server.silent) this.expectTimeout()
      else {
        if (connection.number !== 0) connection.broken = true
        if (this.sentToLife === place.incarnation) this.reset()
        else this.answer(refused('connection refused'))
      }
      return
    }
    if (!place.running) {
      place.defer(this, again ? ARRIVE_AGAIN : ARRIVE, undefined)
      this.expectTimeout()
      return
    }
    const link = connection.outward
    if (link.cut) {
      this.lose(link, 'the link is cut')
      return
    }
    server.underWay--
    if (connection.serverIncarnation !== place.incarnation) {
      // What was sent to a process that has died since is reset by the one that took its place.
      const forAnotherLife = this.sentToLife >= 0 && this.sentToLife !== place.incarnation
      if (connection.number !== 0 || forAnotherLife) {
        if (connection.number !== 0) connection.broken = true
        this.reset()
        return
      }
      this.connection = world.connections.reconnect(node, server)
    }
    if (kernel.recording) {
      kernel.host.traffic(place, {
        kind: 'request-arrived',
        message: this.number,
        from: node.name,
      })
    }
    kernel.hash.mixAt(kernel.nowMs, (place.id << 16) ^ node.id)
    mixBody(kernel.hash, this.body)
    // The second copy is a request of its own to the server, but its reply finds nobody waiting.
    const request = again ? this.copy() : this
    server.take(request)
    if (request.answered) return
    request.waiting = true
    server.outstanding.push(request)
    request.expectTimeout()
  }

  private copy(): Call {
    const copy = new Call(this.world, this.connection, this.body, this.origin, NOBODY, 0, Infinity)
    copy.settled = true
    return copy
  }

  private replyArrives(reply: Reply<unknown>): void {
    if (this.settled) return
    const { world, connection } = this
    const { kernel } = world
    const { node, server } = connection
    if (node.incarnation !== this.incarnation) return
    if (!node.running && node.up) {
      node.defer(this, REPLY, reply)
      return
    }
    if (!node.up) return
    const link = connection.homeward
    if (link.cut) {
      this.lose(link, 'the link is cut')
      return
    }
    if (kernel.recording) {
      kernel.host.traffic(node, {
        kind: 'reply-arrived',
        message: this.number,
        from: server.node.name,
      })
    }
    kernel.hash.mixAt(kernel.nowMs, (node.id << 16) ^ server.node.id)
    mixBody(kernel.hash, reply.ok ? reply.value : reply.code)
    this.settle(reply)
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
    const { world, connection } = this
    const { node, server } = connection
    if (node.incarnation !== this.incarnation) return
    if (!node.running) {
      if (node.up) node.defer(this, WOKE_TOO_LATE, undefined)
      return
    }
    if (world.kernel.recording) {
      world.kernel.host.traffic(node, {
        kind: 'timed-out',
        message: this.number,
        from: server.node.name,
      })
    }
    this.settled = true
    this.waiter.fire(this.tag, TIMEOUT)
  }

  private expectTimeout(): void {
    if (this.giveUpArmed || this.settled) return
    this.giveUpArmed = true
    const { kernel } = this.world
    kernel.at(Math.max(this.deadlineMs, kernel.nowMs), this, GIVE_UP, undefined)
  }
}

const NOBODY: Waiter = { accepts: () => false, fire: () => undefined }
