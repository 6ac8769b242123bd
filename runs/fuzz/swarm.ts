/** What one plan of a campaign is made of: its own subset and weights of faults, clocks, latencies, clients and work. */

import { isProtocol } from '#algorithms'
import { faults } from '#sim'
import type { AnyFaultPlan, Stream } from '#sim'
import { classCastOf, commitAims, drawClocks, drawShape } from '../draw-parts.ts'
import type { Shape } from '../draw-parts.ts'
import type { ClassCast, ClassDraw, FaultClass } from '../fault-classes/index.ts'
import { among, msBetween } from '../fault-classes/moments.ts'
import { ensembleOf, roleOf } from '../scenarios/scenario.ts'
import type { Role } from '../scenarios/scenario.ts'
import { aimedMoment, requestMoment } from './aims.ts'
import type { FaultKindName } from './kinds.ts'

/** What may go wrong in the plans of a campaign. */
export interface Menu {
  /** Kinds of faults that may be drawn. */
  readonly kinds: readonly FaultKindName[]
  /** Classes that can strike this lock by such faults. */
  readonly classes: readonly FaultClass[]
}

/** Who takes part and how, and what goes wrong. */
export interface Swarm {
  readonly shape: Shape
  readonly drawn: ClassDraw
}

/** A crowd that meets, or a few who come again and again: what is late then meets a later hold. Both at once take long. */
const CROWD = { clients: [3, 4, 5], rounds: [1, 1, 2] } as const
const REGULARS = { clients: [1, 2, 2, 3], rounds: [3, 4, 6] } as const

/** Constant, narrow, wide, and with a tail in which some calls time out, but not so many that nothing works at all. */
const LATENCIES = [
  { minMs: 1, maxMs: 1 },
  { minMs: 5, maxMs: 5 },
  { minMs: 0.5, maxMs: 1.5 },
  { minMs: 0.5, maxMs: 25 },
  { minMs: 0.125, maxMs: 35 },
] as const

const drawTurnout = (stream: Stream, { clients, rounds }: Shape) => {
  if (stream.pick(3) === 0) return { clients, rounds }
  const turnout = among(stream, [CROWD, REGULARS])
  return { clients: among(stream, turnout.clients), rounds: among(stream, turnout.rounds) }
}

/** Who asks every moment costs thousands of events and finds nothing more. */
const RETRY_LEASES = [0.05, 0.1, 0.2, 0.3] as const
const RETRY_MIN_MS = 50
/** From so many clients on each of them has to be more patient. */
const CROWDED = 3

/** Clients that are refused come again after a good part of the lease, and the later the more of them there are. */
const patient = (stream: Stream, { leaseMs, algorithm }: Role, shape: Shape): Shape => {
  if (isProtocol(algorithm)) return shape
  const share = Math.max(1, shape.clients / CROWDED)
  const waitMs = leaseMs * among(stream, RETRY_LEASES) * share
  return { ...shape, workload: { ...shape.workload, retryMs: Math.max(RETRY_MIN_MS, waitMs) } }
}

const drawUsualShape = (stream: Stream, role: Role): Shape =>
  patient(
    stream,
    role,
    drawShape(() => stream, role),
  )

/** One plan in so many has work that takes most of the lease: longer work needs no fault to break a lease, and nobody wonders. */
const LONG_ONE_IN = 16

/** The usual shape, and sometimes one more of everything: clients, rounds, work almost as long as the lease, slow links. */
const drawWiderShape = (stream: Stream, role: Role): Shape => {
  const shape = drawShape(() => stream, role)
  const { leaseMs } = role
  const wider = { ...shape, network: { latencyMs: among(stream, LATENCIES) } }
  if (isProtocol(role.algorithm)) return wider
  const workMs =
    stream.pick(LONG_ONE_IN) === 0
      ? leaseMs * among(stream, [0.7, 0.9])
      : (shape.workload.workMs ?? 0)
  const workload = { ...shape.workload, workMs }
  return patient(stream, role, { ...wider, ...drawTurnout(stream, shape), workload })
}

const nothing: ClassDraw = { faults: [] }

/** The latency by which aimed faults are timed: that of a slow message. */
const latencyOf = ({ network }: Shape): number => network.latencyMs?.maxMs ?? 1

/** A class can strike with some of its faults only: of a failover for instance with the promotion alone. */
const onlyOf = (kinds: readonly FaultKindName[], draw: ClassDraw): ClassDraw => {
  const { faults: struck, clocks, ...rest } = draw
  return {
    ...rest,
    faults: struck.filter(({ kind }) => kinds.includes(kind)),
    ...(clocks !== undefined && kinds.includes('clock') ? { clocks } : {}),
  }
}

/** Of several things that go wrong, one can undo the promotion that was to replace a server that is dead for good: so it comes back. */
const BACK_LEASES = 2
const healed = (draw: ClassDraw, { role, leaseMs }: ClassCast): ClassDraw => ({
  ...draw,
  faults: draw.faults.map((fault) =>
    fault.kind === 'crash' && fault.forMs === undefined && role.servers.includes(fault.node)
      ? { ...fault, forMs: BACK_LEASES * leaseMs }
      : fault,
  ),
})

/** Two draws of classes in one plan. */
const both = (one: ClassDraw, other: ClassDraw): ClassDraw => ({
  ...one,
  ...other,
  faults: [...one.faults, ...other.faults],
  clocks: { ...one.clocks, ...other.clocks },
  services: { ...one.services, ...other.services },
})

const drawClass = (stream: Stream, menu: Menu, faultClass: FaultClass, cast: ClassCast) => {
  const draw = faultClass.draw(stream, cast)
  return 'skip' in draw ? nothing : onlyOf(menu.kinds, draw)
}

/** The same fault at another moment, if it is the only one: of several each waits for the other. */
const retimed = (
  stream: Stream,
  draw: ClassDraw,
  cast: ClassCast,
  latencyMs: number,
): ClassDraw => {
  const [fault] = draw.faults
  if (fault === undefined || draw.faults.length > 1 || stream.pick(3) === 0) return draw
  return { ...draw, faults: [sharpened(stream, fault, cast, latencyMs)] }
}

/** Aimed at what the struck client does, or at anything; what befalls a server befalls its leader as often as not. */
const sharpened = (
  stream: Stream,
  fault: AnyFaultPlan,
  cast: ClassCast,
  latencyMs: number,
): AnyFaultPlan => {
  const { role, clients } = cast
  const client = faults[fault.kind].nodes(fault).find((node) => clients.includes(node))
  const isOfServer = 'node' in fault && role.servers.includes(fault.node)
  const at =
    isOfServer && !isProtocol(role.algorithm) && stream.pick(2) === 0
      ? requestMoment(stream, cast, latencyMs)
      : aimedMoment(stream, cast, latencyMs, client)
  const leader = ensembleOf(role)?.leader
  return leader !== undefined && isOfServer && stream.pick(2) === 0
    ? { ...fault, at, node: leader }
    : { ...fault, at }
}

const DRAWS_MAX = 3

/** One class of faults as the table knows it: one thing goes wrong. */
export const drawOneClass = (stream: Stream, role: Role, menu: Menu): Swarm => {
  const shape = drawUsualShape(stream, role)
  const cast = classCastOf(role, shape.clients)
  return { shape, drawn: drawClass(stream, menu, among(stream, menu.classes), cast) }
}

/** One or two classes, several times over, at moments of all kinds. */
export const drawClasses = (stream: Stream, role: Role, menu: Menu): Swarm => {
  const shape = drawWiderShape(stream, role)
  let cast = classCastOf(role, shape.clients)
  const classes = [among(stream, menu.classes), among(stream, menu.classes)]
  const mixed = stream.pick(2) === 0 ? classes : classes.slice(0, 1)
  let drawn = nothing
  const draws = 1 + stream.pick(DRAWS_MAX)
  for (let count = draws; count > 0; count--) {
    const one = drawClass(stream, menu, among(stream, mixed), cast)
    if (one.servers !== undefined) {
      // Other servers have other names: what was drawn for the old ones would strike nobody.
      if (drawn !== nothing) continue
      cast = classCastOf(roleOf(role.algorithm, role.parameters, one.servers), shape.clients)
    }
    drawn = both(drawn, retimed(stream, one, cast, latencyOf(shape)))
  }
  return { shape, drawn: draws > 1 ? healed(drawn, cast) : drawn }
}

const FAULTS_MAX = 4
const WEIGHTS = [0, 0, 1, 2, 4] as const

/** Each kind has a weight in this plan, many of them none. */
const drawKinds = (stream: Stream, kinds: readonly FaultKindName[]): readonly FaultKindName[] => {
  const weighted = kinds.flatMap((kind) =>
    Array.from({ length: among(stream, WEIGHTS) }, () => kind),
  )
  return weighted.length > 0 || kinds.length === 0 ? weighted : [among(stream, kinds)]
}

/** Several kinds of faults at once, by weights that no other plan has. */
export const drawSwarm = (stream: Stream, role: Role, menu: Menu): Swarm => {
  const shape = drawWiderShape(stream, role)
  const cast = classCastOf(role, shape.clients)
  const faultCast = {
    clients: cast.clients,
    servers: role.groups,
    stores: cast.stores,
    ...(isProtocol(role.algorithm) ? { aims: commitAims(role, shape.clients) } : {}),
    leaseMs: cast.leaseMs,
    spanMs: msBetween(stream, cast.leaseMs / 2, cast.leaseMs * 4),
  }
  const kinds = drawKinds(stream, menu.kinds)
  const struck: AnyFaultPlan[] = []
  if (kinds.length > 0) {
    for (let count = 1 + stream.pick(FAULTS_MAX); count > 0; count--) {
      const fault = faults[among(stream, kinds)].draw(stream, faultCast) as AnyFaultPlan | undefined
      if (fault === undefined) continue
      struck.push(stream.pick(3) === 0 ? sharpened(stream, fault, cast, latencyOf(shape)) : fault)
    }
  }
  const clocks = menu.kinds.includes('clock') ? drawClocks(stream, role, shape.clients) : {}
  return { shape, drawn: { faults: struck, clocks, services: drawServices(stream, role, menu) } }
}

/** What a server of Redis keeps on its disk, where servers may crash. */
const drawServices = (stream: Stream, role: Role, { kinds }: Menu) => {
  const hasRedis = role.groups.some(({ service }) => service === 'redis')
  return hasRedis && kinds.includes('crash')
    ? { redis: { persistence: among(stream, ['none', 'everysec', 'always']) } }
    : {}
}
