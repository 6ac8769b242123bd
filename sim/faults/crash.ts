/** `crash`: the process dies; memory is lost, and of the disk what the service's persistence says. */

import * as v from 'valibot'
import { anyNode, common, defineFault, drawMoment, lasting, nodeName, pickMs } from './fault.ts'

const schema = v.strictObject({
  kind: v.literal('crash'),
  node: nodeName,
  ...common,
  ...lasting,
  /** Power loss: nobody is sent a FIN or RST, peers find out by their own timeouts. */
  silent: v.optional(v.boolean('true or false')),
  /** The disk is lost as well: a server comes back empty, as a container without a volume does. */
  losesDisk: v.optional(v.boolean('true or false')),
})

/** A crash with a restart after `forMs`, or for good. */
export const crash = defineFault<v.InferOutput<typeof schema>>({
  kind: 'crash',
  summary: 'the process dies and loses its memory; restarts after a while, or never',
  schema,
  nodes: ({ node }) => [node],
  text: ({ node, forMs, silent, losesDisk }) =>
    `${node} ${silent === true ? 'loses power' : 'crashes'}${losesDisk === true ? ' and loses its disk' : ''}${forMs === undefined ? '' : ` and is back after ${forMs} ms`}`,
  begin(world, { node, silent, losesDisk }, landed) {
    const struck = world.node(node)
    // Who is dead already is brought back by whatever killed it, or by nothing.
    if (!struck.up) return undefined
    landed()
    world.crash(struck, silent === true, losesDisk === true)
    return () => world.restart(struck)
  },
  draw(stream, cast) {
    const plan = {
      kind: 'crash',
      node: anyNode(stream, cast),
      at: drawMoment(stream, cast),
    } as const
    const silent = stream.pick(4) === 0 ? { silent: true } : {}
    // A server that never comes back mostly proves that nothing can be locked.
    const forGood = cast.clients.includes(plan.node) && stream.pick(2) === 0
    return forGood
      ? { ...plan, ...silent }
      : { ...plan, ...silent, forMs: pickMs(stream, 1, cast.leaseMs) }
  },
})
