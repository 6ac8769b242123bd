/** Pings: a server asks whether a client's machine is there, and something else than the client's process answers. */

import type { Target } from '../kernel/index.ts'
import type { Link } from './network.ts'
import type { Server } from './server.ts'
import type { World } from './world.ts'

const THERE = 0
const BACK = 1

/**
 * One datagram and its answer. It gets through wherever the network does and the machine has power and is not
 * suspended: a process that stands still or is dead has no part in it. Nothing repeats what is lost, and faults
 * of single messages are about the lock's own messages, not about these.
 */
export class Ping implements Target {
  private readonly world: World
  private readonly server: Server
  private readonly outward: Link
  private readonly homeward: Link
  private readonly client: string
  private readonly incarnation: number

  constructor(world: World, server: Server, client: string) {
    const there = world.node(client)
    this.world = world
    this.server = server
    this.client = client
    this.outward = world.network.link(server.node, there)
    this.homeward = world.network.link(there, server.node)
    this.incarnation = server.node.incarnation
  }

  send(): void {
    this.travel(this.outward, THERE)
  }

  fire(tag: number): void {
    const { node } = this.server
    if (tag === THERE) {
      const { to } = this.outward
      if (!this.outward.cut && to.powered && to.suspends === 0) this.travel(this.homeward, BACK)
      return
    }
    if (this.homeward.cut || !node.up || node.incarnation !== this.incarnation) return
    if (!node.running) {
      node.defer(this, BACK, undefined)
      return
    }
    const { kernel } = this.world
    kernel.hash.mixAt(kernel.nowMs, (node.id << 16) ^ this.outward.to.id)
    this.server.take({ kind: 'alive', client: this.client })
  }

  private travel(link: Link, tag: number): void {
    const { kernel } = this.world
    if (!link.cut && !link.holding) kernel.at(link.arrivalMs(kernel.nowMs), this, tag, undefined)
  }
}
