/** `message`: single messages on a link are lost, late, doubled or out of order. */

import * as v from 'valibot'
import type { MessageAction, MessageRule, World } from '../world/index.ts'
import {
  common,
  defineFault,
  drawMoment,
  lasting,
  milliseconds,
  nodeName,
  ordinal,
  pickMs,
  pickOne,
} from './fault.ts'

const schema = v.strictObject({
  kind: v.literal('message'),
  ...common,
  ...lasting,
  from: nodeName,
  to: nodeName,
  /** Only requests (or, from a server, replies to requests) of this operation, e.g. `set`, `write`. */
  operation: v.optional(v.string('an operation such as "set" or "write"')),
  /** Which matching message after `at` is the first to be struck; 1 if left out. */
  nth: v.optional(ordinal),
  /** How many are struck; all until the end of `forMs` if left out together with `nth`. */
  count: v.optional(ordinal),
  /**
   * `lose`: it never arrives. From a server this loses a reply: the request was applied and nobody
   * knows. `delay`: `byMs` late, later messages overtake it. `duplicate`: again after `byMs`. `reorder`: behind the next ones.
   */
  action: v.picklist(
    ['lose', 'delay', 'duplicate', 'reorder'],
    '"lose", "delay", "duplicate" or "reorder"',
  ),
  byMs: v.optional(milliseconds),
})

type Plan = v.InferOutput<typeof schema>

/** By how much a message falls behind when nothing is said: enough for the next ones to overtake it. */
const REORDER_MS = 5

const actionOf = ({ action, byMs }: Plan): MessageAction => {
  switch (action) {
    case 'lose':
      return { kind: 'lose' }
    case 'duplicate':
      return { kind: 'duplicate', byMs: byMs ?? REORDER_MS }
    default:
      return { kind: 'delay', byMs: byMs ?? REORDER_MS }
  }
}

const VERBS = { lose: 'lost', delay: 'late', duplicate: 'doubled', reorder: 'overtaken' } as const

const beginRule = (world: World, plan: Plan, landed: () => void): (() => void) => {
  const from = world.node(plan.from)
  const to = world.node(plan.to)
  const single = plan.nth !== undefined || plan.forMs === undefined
  let struckBefore = false
  const rule: MessageRule = {
    operation: plan.operation,
    skip: (plan.nth ?? 1) - 1,
    left: plan.count ?? (single ? 1 : Infinity),
    action: actionOf(plan),
    struck() {
      if (struckBefore) return
      struckBefore = true
      landed()
    },
  }
  world.addRule(from, to, rule)
  return () => world.removeRule(from, to, rule)
}

/** What an unreliable network, a proxy or a retrying driver does to messages. */
export const message = defineFault<Plan>({
  kind: 'message',
  summary:
    'messages on a link are lost, delayed, duplicated or reordered; losing a reply leaves the caller in doubt',
  schema,
  nodes: ({ from, to }) => [from, to],
  text: (plan) =>
    `${plan.operation ?? 'message'} ${plan.from} → ${plan.to} ${VERBS[plan.action]}${plan.byMs === undefined ? '' : ` by ${plan.byMs} ms`}`,
  begin: beginRule,
  draw(stream, cast) {
    const servers = [...cast.servers.flatMap(({ nodes }) => nodes), ...cast.stores]
    const client = pickOne(stream, cast.clients)
    const server = pickOne(stream, servers)
    const [from, to] = stream.pick(2) === 0 ? [client, server] : [server, client]
    const action = pickOne(stream, ['lose', 'delay', 'delay', 'duplicate', 'reorder'] as const)
    return {
      kind: 'message',
      from,
      to,
      at: drawMoment(stream, cast),
      nth: 1 + stream.pick(3),
      action,
      ...(action === 'delay' ? { byMs: pickMs(stream, 1, cast.leaseMs * 2.5) } : {}),
    }
  },
})
