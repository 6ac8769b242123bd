/** A client's end of a connection, from which a service's stub is made. */

import { Effect, Op } from '../kernel/index.ts'
import type { Mailbox, Reply } from '../kernel/index.ts'
import type { Port } from '../services/index.ts'
import type { ClientConnection } from './connection.ts'
import type { Node } from './node.ts'
import type { Server } from './server.ts'
import type { World } from './world.ts'

/** What a call waits for its reply when nobody says otherwise, in ms. */
const CALL_TIMEOUT_MS = 1_000

/** The kernel hands these back to the world: which connection an `Op.call` goes over. */
class WorldPort implements Port {
  readonly server: string
  readonly connection: ClientConnection
  private readonly world: World
  private readonly node: Node
  private readonly target: Server

  constructor(world: World, node: Node, target: Server, number: number) {
    this.world = world
    this.node = node
    this.target = target
    this.server = target.node.name
    this.connection =
      number === 0
        ? world.connections.reconnect(node, target)
        : world.connections.connect(node, target, number)
  }

  call<Value>(body: unknown, timeoutMs = CALL_TIMEOUT_MS): Effect<Reply<Value>> {
    return new Effect(Op.call, timeoutMs, this, body)
  }

  connect(): Port {
    return makePort(this.world, this.node, this.target, ++this.world.connections.opened)
  }

  disconnect(): Effect<void> {
    const { world, connection } = this
    return new Effect(
      Op.stop,
      0,
      { kill: () => world.connections.disconnect(connection) },
      undefined,
    )
  }

  channel<Letter>(channel: string): Mailbox<Letter> {
    const { connection, node, target, world } = this
    // The server may have restarted: what it pushes now goes to the connection that took this one's place.
    const current = connection.number === 0 ? world.connections.reconnect(node, target) : connection
    return current.channel(channel, world.kernel) as Mailbox<Letter>
  }
}

/** A port on a new connection; number 0 is the one that every client has. */
export const makePort = (world: World, node: Node, server: Server, number: number): Port =>
  new WorldPort(world, node, server, number)
