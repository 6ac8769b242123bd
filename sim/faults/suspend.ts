/** `suspend`: the whole machine sleeps. As a pause, but the monotonic clock stands still too. */

import * as v from 'valibot'
import {
  common,
  defineFault,
  drawLength,
  drawMoment,
  milliseconds,
  nodeName,
  pickOne,
} from './fault.ts'

const schema = v.strictObject({
  kind: v.literal('suspend'),
  node: nodeName,
  ...common,
  forMs: milliseconds,
})

/**
 * A laptop lid, a VM snapshot or live migration. CLOCK_MONOTONIC does not count the time asleep
 * (clock_gettime(2)), so that even code which measures its lease with it is fooled.
 */
export const suspend = defineFault<v.InferOutput<typeof schema>>({
  kind: 'suspend',
  summary: 'the machine sleeps: as pause, and its monotonic clock stops (VM suspend, laptop lid)',
  schema,
  nodes: ({ node }) => [node],
  text: ({ node, forMs }) => `the machine of ${node} is suspended for ${forMs} ms`,
  begin(world, { node }, landed) {
    landed()
    world.pause(world.node(node), true)
    return () => world.resume(world.node(node), true)
  },
  draw: (stream, cast) => ({
    kind: 'suspend',
    node: pickOne(stream, cast.clients),
    at: drawMoment(stream, cast),
    forMs: drawLength(stream, cast),
  }),
})
