/** Draws a whole plan from a seed: who takes part, on which network, with which clocks, and which faults (swarm). */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm, Fencing } from '#algorithms'
import { faults, randomChoice } from '#sim'
import type { Aim, AnyFaultPlan, Stream } from '#sim'
import type { FaultClass } from './fault-classes/index.ts'
import { referenceOf } from './modules/registry.ts'
import { parsePlan, PLAN_FORMAT } from './plan.ts'
import type { Plan } from './plan.ts'
import { parametersOf, storesOf } from './settle.ts'
import { roleOf } from './scenarios/scenario.ts'
import type { Role } from './scenarios/scenario.ts'

const CLIENTS_MAX = 4
const COORDINATORS_MAX = 3
const ROUNDS_MAX = 3
const FAULTS_MAX = 4
/** A lock with a lease of a blink is no reason to ask every millisecond for a minute. */
const RETRY_MIN_MS = 50

/** How long somebody may have to wait for a free lock once nothing stands in the way, in leases. */
const PROGRESS_LEASES = 3
/** The same in answers that do not come: one is given up, and the next time it works. */
const PROGRESS_ANSWERS = 2
const PROGRESS_MIN_MS = 60_000

const progressOf = ({ leaseMs, answerTimeoutMs }: Role): number =>
  Math.max(PROGRESS_MIN_MS, PROGRESS_LEASES * leaseMs, PROGRESS_ANSWERS * answerTimeoutMs)

const among = <Item>(stream: Stream, items: readonly Item[]): Item =>
  items[stream.pick(items.length)] as Item

/** What a drawn plan has whatever its faults: who takes part, how they work, and on which network. */
const drawShape = (stream: Stream, role: Role, nested: boolean) => {
  const { leaseMs } = role
  const clients = 2 + stream.pick(CLIENTS_MAX - 1)
  const workMs = among(stream, [leaseMs / 100, leaseMs / 10, leaseMs / 2])
  return {
    clients,
    rounds: 1 + stream.pick(ROUNDS_MAX),
    workload: {
      workMs,
      thinkMs: among(stream, [0, workMs]),
      retryMs: Math.max(leaseMs / 50, RETRY_MIN_MS),
      careful: stream.pick(2) === 0,
      ...(nested ? { nested } : {}),
    },
    network: { latencyMs: among(stream, LATENCIES) },
  }
}

/** The same for a commit protocol, whose coordinators mostly come one after the other: who competes is refused. */
const drawCommitShape = (stream: Stream, { leaseMs }: Role) => {
  const clients = 1 + stream.pick(COORDINATORS_MAX)
  const spacedMs = among(stream, [0, leaseMs / 50, leaseMs])
  return {
    clients,
    rounds: 1 + stream.pick(ROUNDS_MAX),
    workload: {
      startMs: Array.from({ length: clients }, (_, index) => index * spacedMs),
      thinkMs: among(stream, [leaseMs / 20, leaseMs]),
    },
    network: { latencyMs: among(stream, LATENCIES) },
    services: stream.pick(2) === 0 ? {} : { participant: { votesNoOneIn: 2 + stream.pick(4) } },
  }
}

const drawShapeFor = (streamOf: (concern: string) => Stream, role: Role) =>
  isProtocol(role.algorithm)
    ? drawCommitShape(streamOf('shape'), role)
    : drawShape(streamOf('shape'), role, drawNested(streamOf('nested'), role))

/** Whether the clients of this plan take the lock twice: in every other plan, where the lock promises that they may. */
const drawNested = (stream: Stream, { algorithm }: Role): boolean =>
  algorithm.claims.some(({ promise }) => promise === 'reentrancy') && stream.pick(2) === 0

/**
 * A random plan for a lock. Every run has its own subset of fault kinds, so that some runs have many of one kind
 * and none of another: a swarm finds what an even mixture hides.
 */
export const drawPlan = (algorithm: AnyAlgorithm, seed: number): Plan => {
  const choice = randomChoice(seed)
  const streamOf = (concern: string): Stream => choice.stream(`plan/${algorithm.name}/${concern}`)
  const role = roleOf(algorithm, parametersOf(algorithm, {}))
  const shape = drawShapeFor(streamOf, role)

  return parsePlan({
    format: PLAN_FORMAT,
    algorithm: referenceOf(algorithm),
    drawn: true,
    seed,
    ...shape,
    progressWithinMs: progressOf(role),
    clocks: drawClocks(streamOf('clocks'), role, shape.clients),
    faults: drawFaults(streamOf('faults'), role, shape.clients),
  })
}

/** Within what time the clients of a campaign begin: not all at one instant, and near enough to meet. */
const STARTS_WITHIN_MS = 50

const drawStarts = (stream: Stream, clients: number): number[] =>
  Array.from({ length: clients }, () => stream.pick(STARTS_WITHIN_MS + 1))

/** What may be said about the plans of a campaign from outside. */
export interface ClassOverrides {
  readonly parameters?: Readonly<Record<string, number | boolean | string>>
  readonly fencing?: Fencing
}

/** Faults begin within two leases and last for up to two and a half; then it takes its time to get over them. */
const FAULTS_LEASES = 5

/**
 * A random plan in which one class of faults strikes, and no other; or why it cannot strike this lock. Unlike
 * `drawPlan` it draws one thing that goes wrong, so that what breaks can be laid at its door.
 */
export const drawClassPlan = (
  algorithm: AnyAlgorithm,
  faultClass: FaultClass,
  seed: number,
  { parameters = {}, fencing }: ClassOverrides = {},
): Plan | { readonly skip: string } => {
  const choice = randomChoice(seed)
  const streamOf = (concern: string): Stream =>
    choice.stream(`plan/${algorithm.name}/${faultClass.name}/${concern}`)
  const role = roleOf(algorithm, parametersOf(algorithm, parameters))
  const { leaseMs } = role
  const shape = drawShapeFor(streamOf, role)
  const drawn = faultClass.draw(streamOf('faults'), {
    role,
    clients: namesOf(shape.clients),
    stores: storesOf(algorithm),
    leaseMs,
    spanMs: leaseMs * 2,
  })
  if ('skip' in drawn) return drawn
  const { faults: struck, ...rest } = drawn
  const progressWithinMs = progressOf(role)
  return parsePlan({
    format: PLAN_FORMAT,
    algorithm: referenceOf(algorithm),
    parameters,
    drawn: true,
    seed,
    ...shape,
    workload: { ...shape.workload, startMs: drawStarts(streamOf('starts'), shape.clients) },
    ...rest,
    ...(fencing === undefined ? {} : { store: { fencing } }),
    progressWithinMs,
    horizonMs: FAULTS_LEASES * leaseMs + 2 * progressWithinMs,
    faults: [...struck],
  })
}

const LATENCIES = [
  { minMs: 1, maxMs: 1 },
  { minMs: 0.5, maxMs: 1.5 },
  { minMs: 0.5, maxMs: 25 },
]

const namesOf = (clients: number): readonly string[] =>
  Array.from({ length: clients }, (_, index) => `client-${index + 1}`)

/** Facts after which a commit protocol is most easily disturbed. */
const aimsOf = (role: Role, clients: number): readonly Aim[] => [
  ...namesOf(clients).flatMap((node) => [
    { node, event: 'transaction-began' as const },
    { node, event: 'decided' as const },
  ]),
  ...role.servers.flatMap((node) => [
    { node, event: 'voted' as const },
    { node, event: 'pre-committed' as const },
    { node, event: 'decided' as const },
  ]),
]

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
    stores: storesOf(role.algorithm),
    ...(isProtocol(role.algorithm) ? { aims: aimsOf(role, clients) } : {}),
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
