/** The contract of a scenario: a published timeline as a plan, for every lock that it makes sense for. */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { services } from '#sim'
import type { ServiceName } from '#sim'
import type { PlanInput } from '../plan.ts'
import { groupsOf } from '../settle.ts'
import type { Parameters, ServerGroup } from '../settle.ts'

/** What a scenario adds to a plan that names a lock. */
export type ScenarioPlan = Omit<PlanInput, 'format' | 'algorithm' | 'scenario' | 'seed'>

/** The lock that a scenario is to be played with. */
export interface Role {
  readonly algorithm: AnyAlgorithm
  readonly parameters: Parameters
  /**
   * How long the lock outlives a silent holder; 10,000 ms for a lock that does so for ever. Of a commit protocol, how
   * long a participant waits before it acts on its own.
   */
  readonly leaseMs: number
  /** How long a client waits for one answer before it asks again; 0 if a few seconds at the most. */
  readonly answerTimeoutMs: number
  readonly groups: readonly ServerGroup[]
  /** All servers of the lock. */
  readonly servers: readonly string[]
}

/** A timeline. */
export interface Scenario {
  readonly name: string
  readonly summary: string
  /** Who told it first. */
  readonly source: string
  /** What it is told of; of locks if left out. The others have no part in it. */
  readonly about?: 'locks' | 'commits'
  /** The plan, or why this lock has no part in it. */
  plan(role: Role): ScenarioPlan | { readonly skip: string }
}

/** Checks a scenario's shape. */
export const defineScenario = (scenario: Scenario): Scenario => scenario

const LEASE_FOR_EVER_MS = 10_000

/** What a scenario needs to know of a lock. */
export const roleOf = (algorithm: AnyAlgorithm, parameters: Parameters, servers?: number): Role => {
  const leaseMs = isProtocol(algorithm)
    ? algorithm.timeoutMs(parameters as never)
    : algorithm.leaseMs(parameters as never)
  const groups = groupsOf(algorithm, servers)
  return {
    algorithm,
    parameters,
    leaseMs: Number.isFinite(leaseMs) ? leaseMs : LEASE_FOR_EVER_MS,
    answerTimeoutMs: isProtocol(algorithm)
      ? 0
      : (algorithm.answerTimeoutMs?.(parameters as never) ?? 0),
    groups,
    servers: groups.flatMap(({ nodes }) => nodes),
  }
}

/** Names of the servers of one service. */
export const nodesOf = (role: Role, service: ServiceName): readonly string[] =>
  role.groups.find((group) => group.service === service)?.nodes ?? []

/** Servers that elect their leader among themselves, and who leads at the start; undefined if the lock has none. */
export const ensembleOf = (
  role: Role,
): { readonly leader: string; readonly followers: readonly string[] } | undefined => {
  for (const { service, nodes } of role.groups) {
    const first = services[service].firstLeader?.(nodes.length)
    if (first === undefined || nodes.length === 1) continue
    const leader = nodes[first] as string
    return { leader, followers: nodes.filter((node) => node !== leader) }
  }
  return undefined
}

/**
 * Whether the servers are independent of one another, so that the lock takes a majority of them. A group that
 * replicates among its members is one server to the lock.
 */
export const isQuorum = (role: Role): boolean => nodesOf(role, 'redis').length >= 3

/**
 * For a majority of independent servers: client-1 cannot reach the minority with the highest numbers while it
 * acquires, so that it holds a bare majority. Nothing for other locks.
 */
export const bareMajority = (role: Role): NonNullable<ScenarioPlan['faults']> => {
  if (!isQuorum(role)) return []
  const majority = Math.floor(role.servers.length / 2) + 1
  return [
    {
      kind: 'partition',
      groups: [['client-1'], role.servers.slice(majority)],
      at: 0,
      forMs: role.leaseMs / 20,
    },
  ]
}

/** The server on which the case turns: the last of the bare majority, or the only one. */
export const pivot = (role: Role): string => {
  const { servers } = role
  return servers[isQuorum(role) ? Math.floor(servers.length / 2) : 0] as string
}
