/** Draws a whole plan from a seed: who takes part, on which network, with which clocks, and which faults (swarm). */

import type { AnyAlgorithm } from '#algorithms'
import { faults, randomChoice } from '#sim'
import type { AnyFaultPlan, Stream } from '#sim'
import { parsePlan, PLAN_FORMAT } from './plan.ts'
import type { Plan } from './plan.ts'
import { parametersOf, STORE } from './settle.ts'
import { roleOf } from './scenarios/scenario.ts'
import type { Role } from './scenarios/scenario.ts'

const CLIENTS_MAX = 4
const ROUNDS_MAX = 3
const FAULTS_MAX = 4

const among = <Item>(stream: Stream, items: readonly Item[]): Item =>
  items[stream.pick(items.length)] as Item

/**
 * A random plan for a lock. Every run has its own subset of fault kinds, so that some runs have many of one kind
 * and none of another: a swarm finds what an even mixture hides.
 */
export const drawPlan = (algorithm: AnyAlgorithm, seed: number): Plan => {
  const choice = randomChoice(seed)
  const streamOf = (concern: string): Stream => choice.stream(`plan/${algorithm.name}/${concern}`)
  const shape = streamOf('shape')
  const role = roleOf(algorithm, parametersOf(algorithm, {}))
  const { leaseMs } = role
  const clients = 2 + shape.pick(CLIENTS_MAX - 1)
  const workMs = among(shape, [leaseMs / 100, leaseMs / 10, leaseMs / 2])

  return parsePlan({
    format: PLAN_FORMAT,
    algorithm: algorithm.name,
    drawn: true,
    seed,
    clients,
    rounds: 1 + shape.pick(ROUNDS_MAX),
    workload: {
      workMs,
      thinkMs: among(shape, [0, workMs]),
      retryMs: leaseMs / 50,
      careful: shape.pick(2) === 0,
    },
    network: { latencyMs: among(shape, LATENCIES) },
    clocks: drawClocks(streamOf('clocks'), role, clients),
    faults: drawFaults(streamOf('faults'), role, clients),
  })
}

const LATENCIES = [
  { minMs: 1, maxMs: 1 },
  { minMs: 0.5, maxMs: 1.5 },
  { minMs: 0.5, maxMs: 25 },
]

const namesOf = (clients: number): readonly string[] =>
  Array.from({ length: clients }, (_, index) => `client-${index + 1}`)

/** Half of all runs have exact clocks; in the others some nodes are off and drift as real machines do. */
const drawClocks = (stream: Stream, role: Role, clients: number): Plan['clocks'] => {
  if (stream.pick(2) === 0) return {}
  const clocks: Record<string, { offsetMs: number; driftPpm: number }> = {}
  for (const node of [...namesOf(clients), ...role.servers]) {
    if (stream.pick(3) !== 0) continue
    clocks[node] = {
      offsetMs: stream.pick(2_001) - 1_000,
      driftPpm: stream.pick(401) - 200,
    }
  }
  return clocks
}

const drawFaults = (stream: Stream, role: Role, clients: number): AnyFaultPlan[] => {
  const kinds = Object.values(faults).filter(() => stream.pick(2) === 0)
  if (kinds.length === 0) return []
  const cast = {
    clients: namesOf(clients),
    servers: role.groups,
    store: STORE,
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
