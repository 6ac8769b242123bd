/** `pause`: stop-the-world. The node handles nothing while its clocks run on and messages queue in its kernel. */

import * as v from 'valibot'
import {
  anyNode,
  common,
  defineFault,
  drawLength,
  drawMoment,
  milliseconds,
  nodeName,
  pickOne,
} from './fault.ts'

const schema = v.strictObject({
  kind: v.literal('pause'),
  node: nodeName,
  ...common,
  forMs: milliseconds,
})

/** A garbage collection, SIGSTOP, a page fault to a slow disk, the hypervisor running somebody else. */
export const pause = defineFault<v.InferOutput<typeof schema>>({
  kind: 'pause',
  summary: 'the process stands still, its clocks run on (GC, SIGSTOP, CPU steal)',
  schema,
  nodes: ({ node }) => [node],
  text: ({ node, forMs }) => `${node} stands still for ${forMs} ms`,
  begin(world, { node }, landed) {
    landed()
    world.pause(world.node(node), false)
    return () => world.resume(world.node(node), false)
  },
  draw: (stream, cast) => ({
    kind: 'pause',
    node: stream.pick(4) === 0 ? anyNode(stream, cast) : pickOne(stream, cast.clients),
    at: drawMoment(stream, cast),
    forMs: drawLength(stream, cast),
  }),
})
