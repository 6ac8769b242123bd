/** Plans as fast-check draws and shrinks them: for campaigns, and for properties of one's own. */

import fc from 'fast-check'
import type { AnyAlgorithm } from '#algorithms'
import type { Stream } from '#sim'
import { classCastOf, drawStarts, planAround } from '../draw-parts.ts'
import type { ClassOverrides } from '../draw-parts.ts'
import { faultClasses } from '../fault-classes/index.ts'

import { filledPlan } from '../plan-defaults.ts'
import { PLAN_FORMAT } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { roleOf } from '../scenarios/scenario.ts'
import type { Role } from '../scenarios/scenario.ts'
import { parametersOf } from '../settle.ts'
import { weakenings } from '../shrink/weaken.ts'
import { FAULT_KINDS } from './kinds.ts'
import type { FaultKindName } from './kinds.ts'
import { referenceOf } from '../modules/registry.ts'
import { drawClasses, drawOneClass, drawSwarm } from './swarm.ts'
import type { Menu, Swarm } from './swarm.ts'

/** What may be said about drawn plans from outside. */
export interface PlanOptions extends ClassOverrides {
  /** Kinds of faults that may strike; all if left out, none if empty. */
  readonly faults?: readonly FaultKindName[]
}

/** How long a short run lasts: faults begin within two leases and last for up to two and a half. */
const HORIZON_LEASES = 6
/** Enough for all but those who ask in vain again and again. */
const EVENTS_SHORT = 6_000
const EVENTS_LONG = 10_000

const SEEDS = 2 ** 31 - 1

/** Of ten plans, how many have one thing that goes wrong, and how many one or two things several times. */
const ONE_CLASS = 2
const CLASSES = 6

/** Numbers of servers that are worth a try where the lock takes a majority of them. */
const MAJORITIES = [3, 3, 4, 5] as const

const smallest: Stream = { pick: () => 0 }

/** Classes that strike nothing of this lock say so whatever is drawn. */
const menuOf = (role: Role, kinds: readonly FaultKindName[]): Menu => ({
  kinds,
  classes: faultClasses.filter(
    (one) =>
      one.kinds.some((kind) => kinds.includes(kind)) &&
      !('skip' in one.draw(smallest, classCastOf(role, 1))),
  ),
})

/** Draws by fast-check's generator: a stream like any other. */
const streamFrom = (random: fc.Random): Stream => ({
  pick: (count) => random.nextInt(0, count - 1),
})

class Plans extends fc.Arbitrary<Plan> {
  private readonly algorithm: AnyAlgorithm
  private readonly options: PlanOptions
  /** By the number of servers, where that is free; the usual number first. */
  private readonly roles: readonly Role[]
  private readonly menu: Menu

  constructor(algorithm: AnyAlgorithm, options: PlanOptions) {
    super()
    this.algorithm = algorithm
    this.options = options
    const parameters = parametersOf(algorithm, options.parameters ?? {})
    const usual = roleOf(algorithm, parameters)
    const isMajority = algorithm.scales !== undefined && usual.servers.length >= 3
    this.roles = isMajority
      ? [usual, ...MAJORITIES.map((servers) => roleOf(algorithm, parameters, servers))]
      : [usual]
    this.menu = menuOf(usual, options.faults ?? FAULT_KINDS)
  }

  generate(random: fc.Random): fc.Value<Plan> {
    return new fc.Value(this.draw(streamFrom(random)), undefined)
  }

  canShrinkWithoutContext(value: unknown): value is Plan {
    return (
      typeof value === 'object' && value !== null && (value as Partial<Plan>).format === PLAN_FORMAT
    )
  }

  shrink(plan: Plan): fc.Stream<fc.Value<Plan>> {
    const { algorithm } = this
    const weaker = function* (): Generator<fc.Value<Plan>, void, void> {
      for (const candidate of weakenings(plan, algorithm)) yield new fc.Value(candidate, undefined)
    }
    return fc.stream(weaker())
  }

  private draw(stream: Stream): Plan {
    const { algorithm, options } = this
    const seed = stream.pick(SEEDS)
    const role = stream.pick(2) === 0 ? this.usual() : this.anyRole(stream)
    const { shape, drawn: faults } = this.swarm(stream, role)
    const drawn = { ...faults, services: { ...shape.services, ...faults.services } }
    const starts = drawStarts(stream, shape.clients)
    const input = planAround(algorithm, role, seed, shape, starts, drawn, options)
    const isUsual = role === this.usual()
    // Whether somebody gets the lock in the end takes minutes to see; what else breaks, breaks within a few leases.
    const isShort = stream.pick(4) !== 0
    return filledPlan({
      ...(isUsual ? {} : { servers: role.servers.length }),
      ...input,
      ...(isShort
        ? { horizonMs: HORIZON_LEASES * role.leaseMs, eventsMax: EVENTS_SHORT }
        : { eventsMax: EVENTS_LONG }),
      algorithm: referenceOf(algorithm),
    })
  }

  private usual(): Role {
    return this.roles[0] as Role
  }

  private anyRole(stream: Stream): Role {
    return this.roles[stream.pick(this.roles.length)] as Role
  }

  /** A good part of all plans has one thing that goes wrong; the others have several, of one kind or of many. */
  private swarm(stream: Stream, role: Role): Swarm {
    const { menu } = this
    if (menu.classes.length === 0) return drawSwarm(stream, role, menu)
    const way = stream.pick(10)
    if (way < ONE_CLASS) return drawOneClass(stream, role, menu)
    if (way < ONE_CLASS + CLASSES) return drawClasses(stream, role, menu)
    return drawSwarm(stream, role, menu)
  }
}

/**
 * Plans for a lock, at random: an arbitrary of fast-check, which can be used in properties of one's own
 * (`fc.assert(fc.property(plansFor(lock), (plan) => …))`). Every plan can be run. Shrinking gives plans that are one
 * step weaker.
 *
 * @throws InputError for parameters that the lock does not have
 */
export const plansFor = (algorithm: AnyAlgorithm, options: PlanOptions = {}): fc.Arbitrary<Plan> =>
  new Plans(algorithm, options)
