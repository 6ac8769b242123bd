/** Weaker plans with fewer faults, clients, rounds or servers. */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { numberedNames } from '#sim'
import { groupsOf } from '../settle.ts'
import type { ServerGroup } from '../settle.ts'
import type { Plan } from '../plan.ts'
import { numberOfNode, renamed } from './names.ts'
import type { Renaming } from './names.ts'
import { simplerNumbers } from './numbers.ts'
import { without } from './part.ts'
import type { Part } from './part.ts'
import { momentsSpelledOut } from './moments.ts'
import { startsOf, withStarts } from './starts.ts'

/** Fewer faults: none, halves, one less. */
export const fewerFaults: Part = function* (plan) {
  const { faults } = plan
  const count = faults.length
  if (count > 1) yield { ...plan, faults: [] }
  if (count > 3) {
    const half = Math.floor(count / 2)
    yield { ...plan, faults: faults.slice(0, half) }
    yield { ...plan, faults: faults.slice(half) }
  }
  for (const index of faults.keys()) yield { ...plan, faults: without(faults, index) }
}

/** The plan without its client of this index: those behind it move up. */
const withoutClient = (plan: Plan, index: number): Plan => {
  const renaming: Renaming = (name) => {
    if (!name.startsWith('client-')) return name
    const number = numberOfNode(name)
    if (number === index + 1) return undefined
    return number > index + 1 ? `client-${number - 1}` : name
  }
  return {
    ...withStarts(plan, without(startsOf(plan), index)),
    ...renamed(plan, renaming),
    clients: plan.clients - 1,
  }
}

/** More clients than this are first tried to be done without in bulk. */
const CLIENTS_FEW = 4

/** Only so many clients: those of whom the plan speaks, and of the others the first. */
const withFewClients = (plan: Plan, count: number): Plan => {
  const names = numberedNames('client', plan.clients)
  const text = JSON.stringify([plan.faults, plan.clocks])
  const isNamed = (name: string): boolean => text.includes(`"${name}"`)
  const stay = [...names.filter(isNamed), ...names.filter((name) => !isNamed(name))].slice(0, count)
  const renaming: Renaming = (name) => {
    if (!names.includes(name)) return name
    const place = stay.indexOf(name)
    return place < 0 ? undefined : `client-${place + 1}`
  }
  const starts = startsOf(plan)
  return {
    ...withStarts(
      plan,
      stay.map((name) => starts[names.indexOf(name)] as number),
    ),
    ...renamed(plan, renaming),
    clients: count,
  }
}

/** Fewer clients: a few only, and each of them left out with what befalls it, or aimed at it. */
export const fewerClients: Part = function* (plan, algorithm) {
  const { clients } = plan
  if (clients > CLIENTS_FEW) {
    for (const fewer of simplerNumbers(clients, { least: 1 })) yield withFewClients(plan, fewer)
  }
  if (clients === 1) return
  // From the last on: there the names of the others stay, and with them what chance does to them.
  for (let index = clients - 1; index >= Math.max(0, clients - CLIENTS_FEW * 2); index--) {
    yield withoutClient(plan, index)
    const spelledOut = momentsSpelledOut(plan, algorithm, `client-${index + 1}`)
    if (spelledOut !== undefined) yield withoutClient(spelledOut, index)
  }
}

/** Fewer rounds. */
export const fewerRounds: Part = function* (plan) {
  for (const rounds of simplerNumbers(plan.rounds, { least: 1 })) yield { ...plan, rounds }
}

/** The servers whose number is free. */
const scaledGroup = (plan: Plan, algorithm: AnyAlgorithm): ServerGroup | undefined =>
  groupsOf(algorithm, plan.servers).find(({ service }) => service === algorithm.scales)

/** Numbers of servers that make sense: a majority of one is none, and an even number is no better than one less. */
const serverCounts = (plan: Plan, algorithm: AnyAlgorithm): readonly (number | undefined)[] => {
  const now = scaledGroup(plan, algorithm)?.nodes.length
  const usual = scaledGroup({ ...plan, servers: undefined }, algorithm)?.nodes.length
  if (now === undefined || usual === undefined) return []
  const isMajority = usual >= 3 && !isProtocol(algorithm)
  const least = isProtocol(algorithm) ? Math.min(2, usual) : isMajority ? 3 : 1
  const counts: (number | undefined)[] = []
  for (let count = least; count < now; count += isMajority ? 2 : 1) {
    if (count !== usual) counts.push(count)
  }
  return plan.servers === undefined ? counts : [undefined, ...counts]
}

const withServers = (plan: Plan, algorithm: AnyAlgorithm, servers: number | undefined): Plan => {
  const { servers: _before, ...rest } = plan
  const next: Plan = servers === undefined ? rest : { ...rest, servers }
  const before = scaledGroup(plan, algorithm)?.nodes ?? []
  const after = scaledGroup(next, algorithm)?.nodes ?? []
  const renaming: Renaming = (name) => {
    const index = before.indexOf(name)
    return index < 0 ? name : after[index]
  }
  return { ...next, ...renamed(plan, renaming) }
}

/** Fewer servers, where the lock is free to choose. Those with the highest numbers go. */
export const fewerServers: Part = function* (plan, algorithm) {
  for (const servers of serverCounts(plan, algorithm)) yield withServers(plan, algorithm, servers)
}
