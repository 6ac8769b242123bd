/** All connections of a world: opened, closed, given up by a process that died, and how their servers get to know. */

import type { Kernel } from '../kernel/index.ts'
import { ClientConnection } from './connection.ts'
import type { Network } from './network.ts'
import type { Node } from './node.ts'
import type { Server } from './server.ts'

/** Who is connected to whom. */
export class Connections {
  /** Connections opened beyond the ones that every client has. */
  opened = 0
  private readonly kernel: Kernel
  private readonly network: Network
  private readonly keepaliveMs: number
  private readonly byNode = new Map<Node, ClientConnection[]>()

  constructor(kernel: Kernel, network: Network, keepaliveMs: number) {
    this.kernel = kernel
    this.network = network
    this.keepaliveMs = keepaliveMs
  }

  /** Opens a connection. Number 0 is the one that every client has to every server and reopens by itself. */
  connect(node: Node, server: Server, number: number): ClientConnection {
    const connection = new ClientConnection(this.network, node, server, number)
    this.connectionsOf(node).push(connection)
    return connection
  }

  /** The current connection number 0 of a client to a server, opened anew if the server has restarted. */
  reconnect(node: Node, server: Server): ClientConnection {
    const list = this.connectionsOf(node)
    for (let position = 0; position < list.length; position++) {
      const old = list[position] as ClientConnection
      if (old.number !== 0 || old.server !== server) continue
      if (old.serverIncarnation === server.node.incarnation) return old
      const fresh = new ClientConnection(this.network, node, server, 0, old)
      list[position] = fresh
      return fresh
    }
    return this.connect(node, server, 0)
  }

  /** The client closes a connection; the server sees it one network delay later. */
  disconnect(connection: ClientConnection): void {
    const list = this.byNode.get(connection.node) ?? []
    const position = list.indexOf(connection)
    if (position >= 0) list.splice(position, 1)
    connection.broken = true
    this.tellClosed(connection, connection.outward.arrivalMs(this.kernel.nowMs))
  }

  /** Gives up all connections of a process that died. The servers notice when the FIN arrives or, if it cannot, by keepalive. */
  abandon(node: Node, silent: boolean): void {
    const list = this.byNode.get(node) ?? []
    this.byNode.set(node, [])
    for (const connection of list) {
      connection.broken = true
      // A FIN into a cut network is as good as none: the server's keepalive has to find out.
      const unheard = silent || connection.outward.cut || connection.outward.holding
      const noticedAtMs = unheard
        ? this.kernel.nowMs + this.keepaliveMs
        : connection.outward.arrivalMs(this.kernel.nowMs)
      this.tellClosed(connection, noticedAtMs)
    }
  }

  private tellClosed(connection: ClientConnection, atMs: number): void {
    const { server } = connection
    const target = {
      fire: (): void => {
        if (!server.node.up || connection.serverIncarnation !== server.node.incarnation) return
        if (!server.node.running) {
          server.node.defer(target, 0, undefined)
          return
        }
        server.take({ kind: 'closed', connection })
      },
    }
    this.kernel.at(atMs, target, 0, undefined)
  }

  private connectionsOf(node: Node): ClientConnection[] {
    const known = this.byNode.get(node)
    if (known !== undefined) return known
    const list: ClientConnection[] = []
    this.byNode.set(node, list)
    return list
  }
}
