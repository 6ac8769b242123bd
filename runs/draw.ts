/** Draws a whole plan from a seed: who takes part, on which network, with which clocks, and which faults (swarm). */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { faults, randomChoice } from '#sim'
import type { AnyFaultPlan, Stream } from '#sim'
import {
  classCastOf,
  commitAims,
  drawClocks,
  drawShape,
  drawStarts,
  namesOf,
  planAround,
  progressOf,
} from './draw-parts.ts'
import type { ClassOverrides } from './draw-parts.ts'
import type { FaultClass } from './fault-classes/index.ts'
import { among } from './fault-classes/moments.ts'
import { parsePlan, PLAN_FORMAT } from './plan.ts'
import type { Plan } from './plan.ts'
import { parametersOf, storesOf } from './settle.ts'
import { roleOf } from './scenarios/scenario.ts'
import type { Role } from './scenarios/scenario.ts'

export type { ClassOverrides } from './draw-parts.ts'

const FAULTS_MAX = 4

/**
 * A random plan for a lock. Every run has its own subset of fault kinds, so that some runs have many of one kind
 * and none of another: a swarm finds what an even mixture hides.
 */
export const drawPlan = (algorithm: AnyAlgorithm, seed: number): Plan => {
  const choice = randomChoice(seed)
  const streamOf = (concern: string): Stream => choice.stream(`plan/${algorithm.name}/${concern}`)
  const role = roleOf(algorithm, parametersOf(algorithm, {}))
  const shape = drawShape(streamOf, role)

  return parsePlan({
    format: PLAN_FORMAT,
    algorithm: algorithm.name,
    drawn: true,
    seed,
    ...shape,
    progressWithinMs: progressOf(role),
    clocks: drawClocks(streamOf('clocks'), role, shape.clients),
    faults: drawFaults(streamOf('faults'), role, shape.clients),
  })
}

/**
 * A random plan in which one class of faults strikes, and no other; or why it cannot strike this lock. Unlike
 * `drawPlan` it draws one thing that goes wrong, so that what breaks can be laid at its door.
 */
export const drawClassPlan = (
  algorithm: AnyAlgorithm,
  faultClass: FaultClass,
  seed: number,
  overrides: ClassOverrides = {},
): Plan | { readonly skip: string } => {
  const choice = randomChoice(seed)
  const streamOf = (concern: string): Stream =>
    choice.stream(`plan/${algorithm.name}/${faultClass.name}/${concern}`)
  const role = roleOf(algorithm, parametersOf(algorithm, overrides.parameters ?? {}))
  const shape = drawShape(streamOf, role)
  const drawn = faultClass.draw(streamOf('faults'), classCastOf(role, shape.clients))
  if ('skip' in drawn) return drawn
  const starts = drawStarts(streamOf('starts'), shape.clients)
  return parsePlan(planAround(algorithm, role, seed, shape, starts, drawn, overrides))
}

const drawFaults = (stream: Stream, role: Role, clients: number): AnyFaultPlan[] => {
  const kinds = Object.values(faults).filter(() => stream.pick(2) === 0)
  if (kinds.length === 0) return []
  const cast = {
    clients: namesOf(clients),
    servers: role.groups,
    stores: storesOf(role.algorithm),
    ...(isProtocol(role.algorithm) ? { aims: commitAims(role, clients) } : {}),
    leaseMs: role.leaseMs,
    spanMs: role.leaseMs * 2,
  }
  const drawn: AnyFaultPlan[] = []
  const count = 1 + stream.pick(FAULTS_MAX)
  for (let index = 0; index < count; index++) {
    const plan = among(stream, kinds).draw(stream, cast)
    if (plan !== undefined) drawn.push(plan as AnyFaultPlan)
  }
  return drawn
}
