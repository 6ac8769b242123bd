/** Letters: what a server sends without being asked just then. */

import type { Target } from '../kernel/index.ts'
import { mixBody, operationOf } from './digest.ts'
import type { Link } from './network.ts'
import type { World } from './world.ts'

/** Something that a server sends on its own account: a push to a client's channel, or a message to a peer. */
export class Letter implements Target {
  private readonly world: World
  private readonly link: Link
  private readonly deliver: (body: unknown) => void
  private readonly body: unknown
  private readonly recipientIncarnation: number

  constructor(world: World, link: Link, deliver: (body: unknown) => void, body: unknown) {
    this.world = world
    this.link = link
    this.deliver = deliver
    this.body = body
    this.recipientIncarnation = link.to.incarnation
  }

  send(): void {
    const { link, world } = this
    const action = link.disturbed ? link.strike(operationOf(this.body)) : undefined
    if (link.cut || action?.kind === 'lose') return
    if (link.holding) {
      link.keep(this, 0, undefined)
      return
    }
    const { kernel } = world
    kernel.at(
      action?.kind === 'delay' ? kernel.nowMs + action.byMs : link.arrivalMs(kernel.nowMs),
      this,
      0,
      undefined,
    )
  }

  fire(): void {
    const { link, world } = this
    const { to } = link
    if (link.cut || !to.up || to.incarnation !== this.recipientIncarnation) return
    if (!to.running) {
      to.defer(this, 0, undefined)
      return
    }
    world.kernel.hash.mixAt(world.kernel.nowMs, (to.id << 16) ^ link.from.id)
    mixBody(world.kernel.hash, this.body)
    this.deliver(this.body)
  }
}
