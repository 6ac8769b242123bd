/** `clock`: a wall clock is set ahead or back, slewed, or a node's oscillator runs fast or slow. */

import * as v from 'valibot'
import {
  anyNode,
  common,
  defineFault,
  drawLength,
  drawMoment,
  lasting,
  nodeName,
  pickMs,
} from './fault.ts'

const signedMs = v.pipe(v.number('a number of ms'), v.finite('a finite number of ms'))
const ppm = v.pipe(
  v.number('parts per million'),
  v.minValue(-900_000, 'at least -900000 ppm: a clock does not run backwards'),
  v.maxValue(9_000_000, 'at most 9000000 ppm'),
)

const schema = v.pipe(
  v.strictObject({
    kind: v.literal('clock'),
    node: nodeName,
    ...common,
    ...lasting,
    /** The wall clock is set by this much: NTP step, an operator, a leap second. With `forMs` it is set back after that. */
    jumpMs: v.optional(signedMs),
    /** Both clocks run at this rate from now on, or for `forMs`: a bad oscillator. */
    driftPpm: v.optional(ppm),
    /** Only the wall clock runs at this rate, for `forMs`: it is slewed, as ntpd does with small errors. */
    slewPpm: v.optional(ppm),
  }),
  v.check(
    ({ jumpMs, driftPpm, slewPpm }) =>
      [jumpMs, driftPpm, slewPpm].filter((value) => value !== undefined).length === 1,
    'exactly one of "jumpMs", "driftPpm" and "slewPpm"',
  ),
)

type Plan = v.InferOutput<typeof schema>

/** What can happen to a clock. */
export const clock = defineFault<Plan>({
  kind: 'clock',
  summary: 'a wall clock jumps ahead or back or is slewed, or a node’s clocks drift',
  schema,
  nodes: ({ node }) => [node],
  text: ({ node, jumpMs, driftPpm, slewPpm }) =>
    jumpMs !== undefined
      ? `the wall clock of ${node} is set ${jumpMs < 0 ? 'back' : 'ahead'} by ${Math.abs(jumpMs)} ms`
      : driftPpm !== undefined
        ? `the clocks of ${node} drift by ${driftPpm} ppm`
        : `the wall clock of ${node} is slewed at ${slewPpm} ppm`,
  begin(world, { node, jumpMs, driftPpm, slewPpm }, landed) {
    const struck = world.node(node)
    landed()
    if (jumpMs !== undefined) {
      world.jumpClock(struck, jumpMs)
      return () => world.jumpClock(struck, -jumpMs)
    }
    const wallOnly = slewPpm !== undefined
    const before = struck.driftPpm
    world.driftClock(struck, wallOnly ? slewPpm : (driftPpm ?? 0), wallOnly)
    return () => world.driftClock(struck, before, wallOnly)
  },
  draw(stream, cast) {
    const plan = {
      kind: 'clock',
      node: anyNode(stream, cast),
      at: drawMoment(stream, cast),
    } as const
    if (stream.pick(3) === 0) {
      const driftPpm = (stream.pick(2) === 0 ? 1 : -1) * pickMs(stream, 100, 100_000)
      return { ...plan, driftPpm, forMs: drawLength(stream, cast) }
    }
    const jumpMs = (stream.pick(3) === 0 ? -1 : 1) * pickMs(stream, 1, cast.leaseMs * 2)
    return { ...plan, jumpMs }
  },
})
