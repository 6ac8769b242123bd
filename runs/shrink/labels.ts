/** Plans of the same make-up that are easier to speak of: lower names, rounder seeds, no labels. */

import { groupsOf } from '../settle.ts'
import type { Plan } from '../plan.ts'
import { renamed, swapping } from './names.ts'
import { omitted } from './part.ts'
import type { Part } from './part.ts'
import { startsOf, withStarts } from './starts.ts'

/** The plan after two clients have changed places. */
const withClientsSwapped = (plan: Plan, one: number, other: number): Plan => {
  const starts = startsOf(plan)
  ;[starts[one], starts[other]] = [starts[other] as number, starts[one] as number]
  return {
    ...withStarts(plan, starts),
    ...renamed(plan, swapping(`client-${one + 1}`, `client-${other + 1}`)),
  }
}

/** Names further back are not worth a try of their own with each of those before them. */
const NAMES_MAX = 8

/** Those who are struck get the lowest numbers. */
export const lowerNames: Part = function* (plan, algorithm) {
  const clients = Math.min(plan.clients, NAMES_MAX)
  for (let other = 1; other < clients; other++) {
    for (let one = 0; one < other; one++) yield withClientsSwapped(plan, one, other)
  }
  for (const { nodes } of groupsOf(algorithm, plan.servers)) {
    const few = nodes.slice(0, NAMES_MAX)
    for (const [index, other] of few.entries()) {
      for (const one of few.slice(0, index)) {
        yield { ...plan, ...renamed(plan, swapping(one, other)) }
      }
    }
  }
}

/** Seeds that a person would have taken. */
const ROUND_SEEDS = [0, 1, 2, 3]

/** The same steps, each with what chance does under another seed: a client that is not needed may still have moved it. */
export const underOtherSeeds = (part: Part): Part =>
  function* (plan, algorithm) {
    for (const seed of ROUND_SEEDS) {
      if (seed === plan.seed) continue
      for (const weaker of part(plan, algorithm)) yield { ...weaker, seed }
    }
  }

/** A rounder seed, nothing else changed. */
export const rounderSeed: Part = function* (plan) {
  for (const seed of ROUND_SEEDS) yield { ...plan, seed }
}

/** Fields that change nothing in a run: where the plan came from. */
export const noLabels: Part = function* (plan) {
  if (plan.scenario !== undefined) yield omitted(plan, 'scenario')
  if (plan.sequence !== undefined) yield omitted(plan, 'sequence')
  if (plan.drawn) yield { ...plan, drawn: false }
}
