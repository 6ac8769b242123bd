/** One run: a plan in, verdicts and a trace hash out. */

import { checkers as allCheckers } from '#checkers'
import type { Checker, RunEnd, RunHeader } from '#checkers'
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
import type {
  Choice,
  ClockConfig,
  Costs,
  FactEvent,
  Node,
  Origin,
  RevokeCause,
  Server,
  ServiceClients,
  StopReason,
  TraceEvent,
} from '#sim'
import type { AnyAlgorithm } from '#algorithms'
import { judge } from './judge.ts'
import type { Judged } from './judge.ts'
import type { Plan } from './plan.ts'
import { settle, STORE } from './settle.ts'
import type { Settled } from './settle.ts'
import { withTraps } from './traps.ts'
import { clientLife, jobLife, LOCK } from './workload.ts'
import type { Cooperation, Member } from './workload.ts'

/** What may be asked of a run beyond its plan; nothing here changes what happens in it. */
export interface RunOptions {
  /** Gets every line of the full trace, facts and traffic, in order. */
  readonly record?: (event: TraceEvent) => void
  /** Gets every fact. */
  readonly fact?: (event: FactEvent) => void
  /** The judges; all by default. */
  readonly checkers?: readonly Checker[]
  /** The lock itself, where it is not in the registry. */
  readonly algorithm?: AnyAlgorithm
  /** Where chance comes from; the plan's seed by default. */
  readonly choice?: Choice
}

/** What came of a run. */
export interface RunResult extends Judged {
  readonly plan: Plan
  readonly algorithm: AnyAlgorithm
  /** 64 bits over everything that happened, in hexadecimal. */
  readonly hash: string
  /** Events of the simulator. */
  readonly events: number
  readonly endedAtMs: number
  readonly why: 'finished' | 'horizon' | 'event-budget'
  /** Whether nothing was left that could happen while somebody still wanted the lock. */
  readonly idle: boolean
  /** True time after which no fault was active; null while one was that had yet to end. */
  readonly faultsOverAtMs: number | null
  /** Which faults struck, by their number in the plan. */
  readonly landed: readonly number[]
  readonly costs: Costs
}

const EXACT: ClockConfig = { offsetMs: 0, driftPpm: 0 }
const IDLE: Origin = { client: '', hold: '', activity: 'opening' }
/** How long to wait between looks at whether the last messages to the store have arrived, in ms. */
const DRAIN_MS = 1_000

/** What a judge may know of a run before it begins. */
export const headerOf = (settled: Settled): RunHeader => {
  const { plan, algorithm, parameters, clients, groups, fencing } = settled
  const gives = algorithm.gives(parameters as never)
  return {
    clients,
    offersToken: gives.token,
    offersValidity: gives.validity,
    offersReentry: gives.reentry === true,
    doorway: algorithm.doorway?.name,
    servers: groups.flatMap(({ nodes }) => nodes),
    fencing,
    progressWithinMs: plan.progressWithinMs,
    faults: plan.faults.length,
  }
}

/**
 * Runs a plan.
 *
 * @throws InputError for a plan that names what does not exist
 * @throws SimulationError when the lock's own code broke the rules of the simulation
 * @throws LocksimBug when locksim did
 */
export const run = (plan: Plan, options: RunOptions = {}): RunResult => {
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
        facts.push(event)
        options.fact?.(event)
        if (event.kind === 'fault-began') revives = bringsBack(plan, event.fault)
        if (event.kind === 'finished' || event.kind === 'crashed') departed(event)
      },
      changed: (server, cause, by) => grants.look(server, cause, by),
      ...(options.record === undefined ? {} : { record: options.record }),
    },
  })
  const members = clients.map((name, index) => makeMember(world, name, index, plan))
  for (const { service, nodes } of groups) {
    world.addServers(services[service], nodes.length, {
      ...algorithm.services?.(parameters as never)[service],
      ...plan.services[service],
    })
  }
  const [store] = world.addServers(services.store, 1, { fencing: settled.fencing }) as [Server]
  const grants = watchGrants(world, settled)

  const shared: Cooperation = {
    world,
    plan,
    fencing: settled.fencing,
    algorithm,
    parameters: parameters as Cooperation['parameters'],
    services: (node) =>
      Object.fromEntries(
        groups.map(({ service }) => [service, world.clientOf(services[service], node)]),
      ),
    store: (node) => world.clientOf(services.store, node) as ServiceClients['store'],
    stream: (kind, client) => choice.stream(streamOfNode(kind, client)),
  }

  const drain = (): void => {
    if (store.underWay === 0) world.kernel.halt()
    else world.kernel.at(world.kernel.nowMs + DRAIN_MS, { fire: drain }, 0, undefined)
  }
  const departed = ({ kind, node }: FactEvent): void => {
    if (kind === 'crashed' && revives) return
    // A client that crashes after its last round has left before.
    if (living.delete(node) && living.size === 0) drain()
  }

  const jobs = settled.jobs.map((name) => world.addNode(name))
  const injection = armFaults(world, plan.faults, ({ kind }) => {
    const found = faults[kind as keyof typeof faults]
    if (found === undefined) throw new LocksimBug(`the schema let the fault ${kind} pass`)
    return found
  })
  for (const member of members) {
    const begin = (first: boolean): void =>
      world.start(member.node, 'client', clientLife(shared, member, first), IDLE)
    world.onRestart(member.node, () => begin(false))
    begin(true)
  }
  for (const node of jobs) startJob(shared, node)

  const stopped = runWorld(world, plan)
  const end: RunEnd = {
    atMs: world.kernel.nowMs,
    why: reasonOf(stopped, living.size),
    idle: stopped === 'idle' && living.size > 0,
    faultsOverAtMs: injection.overAtMs(),
  }
  return {
    plan,
    algorithm,
    hash: world.kernel.hash.digest(),
    events: world.kernel.events,
    endedAtMs: end.atMs,
    why: end.why,
    idle: end.idle === true,
    faultsOverAtMs: end.faultsOverAtMs === Infinity ? null : end.faultsOverAtMs,
    landed: [...injection.landed].sort((one, other) => one - other),
    costs: world.costs,
    ...judge(options.checkers ?? allCheckers, headerOf(settled), facts, end),
  }
}

const startJob = (shared: Cooperation, node: Node): void => {
  const { world } = shared
  const { name } = node
  const origin: Origin = { client: name, hold: name, activity: 'opening' }
  const begin = (): void =>
    world.start(node, 'job', jobLife(shared, name, node, shared.stream('jitter', name)), origin)
  world.onRestart(node, begin)
  begin()
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

const runWorld = (world: World, plan: Plan) => {
  try {
    return withTraps(() => world.kernel.run(plan.horizonMs, plan.eventsMax))
  } catch (error) {
    if (error instanceof SimulationError) {
      const { node, process: name, effect, atMs } = error.place
      const where = [
        `${plan.algorithm}, on ${node ?? 'a node'}`,
        ...(name === undefined || name === 'client' ? [] : [`in its process "${name}"`]),
        `at ${atMs ?? 0} ms`,
        ...(effect === undefined ? [] : [`(effect ${effect})`]),
      ].join(' ')
      error.message = `${where}: ${error.message}`
    }
    throw error
  }
}

const makeMember = (world: World, name: string, index: number, plan: Plan): Member => {
  const node = world.addNode(name)
  const { startMs } = plan.workload
  const over = (): void => {
    const hold = member.validityOf
    if (hold === undefined) return
    member.validityOf = undefined
    world.state(node, { kind: 'validity-ended', hold })
  }
  const member: Member = {
    name,
    node,
    startMs: startMs[Math.min(index, startMs.length - 1)] as number,
    roundsDone: 0,
    attempts: 0,
    tokens: 0,
    believes: undefined,
    lostWhy: undefined,
    validity: {
      wall: world.alarm(node, 'wall', over),
      monotonic: world.alarm(node, 'monotonic', over),
    },
    validityOf: undefined,
  }
  return member
}

/** Turns what the servers have in their data into facts: granted to whom, revoked why, and who stands in the queue. */
const watchGrants = (world: World, { algorithm, parameters, groups }: Settled) => {
  const views = Object.fromEntries(groups.map(({ service }) => [service, world.views(service)]))
  const { doorway } = algorithm
  let before: readonly Origin[] = []
  let queue: readonly Origin[] = []
  const ask = (server: Server, what: 'holders' | 'waiting'): readonly Origin[] => {
    try {
      return what === 'holders'
        ? algorithm.holders(views as never, LOCK, parameters as never)
        : (doorway?.waiting(views as never, LOCK, parameters as never) ?? [])
    } catch (error) {
      if (error instanceof SimulationError) throw error
      const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      throw new SimulationError(
        `its ${what}() threw ${said}`,
        { node: server.node.name, atMs: world.kernel.nowMs },
        error,
      )
    }
  }
  const lookAtQueue = (server: Server): void => {
    const now = ask(server, 'waiting')
    if (now.length === 0 ? queue.length === 0 : sameHolds(now, queue)) return
    for (const { client, hold } of missing(queue, now)) {
      world.state(server.node, { kind: 'unqueued', client, hold })
    }
    for (const { client, hold } of missing(now, queue)) {
      world.state(server.node, { kind: 'queued', client, hold })
    }
    queue = now
  }
  return {
    look(server: Server, cause: RevokeCause, by: Origin | undefined): void {
      if (server.node.name === STORE) return
      if (doorway !== undefined) lookAtQueue(server)
      const now = ask(server, 'holders')
      // Most changes are one vote of several and change nothing as a whole.
      if (now.length === 0 ? before.length === 0 : sameHolds(now, before)) return
      for (const { client, hold } of missing(before, now)) {
        world.state(
          server.node,
          by === undefined
            ? { kind: 'service-revoked', client, hold, cause }
            : { kind: 'service-revoked', client, hold, cause, by },
        )
      }
      for (const { client, hold } of missing(now, before)) {
        world.state(server.node, { kind: 'service-granted', client, hold })
      }
      before = now
    },
  }
}

/** Those whose hold the others do not have. */
const missing = (some: readonly Origin[], others: readonly Origin[]): readonly Origin[] =>
  some.filter(({ hold }) => !others.some((other) => other.hold === hold))

const sameHolds = (now: readonly Origin[], before: readonly Origin[]): boolean =>
  now.length === before.length && now.every(({ hold }, at) => hold === before[at]?.hold)
