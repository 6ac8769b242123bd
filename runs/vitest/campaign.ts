/** What a matcher needs of a campaign: many runs of one lock in this thread, summed up for one promise. */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm, Fencing } from '#algorithms'
import { VERDICTS } from '#checkers'
import type { PromiseName, VerdictName } from '#checkers'
import { faults as faultKinds, SimulationError } from '#sim'
import type { AnyFaultPlan } from '#sim'
import { faultClasses } from '../fault-classes/index.ts'
import type { NecessaryFault } from '../keep/counterexample.ts'
import type { Plan } from '../plan.ts'
import { withNumerals } from '../report/sentences.ts'
import { planFor } from '../request.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'
import { breaks, shrink } from '../shrink/shrink.ts'

/** What a fault can be. */
export type FaultName = AnyFaultPlan['kind']

/** What is asked for. */
export interface CampaignRequest {
  /** The faults that may strike; all if left out. */
  readonly faults: readonly FaultName[] | undefined
  readonly runs: number
  readonly seed: number
  readonly parameters: Readonly<Record<string, number | boolean | string>>
  readonly fencing: Fencing | undefined
}

/** How the promise was broken, made small. */
export interface Breach {
  /** The first run that broke it, counted from 1, and how many did. */
  readonly firstAtRun: number
  readonly runs: number
  readonly plan: Plan
  /** Whether no single part of the plan can be left out. */
  readonly minimal: boolean
  readonly sentence: string
  readonly necessary: readonly NecessaryFault[]
}

/** How often faults of a kind were planned, and how often they struck. */
interface Struck {
  planned: number
  landed: number
}

/** What came of it. */
export interface Campaign {
  readonly runs: number
  /** Runs in which clients competed. */
  readonly contended: number
  /** What the promise came out as, and how often. */
  readonly verdicts: Readonly<Record<VerdictName, number>>
  /** Why it did not hold where it was neither held nor broken, in the words of the judge. */
  readonly untested: string | undefined
  readonly landed: { readonly [Kind in FaultName]?: Readonly<Struck> }
  /** Faults that were asked for by name and never struck: some cannot, as the lock has nothing that they could strike. */
  readonly neverLanded: readonly FaultName[]
  readonly breach: Breach | undefined
  /** The run in which the lock's own code failed, which ends the campaign. */
  readonly mishap:
    { readonly seed: number; readonly message: string; readonly plan: Plan } | undefined
}

const CLASSES_OF: Readonly<Record<FaultName, readonly string[]>> = {
  pause: ['client-pause'],
  suspend: ['client-suspend'],
  crash: ['client-crash', 'server-crash', 'server-loss'],
  partition: ['partition'],
  message: ['late-message', 'lost-reply'],
  clock: ['clock-jump', 'clock-drift', 'client-clock-skew'],
  failover: ['failover'],
}

const classesFor = (kinds: readonly FaultName[] | undefined): readonly string[] =>
  kinds === undefined
    ? faultClasses.map(({ name }) => name)
    : kinds.length === 0
      ? ['none']
      : kinds.flatMap((kind) => CLASSES_OF[kind])

const sizeOf = ({ plan, events }: RunResult): readonly number[] => [
  plan.faults.length + Object.keys(plan.clocks).length,
  plan.clients,
  plan.rounds,
  events,
]

const isSmaller = (one: RunResult, other: RunResult): boolean => {
  const sizes = sizeOf(other)
  const different = sizeOf(one)
    .map((size, index) => size - (sizes[index] as number))
    .find((difference) => difference !== 0)
  return different !== undefined && different < 0
}

const verdictOn = (promise: PromiseName, { verdicts }: RunResult) =>
  verdicts.find((verdict) => verdict.promise === promise)

const necessaryOf = (
  algorithm: AnyAlgorithm,
  plan: Plan,
  promise: PromiseName,
): readonly NecessaryFault[] =>
  plan.faults.map((fault, index) => {
    const without = { ...plan, faults: plan.faults.filter((_fault, at) => at !== index) }
    return {
      fault: withNumerals(`${fault.kind}: ${faultKinds[fault.kind].text(fault)}`),
      without: verdictOn(promise, run(without, { algorithm }))?.verdict ?? 'vacuous',
    }
  })

const explained = (algorithm: AnyAlgorithm, promise: PromiseName, smallest: RunResult) => {
  const { plan, minimal } = shrink(algorithm, smallest.plan, breaks(algorithm, promise))
  const verdict = verdictOn(promise, run(plan, { algorithm }))
  return {
    plan,
    minimal,
    sentence: verdict?.witness?.proof.at(-1)?.replace(/^However, /, '') ?? '',
    necessary: necessaryOf(algorithm, plan, promise),
  }
}

const countStruck = (landed: { [Kind in FaultName]?: Struck }, done: RunResult): void => {
  const add = (kind: FaultName, struck: boolean): void => {
    const sum = (landed[kind] ??= { planned: 0, landed: 0 })
    sum.planned++
    if (struck) sum.landed++
  }
  done.plan.faults.forEach(({ kind }, index) => add(kind, done.landed.includes(index)))
  if (Object.keys(done.plan.clocks).length > 0) add('clock', true)
}

/** Runs a lock as often as it is asked, each time with faults drawn anew. The same request has the same answer. */
export const campaign = (
  algorithm: AnyAlgorithm,
  promise: PromiseName,
  { faults, runs, seed, parameters, fencing }: CampaignRequest,
): Campaign => {
  const classes = classesFor(faults)
  const verdicts = Object.fromEntries(VERDICTS.map((name) => [name, 0])) as Record<
    VerdictName,
    number
  >
  const landed: { [Kind in FaultName]?: Struck } = {}
  let [done, contended, firstAtRun] = [0, 0, 0]
  let untested: string | undefined
  let smallest: RunResult | undefined
  let mishap: Campaign['mishap']

  for (let drawn = 0; done < runs && drawn < runs * classes.length; drawn++) {
    const plan = planFor(algorithm, {
      under: classes[drawn % classes.length] as string,
      seed: seed + drawn,
      settings: Object.entries(parameters).map(([name, value]) => `${name}=${value}`),
      ...(fencing === undefined ? {} : { fencing }),
    })
    if ('skip' in plan) continue
    let result: RunResult
    try {
      result = run(plan, { algorithm })
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error
      mishap = { seed: plan.seed, message: error.message, plan }
      break
    }
    done++
    countStruck(landed, result)
    const together = isProtocol(algorithm) ? undefined : verdictOn('contention', result)
    if (together?.verdict === 'held') contended++
    const { verdict, evidence } = verdictOn(promise, result) ?? { verdict: 'vacuous', evidence: '' }
    verdicts[verdict]++
    if (verdict === 'violated') {
      firstAtRun ||= done
      if (smallest === undefined || isSmaller(result, smallest)) smallest = result
    } else if (verdict !== 'held') untested ??= evidence
  }
  const breach =
    smallest === undefined
      ? undefined
      : { firstAtRun, runs: verdicts.violated, ...explained(algorithm, promise, smallest) }
  return {
    runs: done,
    contended,
    verdicts,
    untested,
    landed,
    neverLanded: (faults ?? []).filter((kind) => (landed[kind]?.landed ?? 0) === 0),
    breach,
    mishap,
  }
}
