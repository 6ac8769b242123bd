/** `partition`: groups of nodes cannot talk, in both directions or in one; then it heals. */

import * as v from 'valibot'
import { common, defineFault, drawLength, drawMoment, lasting, nodeName, pickOne } from './fault.ts'

const group = v.pipe(
  v.array(nodeName, 'a list of node names'),
  v.minLength(1, 'a list of at least one node name'),
)

const schema = v.strictObject({
  kind: v.literal('partition'),
  /** Nobody of one group reaches anybody of another; who is named nowhere reaches everybody. */
  groups: v.pipe(
    v.array(group, 'a list of groups'),
    v.minLength(2, 'a list of two groups or more'),
  ),
  ...common,
  ...lasting,
  /** Only messages from the first group to the others are cut. */
  oneWay: v.optional(v.boolean('true or false')),
  /** The network keeps what is sent and delivers it when it heals, as the switches did at GitHub in 2012. */
  hold: v.optional(v.boolean('true or false')),
})

type Plan = v.InferOutput<typeof schema>

/** Every pair of nodes between which messages are cut. */
const eachPair = ({ groups, oneWay }: Plan, visit: (from: string, to: string) => void): void => {
  groups.forEach((senders, one) => {
    groups.forEach((receivers, other) => {
      if (one === other || (oneWay === true && one !== 0)) return
      for (const from of senders) for (const to of receivers) visit(from, to)
    })
  })
}

/** A cut in the network. */
export const partition = defineFault<Plan>({
  kind: 'partition',
  summary: 'groups of nodes cannot reach one another, both ways or one way, until it heals',
  schema,
  nodes: ({ groups }) => groups.flat(),
  text: ({ groups, oneWay, hold, forMs }) =>
    `${groups.map((names) => names.join(', ')).join(oneWay === true ? ' cannot reach ' : ' | ')} ${
      hold === true ? 'held up' : 'cut'
    }${forMs === undefined ? '' : ` for ${forMs} ms`}`,
  begin(world, plan, landed) {
    landed()
    const hold = plan.hold === true
    eachPair(plan, (from, to) => world.cut(world.node(from), world.node(to), hold))
    return () => eachPair(plan, (from, to) => world.heal(world.node(from), world.node(to), hold))
  },
  draw(stream, cast) {
    const servers = cast.servers.flatMap(({ nodes }) => nodes)
    if (servers.length === 0) return undefined
    const client = pickOne(stream, cast.clients)
    const cutOff = servers.filter(() => stream.pick(2) === 0)
    const other = cutOff.length === 0 ? servers : cutOff
    const groups = stream.pick(3) === 0 ? [other, [client]] : [[client], other]
    return {
      kind: 'partition',
      groups,
      at: drawMoment(stream, cast),
      forMs: drawLength(stream, cast),
      ...(stream.pick(3) === 0 ? { oneWay: true } : {}),
      ...(stream.pick(4) === 0 ? { hold: true } : {}),
    }
  },
})
