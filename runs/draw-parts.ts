/** The pieces that every drawn plan is made of: who takes part, how they work, on which network, and how long it may take. */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm, Fencing } from '#algorithms'
import type { Aim, Stream } from '#sim'
import type { ClassCast, ClassDraw } from './fault-classes/index.ts'
import { among } from './fault-classes/moments.ts'
import { PLAN_FORMAT } from './plan.ts'
import type { Plan, PlanInput } from './plan.ts'
import type { Role } from './scenarios/scenario.ts'
import { storesOf } from './settle.ts'

const CLIENTS_MAX = 4
const COORDINATORS_MAX = 3
const ROUNDS_MAX = 3
/** A lock with a lease of a blink is no reason to ask every millisecond for a minute. */
const RETRY_MIN_MS = 50

/** How long somebody may have to wait for a free lock once nothing stands in the way, in leases. */
const PROGRESS_LEASES = 3
/** The same in answers that do not come: one is given up, and the next time it works. */
const PROGRESS_ANSWERS = 2
const PROGRESS_MIN_MS = 60_000

/** Within what time somebody must get a free lock. */
export const progressOf = ({ leaseMs, answerTimeoutMs }: Role): number =>
  Math.max(PROGRESS_MIN_MS, PROGRESS_LEASES * leaseMs, PROGRESS_ANSWERS * answerTimeoutMs)

const LATENCIES = [
  { minMs: 1, maxMs: 1 },
  { minMs: 0.5, maxMs: 1.5 },
  { minMs: 0.5, maxMs: 25 },
]

/** What a drawn plan has whatever its faults. */
export interface Shape {
  readonly clients: number
  readonly rounds: number
  readonly workload: NonNullable<PlanInput['workload']>
  readonly network: NonNullable<PlanInput['network']>
  readonly services?: NonNullable<PlanInput['services']>
}

const drawLockShape = (stream: Stream, role: Role, nested: boolean): Shape => {
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
const drawCommitShape = (stream: Stream, { leaseMs }: Role): Shape => {
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

/** Whether the clients of this plan take the lock twice: in every other plan, where the lock promises that they may. */
const drawNested = (stream: Stream, { algorithm }: Role): boolean =>
  algorithm.claims.some(({ promise }) => promise === 'reentrancy') && stream.pick(2) === 0

/** Who takes part, how they work, and on which network. */
export const drawShape = (streamOf: (concern: string) => Stream, role: Role): Shape =>
  isProtocol(role.algorithm)
    ? drawCommitShape(streamOf('shape'), role)
    : drawLockShape(streamOf('shape'), role, drawNested(streamOf('nested'), role))

/** Within what time the clients of a campaign begin: not all at one instant, and near enough to meet. */
const STARTS_WITHIN_MS = 50

/** When each client begins. */
export const drawStarts = (stream: Stream, clients: number): number[] =>
  Array.from({ length: clients }, () => stream.pick(STARTS_WITHIN_MS + 1))

/** Names of the nodes of so many clients. */
export const namesOf = (clients: number): readonly string[] =>
  Array.from({ length: clients }, (_, index) => `client-${index + 1}`)

/** Facts after which a commit protocol is most easily disturbed. */
export const commitAims = (role: Role, clients: number): readonly Aim[] => [
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
export const drawClocks = (stream: Stream, role: Role, clients: number): Plan['clocks'] => {
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

/** Whom the faults of a class may strike, within the first two leases. */
export const classCastOf = (role: Role, clients: number): ClassCast => ({
  role,
  clients: namesOf(clients),
  stores: storesOf(role.algorithm),
  leaseMs: role.leaseMs,
  spanMs: role.leaseMs * 2,
})

/** What may be said about the plans of a campaign from outside. */
export interface ClassOverrides {
  readonly parameters?: Readonly<Record<string, number | boolean | string>>
  readonly fencing?: Fencing
}

/** Faults begin within two leases and last for up to two and a half; then it takes its time to get over them. */
const FAULTS_LEASES = 5

/** A plan of a shape in which these faults strike, with the time to get over them. */
export const planAround = (
  algorithm: AnyAlgorithm,
  role: Role,
  seed: number,
  shape: Shape,
  startMs: number[],
  { faults: struck, ...rest }: ClassDraw,
  { parameters = {}, fencing }: ClassOverrides,
): PlanInput => {
  const progressWithinMs = progressOf(role)
  return {
    format: PLAN_FORMAT,
    algorithm: algorithm.name,
    parameters,
    drawn: true,
    seed,
    ...shape,
    workload: { ...shape.workload, startMs },
    ...rest,
    ...(fencing === undefined ? {} : { store: { fencing } }),
    progressWithinMs,
    horizonMs: FAULTS_LEASES * role.leaseMs + 2 * progressWithinMs,
    faults: [...struck],
  }
}
