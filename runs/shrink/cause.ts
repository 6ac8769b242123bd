/** The cause of a broken promise in a sentence: what has to go wrong, and what then contradicts what. */

import { isLock } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { inMs, numeral } from '#checkers'
import type { Verdict } from '#checkers'
import type { FactEvent } from '#sim'
import type { Plan } from '../plan.ts'
import { parametersOf } from '../settle.ts'
import { faultWords } from './fault-words.ts'
import { verdictOn, weighedFaults } from './necessary.ts'

const listed = (parts: readonly string[]): string => parts.join('; ')

const driftWords = (node: string, driftPpm: number): string =>
  `the clocks of ${node} ran ${driftPpm < 0 ? 'slow' : 'fast'} by ${numeral(Math.abs(driftPpm))} ppm`

const offsetWords = (node: string, offsetMs: number): string =>
  `the wall clock of ${node} was ${inMs(Math.abs(offsetMs))} ${offsetMs < 0 ? 'behind' : 'ahead'}`

const clockWords = ({ clocks }: Plan): readonly string[] =>
  Object.entries(clocks).flatMap(([node, { offsetMs, driftPpm }]) => [
    ...(offsetMs === 0 ? [] : [offsetWords(node, offsetMs)]),
    ...(driftPpm === 0 ? [] : [driftWords(node, driftPpm)]),
  ])

/** Work that no lease outlasts needs no fault. */
const workWords = (algorithm: AnyAlgorithm, plan: Plan): readonly string[] => {
  if (!isLock(algorithm)) return []
  const leaseMs = algorithm.leaseMs(parametersOf(algorithm, plan.parameters) as never)
  return plan.workload.workMs < leaseMs
    ? []
    : [`the work took ${inMs(plan.workload.workMs)} and the lease is ${inMs(leaseMs)}`]
}

const serviceWords = ({ services }: Plan): readonly string[] =>
  Object.entries(services).flatMap(([service, options]) =>
    Object.entries(options).map(([name, value]) => `${service} had ${name} = ${value}`),
  )

/** The client that a fact is about, or the node. */
const actorOf = (event: FactEvent | undefined): string =>
  event === undefined ? 'it' : 'client' in event ? event.client : event.node

/** Promises of which the last sentence of a proof says nothing without those before it. */
const TOLD_IN_FULL: readonly string[] = ['agreement', 'commit-validity']

const clause = (sentence: string): string => sentence.replace(/^However, /, '').replace(/\.$/, '')

/** What contradicts what, with names in the place of words that refer to sentences before it. */
const contradiction = ({ promise, witness }: Verdict): string => {
  const { events = [], proof = [] } = witness ?? {}
  if (TOLD_IN_FULL.includes(promise)) return proof.map(clause).join('; ')
  const actors = [...new Set(events.map(actorOf))]
  const said = clause(proof.at(-1) ?? 'the promise was broken').replace(
    /^it\b/,
    events.at(-1)?.node ?? 'it',
  )
  return actors.length === 2 ? said.replace(/\bboth\b/, `${actors.join(' and ')} both`) : said
}

/** The faults that it takes: those without which the promise is kept or, if it takes only some of several, all. */
const faultsNeeded = (algorithm: AnyAlgorithm, plan: Plan, promise: string): readonly string[] => {
  const weighed = weighedFaults(algorithm, plan, promise)
  const needed = plan.faults.filter((_fault, index) => weighed[index]?.necessary === true)
  if (needed.length === plan.faults.length) return needed.map(faultWords)
  const verdict = verdictOn(algorithm, { ...plan, faults: needed }, promise)
  const suffice = !('message' in verdict) && verdict.verdict === 'violated'
  return (suffice ? needed : plan.faults).map(faultWords)
}

/** Why this plan breaks this promise, in a sentence. Of a plan that does not break it, says so. */
export const causeOf = (algorithm: AnyAlgorithm, plan: Plan, promise: string): string => {
  const verdict = verdictOn(algorithm, plan, promise)
  if ('message' in verdict) return `the run is broken off: ${verdict.message}`
  if (verdict.verdict !== 'violated') return `this plan does not break ${promise}`
  const wrong = [
    ...clockWords(plan),
    ...serviceWords(plan),
    ...workWords(algorithm, plan),
    ...faultsNeeded(algorithm, plan, promise),
  ]
  const what = wrong.length === 0 ? 'nothing went wrong but the order of events' : listed(wrong)
  return `${what}; then ${contradiction(verdict)}`
}
