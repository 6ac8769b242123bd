/** `failover`: a replica is promoted, whether or not it has caught up. */

import * as v from 'valibot'
import { hasReplicas } from '../services/index.ts'
import { common, defineFault, drawMoment, nodeName, pickOne } from './fault.ts'

const schema = v.strictObject({
  kind: v.literal('failover'),
  ...common,
  /** The replica that becomes the leader. */
  to: nodeName,
  /** Clients that are told of it; all if left out. The others go on talking to the old leader. */
  clients: v.optional(v.array(nodeName, 'a list of client names')),
  /** Whether the old leader learns of it and gives up its data, if it is up; true if left out. */
  demote: v.optional(v.boolean('true or false')),
})

/** What Sentinel, an operator or a managed database does when the leader seems dead. */
export const failover = defineFault<v.InferOutput<typeof schema>>({
  kind: 'failover',
  summary: 'a replica is promoted before it has caught up (Sentinel, a managed database)',
  schema,
  nodes: ({ to, clients }) => [to, ...(clients ?? [])],
  text: ({ to }) => `${to} is promoted`,
  begin(world, { to, clients, demote }, landed) {
    const server = world.serverOn(world.node(to))
    if (server === undefined || !server.node.up) return undefined
    landed()
    world.promote(server, demote !== false, clients)
    return undefined
  },
  draw(stream, cast) {
    // An election of its own needs nobody to promote anybody; peers and a lone server have nobody to promote.
    const groups = cast.servers.filter(
      ({ service, nodes }) => hasReplicas(service) && nodes.length > 1,
    )
    if (groups.length === 0) return undefined
    const replicas = pickOne(stream, groups).nodes.slice(1)
    return {
      kind: 'failover',
      to: pickOne(stream, replicas),
      at: drawMoment(stream, cast),
      ...(stream.pick(3) === 0 ? { clients: [pickOne(stream, cast.clients)], demote: false } : {}),
    }
  },
})
