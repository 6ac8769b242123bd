/** A lock in a run: its clients, its jobs, the store that it protects, and what its servers say about who has it. */

import { services, SimulationError, wordsOf } from '#sim'
import type { Node, Origin, RevokeCause, Server, ServiceClients, World } from '#sim'
import type { AnyLock } from '#algorithms'
import { checkedOrigins } from './answers.ts'
import type { Plan } from './plan.ts'
import { IDLE, startOf } from './play.ts'
import type { Play, Scene } from './play.ts'
import { STORE } from './settle.ts'
import type { Settled } from './settle.ts'
import { clientLife, jobLife, LOCK } from './workload.ts'
import type { Cooperation, Member } from './workload.ts'

/** How long to wait between looks at whether the last messages to the store have arrived, in ms. */
const DRAIN_MS = 1_000

/** Sets up everything that a lock needs beside its servers. */
export const lockPlay = (lock: AnyLock, scene: Scene): Play => {
  const { world, settled, clients } = scene
  const { plan, parameters, fencing } = settled
  const [store] = world.addServers(services.store, 1, { fencing }) as [Server]
  const grants = watchGrants(world, lock, settled)
  const members = clients.map((node, index) => makeMember(world, node, index, plan))
  const jobs = settled.jobs.map((name) => world.addNode(name))
  const shared: Cooperation = {
    world,
    plan,
    fencing,
    algorithm: lock,
    parameters: parameters as Cooperation['parameters'],
    services: scene.services,
    store: (node) => world.clientOf(services.store, node) as ServiceClients['store'],
    stream: scene.stream,
  }
  const drain = (): void => {
    if (store.underWay === 0) world.kernel.halt()
    else world.kernel.at(world.kernel.nowMs + DRAIN_MS, { fire: drain }, 0, undefined)
  }
  return {
    begin() {
      for (const member of members) {
        const begin = (first: boolean): void =>
          world.start(member.node, 'client', clientLife(shared, member, first), IDLE)
        world.onRestart(member.node, () => begin(false))
        begin(true)
      }
      for (const node of jobs) startJob(shared, node)
    },
    changed: (server, cause, by) => grants.look(server, cause, by),
    deserted: drain,
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

const makeMember = (world: World, node: Node, index: number, plan: Plan): Member => {
  const over = (): void => {
    const hold = member.validityOf
    if (hold === undefined) return
    member.validityOf = undefined
    world.state(node, { kind: 'validity-ended', hold })
  }
  const member: Member = {
    name: node.name,
    node,
    startMs: startOf(plan.workload.startMs, index),
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
const watchGrants = (world: World, lock: AnyLock, { parameters, groups }: Settled) => {
  const views = Object.fromEntries(groups.map(({ service }) => [service, world.views(service)]))
  const { doorway } = lock
  let before: readonly Origin[] = []
  let queue: readonly Origin[] = []
  const ask = (server: Server, what: 'holders' | 'waiting'): readonly Origin[] => {
    try {
      const answer =
        what === 'holders'
          ? lock.holders(views as never, LOCK, parameters as never)
          : (doorway?.waiting(views as never, LOCK, parameters as never) ?? [])
      return checkedOrigins(what, answer)
    } catch (error) {
      const place = { node: server.node.name, atMs: world.kernel.nowMs }
      if (error instanceof SimulationError) throw error.at(place)
      throw new SimulationError(`its ${what}() threw ${wordsOf(error)}`, place, error)
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
