/** What may be written about a fault, what is refused, and what is drawn at random. */

import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { randomChoice } from '../kernel/choice.ts'
import { FACT_KINDS } from '../kernel/trace.ts'
import { faults } from './index.ts'
import type { Cast } from './index.ts'

const kinds = Object.values(faults)

/** What the schema says against a plan, as `field: what would be right`. */
const complaints = (plan: {
  readonly kind: keyof typeof faults
  readonly [field: string]: unknown
}) => {
  const result = v.safeParse(faults[plan.kind].schema, plan)
  return result.success
    ? []
    : result.issues.map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.message}`)
}

describe('a fault in a plan', () => {
  it('is fine when it is complete', () => {
    expect(complaints({ kind: 'pause', node: 'client-1', at: 0, forMs: 5 })).toEqual([])
    expect(
      complaints({ kind: 'crash', node: 'redis', at: { node: 'client-1', step: 3, afterMs: 1 } }),
    ).toEqual([])
    expect(
      complaints({ kind: 'failover', to: 'redis-2', at: { node: 'client-1', event: 'granted' } }),
    ).toEqual([])
  })

  it.each([
    [{ kind: 'pause', at: 0, forMs: 5 }, 'node', 'Expected "node"'],
    [{ kind: 'pause', node: '', at: 0, forMs: 5 }, 'node', 'the name of a node'],
    [{ kind: 'pause', node: 'client-1', at: 0 }, 'forMs', 'Expected "forMs"'],
    [{ kind: 'suspend', node: 'client-1', at: 0, forMs: -1 }, 'forMs', 'a number of ms, 0 or more'],
    [
      { kind: 'suspend', node: 'client-1', at: 0, forMs: Infinity },
      'forMs',
      'a finite number of ms',
    ],
    [{ kind: 'crash', node: 'client-1', at: 0, silent: 1 }, 'silent', 'true or false'],
    [{ kind: 'crash', node: 'client-1', at: -1 }, 'at', 'a number of ms, 0 or more'],
    [{ kind: 'crash', node: 'client-1', at: 'noon' }, 'at', 'a time in ms (0 or more)'],
    [
      { kind: 'crash', node: 'client-1', at: { node: 'client-1', step: 0 } },
      'at',
      'a whole number, 1 or more',
    ],
    [{ kind: 'crash', node: 'client-1', at: { step: 1 } }, 'at', '{ "node", "step" }'],
    [{ kind: 'partition', groups: [['a']], at: 0 }, 'groups', 'a list of two groups or more'],
    [
      { kind: 'partition', groups: [['a'], []], at: 0 },
      'groups.1',
      'a list of at least one node name',
    ],
    [
      { kind: 'message', from: 'a', to: 'b', at: 0, action: 'eat' },
      'action',
      '"lose", "delay", "duplicate" or "reorder"',
    ],
    [
      { kind: 'message', from: 'a', to: 'b', at: 0, action: 'lose', nth: 0 },
      'nth',
      'a whole number, 1 or more',
    ],
    [{ kind: 'clock', node: 'a', at: 0 }, '', 'exactly one of "jumpMs", "driftPpm" and "slewPpm"'],
    [{ kind: 'clock', node: 'a', at: 0, jumpMs: 1, slewPpm: 1 }, '', 'exactly one of'],
    [
      { kind: 'clock', node: 'a', at: 0, driftPpm: -1e6 },
      'driftPpm',
      'a clock does not run backwards',
    ],
    [{ kind: 'failover', to: 'a', at: 0, clients: 'b' }, 'clients', 'a list of client names'],
  ] as const)('%j is refused', (plan, field, words) => {
    const said = complaints(plan)
    expect(said.filter((line) => line.startsWith(field) && line.includes(words))).toHaveLength(1)
  })

  it.each(kinds.map(({ kind }) => kind))('%s has no other fields than its own', (kind) => {
    const { schema } = faults[kind as keyof typeof faults]
    const result = v.safeParse(schema, { kind, nonsense: 1 })
    expect(result.issues?.map((issue) => v.getDotPath(issue))).toContain('nonsense')
  })
})

describe('a drawn fault', () => {
  const cast: Cast = {
    clients: ['client-1', 'client-2'],
    servers: [
      { service: 'redis', nodes: ['redis-1', 'redis-2', 'redis-3'] },
      { service: 'zookeeper', nodes: ['zookeeper-1', 'zookeeper-2', 'zookeeper-3'] },
    ],
    stores: ['store'],
    leaseMs: 10_000,
    spanMs: 20_000,
  }
  const nodes = [...cast.clients, ...cast.servers.flatMap((group) => group.nodes), ...cast.stores]

  it.each(kinds.map((fault) => [fault.kind, fault] as const))(
    '%s is one that a plan may state',
    (kind, fault) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const plan = fault.draw(randomChoice(seed).stream('faults'), cast)
          if (plan === undefined) throw new Error('there is something to strike here')
          const result = v.safeParse(fault.schema, plan)
          expect(result.issues).toBeUndefined()
          expect(result.output).toEqual(plan)
          expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
          expect(plan.kind).toBe(kind)
          for (const node of fault.nodes(plan)) expect(nodes).toContain(node)
          const event =
            typeof plan.at === 'object' && 'event' in plan.at ? plan.at.event : 'granted'
          expect(FACT_KINDS).toContain(event)
          expect(fault.text(plan)).not.toMatch(/undefined|NaN|\n/)
        }),
      )
    },
  )

  it.each(kinds.map((fault) => [fault.kind, fault] as const))(
    '%s differs from seed to seed and not otherwise',
    (_kind, fault) => {
      const draw = (seed: number): string =>
        JSON.stringify(fault.draw(randomChoice(seed).stream('faults'), cast))
      const plans = Array.from({ length: 40 }, (_, seed) => draw(seed))
      expect(new Set(plans).size).toBeGreaterThan(20)
      expect(Array.from({ length: 40 }, (_, seed) => draw(seed))).toEqual(plans)
    },
  )

  it('is left out where there is nothing for it to strike', () => {
    const alone: Cast = { ...cast, servers: [] }
    const drawn = kinds.filter(
      (fault) => fault.draw(randomChoice(1).stream('faults'), alone) === undefined,
    )
    expect(drawn.map(({ kind }) => kind)).toEqual(['partition', 'failover'])
  })
})
