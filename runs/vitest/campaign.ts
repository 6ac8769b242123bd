/** What a matcher needs of a campaign: many runs of one lock in this thread, summed up for one promise. */

import type { AnyAlgorithm, Fencing } from '#algorithms'
import { VERDICTS } from '#checkers'
import type { PromiseName, VerdictName } from '#checkers'
import { fuzzHere } from '../fuzz/fuzz.ts'
import type { FaultKindName } from '../fuzz/kinds.ts'
import type { FuzzRequest, FuzzResult, Strikes } from '../fuzz/request.ts'
import { planOfRun } from '../fuzz/stretch.ts'
import type { Counterexample } from '../keep/counterexample.ts'
import { parsePlan } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'

/** What is asked for. */
export interface CampaignRequest {
  /** The faults that may strike; all if left out. */
  readonly faults: readonly FaultKindName[] | undefined
  readonly runs: number
  readonly seed: number
  readonly parameters: Readonly<Record<string, number | boolean | string>>
  readonly fencing: Fencing | undefined
}

/** How the promise was broken, made small. */
export interface Breach extends Pick<Counterexample, 'sentence' | 'necessary' | 'minimal'> {
  /** The first run that broke it, counted from 1, and how many did. */
  readonly firstAtRun: number
  readonly runs: number
  readonly plan: Plan
}

/** What came of it. */
export interface Campaign {
  readonly runs: number
  /** Runs in which clients competed. */
  readonly contended: number
  /** What the promise came out as, and how often. */
  readonly verdicts: Readonly<Record<VerdictName, number>>
  /** Why it neither held nor was broken, in the words of the judge, where that is so of every run. */
  readonly untested: string | undefined
  readonly landed: Readonly<Record<FaultKindName, Strikes>>
  /** Faults that were asked for by name and never struck: some cannot, as the lock has nothing that they could strike. */
  readonly neverLanded: readonly FaultKindName[]
  readonly breach: Breach | undefined
  /** Why nothing can be said: the same plan was not the same run each time. */
  readonly unrepeatable: string | undefined
  /** The first run in which the lock's own code failed. */
  readonly mishap:
    | { readonly seed: number; readonly message: string; readonly plan: Plan; readonly run: number }
    | undefined
}

const breachIn = ({ found }: FuzzResult, promise: PromiseName): Breach | undefined => {
  const broken = found.find((one) => one.promise === promise)
  if (broken === undefined) return undefined
  const { firstAtRun, runs, counterexample } = broken
  const { sentence, necessary, minimal, plan } = counterexample
  return { firstAtRun, runs, sentence, necessary, minimal, plan: parsePlan(plan) }
}

/** Runs a lock as often as it is asked, each time with faults drawn anew. The same request has the same answer. */
export const campaign = (
  algorithm: AnyAlgorithm,
  promise: PromiseName,
  { faults, runs, seed, parameters, fencing }: CampaignRequest,
): Campaign => {
  const options = {
    parameters,
    ...(faults === undefined ? {} : { faults }),
    ...(fencing === undefined ? {} : { fencing }),
  }
  const request: FuzzRequest = { ...options, runs, seed, promise, until: 'runs' }
  const result = fuzzHere(algorithm, request)
  const { coverage, mishaps } = result
  const counts = coverage.verdicts[promise] ?? {}
  const verdicts = Object.fromEntries(VERDICTS.map((name) => [name, counts[name] ?? 0])) as Record<
    VerdictName,
    number
  >
  const planOf = (number: number): Plan => planOfRun(algorithm, options, seed, number)
  const [mishap] = mishaps
  const isUntested = mishap === undefined && verdicts.held + verdicts.violated === 0
  const first = isUntested ? run(planOf(0), { algorithm }) : undefined
  return {
    runs: result.runs,
    contended: coverage.contended,
    verdicts,
    untested: first?.verdicts.find((verdict) => verdict.promise === promise)?.evidence,
    landed: coverage.landed,
    neverLanded: faults === undefined ? [] : coverage.neverLanded,
    breach: breachIn(result, promise),
    unrepeatable: result.nondeterminism[0],
    mishap: mishap === undefined ? undefined : { ...mishap, plan: planOf(mishap.run - 1) },
  }
}
