/** One run: a plan in, verdicts and a trace hash out. */

import { commitCheckers, lockCheckers } from '#checkers'
import type { Checker, PromiseName, RunEnd, RunHeader } from '#checkers'
import {
  armFaults,
  faults,
  LocksimBug,
  randomChoice,
  services,
  SimulationError,
  streamOfNode,
  World,
} from '#sim'
import type { Choice, ClockConfig, Costs, FactEvent, StopReason, TraceEvent } from '#sim'
import { isProtocol } from '#algorithms'
import type { AnyAlgorithm, Gives } from '#algorithms'
import { commitPlay } from './commit-play.ts'
import { pulse } from './guard/heartbeat.ts'
import { judge } from './judge.ts'
import type { Judged } from './judge.ts'
import type { Plan } from './plan.ts'
import { lockPlay } from './lock-play.ts'
import { remarksOf } from './remarks.ts'
import type { Remark } from './remarks.ts'
import type { Play, Scene } from './play.ts'
import { settle } from './settle.ts'
import type { Settled } from './settle.ts'
import { withTraps } from './traps.ts'

/** What may be asked of a run beyond its plan; nothing here changes what happens in it. */
export interface RunOptions<Promised extends string = PromiseName> {
  /** Gets every line of the full trace, facts and traffic, in order. */
  readonly record?: (event: TraceEvent) => void
  /** Gets every fact. */
  readonly fact?: (event: FactEvent) => void
  /** The judges; all by default. One's own may be among them, or alone. */
  readonly checkers?: readonly Checker<Promised>[]
  /** The lock itself, where it is not in the registry. */
  readonly algorithm?: AnyAlgorithm
  /** Where chance comes from; the plan's seed by default. */
  readonly choice?: Choice
}

/** What came of a run. */
export interface RunResult<Promised extends string = PromiseName> extends Judged<Promised> {
  readonly plan: Plan
  readonly algorithm: AnyAlgorithm
  /** 64 bits over everything that happened, in hexadecimal. */
  readonly hash: string
  /** Events of the simulator. */
  readonly events: number
  readonly endedAtMs: number
  readonly why: 'finished' | 'horizon' | 'event-budget'
  /** Whether nothing was left that could happen while somebody still wanted the lock, or may have been in doubt. */
  readonly idle: boolean
  /** True time after which no fault was active; null while one was that had yet to end. */
  readonly faultsOverAtMs: number | null
  /** Which faults struck, by their number in the plan. */
  readonly landed: readonly number[]
  readonly costs: Costs
  /** What is likely a mistake in the lock's code and breaks no promise: a release that never comes back, say. */
  readonly remarks: readonly Remark[]
}

const EXACT: ClockConfig = { offsetMs: 0, driftPpm: 0 }
/** A protocol gives no grants. */
const NOTHING: Gives = { token: false, validity: false }

/** What a judge may know of a run before it begins. */
export const headerOf = (settled: Settled): RunHeader => {
  const { plan, algorithm, parameters, clients, groups, fencing } = settled
  const gives = isProtocol(algorithm) ? NOTHING : algorithm.gives(parameters as never)
  return {
    clients,
    offersToken: gives.token,
    offersValidity: gives.validity,
    offersReentry: gives.reentry === true,
    doorway: isProtocol(algorithm) ? undefined : algorithm.doorway?.name,
    servers: groups.flatMap(({ nodes }) => nodes),
    fencing,
    progressWithinMs: plan.progressWithinMs,
    faults: plan.faults.length,
  }
}

/** The judges of what this algorithm is. */
export const checkersOf = (algorithm: AnyAlgorithm): readonly Checker[] =>
  isProtocol(algorithm) ? commitCheckers : lockCheckers

/** The same where nobody said who judges: then nothing else than their promises can have been meant. */
export const judgesByDefault = <Promised extends string>(algorithm: AnyAlgorithm) =>
  checkersOf(algorithm) as readonly Checker<string>[] as readonly Checker<Promised>[]

/**
 * Runs a plan.
 *
 * @throws InputError for a plan that names what does not exist
 * @throws SimulationError when the lock's own code broke the rules of the simulation
 * @throws LocksimBug when locksim did
 */
export const run = <Promised extends string = PromiseName>(
  plan: Plan,
  options: RunOptions<Promised> = {},
): RunResult<Promised> => {
  pulse()
  const settled = settle(plan, options.algorithm)
  const { algorithm, parameters, clients, groups } = settled
  const choice = options.choice ?? randomChoice(plan.seed)
  const facts: FactEvent[] = []
  const living = new Set(clients)
  // Of the fault that began last: it says so right before it kills.
  let revives = false

  const world: World = new World({
    choice,
    latency: plan.network.latencyMs,
    keepaliveMs: plan.network.keepaliveMs,
    clockOf: (node) => plan.clocks[node] ?? EXACT,
    observer: {
      fact(event) {
        pulse()
        facts.push(event)
        options.fact?.(event)
        if (event.kind === 'fault-began') revives = bringsBack(plan, event.fault)
        if (event.kind === 'finished' || event.kind === 'crashed') departed(event)
        play.saw?.(event)
      },
      changed: (server, cause, by) => play.changed?.(server, cause, by),
      ...(options.record === undefined ? {} : { record: options.record }),
    },
  })
  const nodes = clients.map((name) => world.addNode(name))
  for (const { service, nodes: servers } of groups) {
    world.addServers(services[service], servers.length, {
      ...algorithm.services?.(parameters as never)[service],
      ...plan.services[service],
    })
  }
  const scene: Scene = {
    world,
    settled,
    clients: nodes,
    services: (node) =>
      Object.fromEntries(
        groups.map(({ service }) => [service, world.clientOf(services[service], node)]),
      ),
    stream: (kind, client) => choice.stream(streamOfNode(kind, client)),
  }
  const play: Play = isProtocol(algorithm)
    ? commitPlay(algorithm, scene)
    : lockPlay(algorithm, scene)

  const departed = ({ kind, node }: FactEvent): void => {
    if (kind === 'crashed' && revives) return
    // A client that crashes after its last round has left before.
    if (living.delete(node) && living.size === 0) play.deserted?.()
  }

  const injection = armFaults(world, plan.faults, ({ kind }) => {
    const found = faults[kind as keyof typeof faults]
    if (found === undefined) throw new LocksimBug(`the schema let the fault ${kind} pass`)
    return found
  })
  play.begin()

  const stopped = runWorld(world, plan, algorithm.name)
  const end: RunEnd = {
    atMs: world.kernel.nowMs,
    why: reasonOf(stopped, living.size),
    // Participants may be in doubt for ever when the last coordinator has gone.
    idle: stopped === 'idle' && (living.size > 0 || isProtocol(algorithm)),
    faultsOverAtMs: injection.overAtMs(),
  }
  const faultsOverAtMs = end.faultsOverAtMs === Infinity ? null : end.faultsOverAtMs
  return {
    plan,
    algorithm,
    hash: world.kernel.hash.digest(),
    events: world.kernel.events,
    endedAtMs: end.atMs,
    why: end.why,
    idle: end.idle === true,
    faultsOverAtMs,
    remarks: remarksOf(plan, facts, { ...end, endedAtMs: end.atMs, faultsOverAtMs }),
    landed: [...injection.landed].sort((one, other) => one - other),
    costs: world.costs,
    ...judge(
      options.checkers ?? judgesByDefault<Promised>(algorithm),
      headerOf(settled),
      facts,
      end,
    ),
  }
}

/** Whether a fault of the plan is a crash after which the node comes back. */
const bringsBack = (plan: Plan, number: number): boolean => {
  const fault = plan.faults[number]
  return fault?.kind === 'crash' && fault.forMs !== undefined
}

/** A world in which nothing is left to happen, while somebody still wants the lock, waits for ever. */
const reasonOf = (stopped: StopReason, living: number): RunEnd['why'] => {
  switch (stopped) {
    case 'halted':
      return 'finished'
    case 'idle':
      return living > 0 ? 'horizon' : 'finished'
    default:
      return stopped
  }
}

const runWorld = (world: World, plan: Plan, lock: string) => {
  try {
    return withTraps(
      () => world.kernel.run(plan.horizonMs, plan.eventsMax),
      () => world.kernel.place(),
    )
  } catch (error) {
    if (error instanceof SimulationError) {
      const { node, process: name, effect, atMs } = error.place
      const where = [
        `${lock}, on ${node ?? 'a node'}`,
        ...(name === undefined || name === 'client' ? [] : [`in its process "${name}"`]),
        `at ${atMs ?? 0} ms`,
        ...(effect === undefined ? [] : [`(effect ${effect})`]),
      ].join(' ')
      error.message = `${where}: ${error.message}`
    }
    throw error
  }
}
