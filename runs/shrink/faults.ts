/** Weaker faults: calmer kinds, fields left out, fewer nodes struck, smaller and rounder numbers. */

import type { AnyFaultPlan } from '#sim'
import type { Plan } from '../plan.ts'
import { AMOUNTS, EXTRAS } from './order.ts'
import type { FaultFields } from './order.ts'
import { simplerNumbers } from './numbers.ts'
import { omitted, replaced, without } from './part.ts'
import type { Part } from './part.ts'

/** What may stand in the place of one fault, the boldest first. */
type Weaker = (fault: FaultFields) => Iterable<FaultFields>

const eachFault = (weaker: Weaker): Part =>
  function* (plan: Plan) {
    for (const [index, fault] of plan.faults.entries()) {
      for (const instead of weaker(fault as FaultFields)) {
        yield { ...plan, faults: replaced(plan.faults, index, instead as unknown as AnyFaultPlan) }
      }
    }
  }

/** Who stands still does less harm than who sleeps with his clocks, or comes back without his memory. */
export const calmerKinds = eachFault(function* ({ kind, node, at, forMs }) {
  const calmer = kind === 'suspend' || (kind === 'crash' && forMs !== undefined)
  if (calmer) yield { kind: 'pause', node, at, forMs }
})

/**
 * Whether a fault means something without its end. A network that never heals, or a server that never comes back,
 * would break promises that nobody could keep, and is no weaker than one that does.
 */
const mayLast = ({ kind, node }: FaultFields): boolean =>
  kind === 'clock' || kind === 'message' || (kind === 'crash' && String(node).startsWith('client-'))

/** Fields left out, one at a time. */
export const fewerFields = eachFault(function* (fault) {
  for (const name of EXTRAS) {
    if (fault[name] === undefined || (name === 'forMs' && !mayLast(fault))) continue
    yield omitted(fault, name)
  }
})

/** Fewer nodes struck by one fault. */
export const smallerGroups = eachFault(function* (fault) {
  const groups = fault['groups'] as readonly (readonly string[])[] | undefined
  if (groups !== undefined) {
    for (const [index, group] of groups.entries()) {
      if (groups.length > 2) yield { ...fault, groups: without(groups, index) }
      if (group.length === 1) continue
      for (const place of group.keys()) {
        yield { ...fault, groups: replaced(groups, index, without(group, place)) }
      }
    }
  }
  const told = fault['clients'] as readonly string[] | undefined
  if (told !== undefined && told.length > 1) {
    for (const place of told.keys()) yield { ...fault, clients: without(told, place) }
  }
})

/** Shorter, later, fewer, slower: every number of a fault but its moment. */
export const smallerAmounts = eachFault(function* (fault) {
  for (const [name, least] of AMOUNTS) {
    const value = fault[name]
    if (typeof value !== 'number') continue
    for (const smaller of simplerNumbers(value, { least })) yield { ...fault, [name]: smaller }
  }
})
