/** Connections between a client's process and a server. */

import { Mailbox } from '../kernel/index.ts'
import type { Kernel } from '../kernel/index.ts'
import type { Connection } from '../services/index.ts'
import type { Link, Network } from './network.ts'
import type { Node } from './node.ts'
import type { Server } from './server.ts'

/** The client's end and the server's end of one connection. */
export class ClientConnection implements Connection {
  readonly client: string
  readonly number: number
  readonly node: Node
  readonly server: Server
  /** Which life of the server it was opened to. */
  readonly serverIncarnation: number
  readonly clientIncarnation: number
  /** Whether the client knows that it is of no use any more. */
  broken = false
  /** Made when first asked for: most connections are never pushed anything. */
  private channels: Map<string, Mailbox<unknown>> | undefined
  readonly outward: Link
  readonly homeward: Link

  constructor(
    network: Network,
    node: Node,
    server: Server,
    number: number,
    before?: ClientConnection,
  ) {
    this.outward = network.link(node, server.node)
    this.homeward = network.link(server.node, node)
    this.client = node.name
    this.number = number
    this.node = node
    this.server = server
    this.serverIncarnation = server.node.incarnation
    this.clientIncarnation = node.incarnation
    this.channels = before?.channels
  }

  /** The mailbox that takes what the server pushes to this channel; the same after a reconnect. */
  channel(name: string, kernel: Kernel): Mailbox<unknown> {
    const channels = (this.channels ??= new Map<string, Mailbox<unknown>>())
    const known = channels.get(name)
    if (known !== undefined) return known
    const mailbox = new Mailbox<unknown>(kernel)
    channels.set(name, mailbox)
    return mailbox
  }
}
