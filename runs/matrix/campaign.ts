/** A campaign: one lock under one class of faults, seed after seed, summed up promise by promise. */

import { VERDICTS } from '#checkers'
import type { PromiseName, VerdictName } from '#checkers'
import { SimulationError } from '#sim'
import type { AnyAlgorithm } from '#algorithms'
import { drawClassPlan } from '../draw.ts'
import type { ClassOverrides } from '../draw.ts'
import type { FaultClass } from '../fault-classes/index.ts'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'

/** The plan that breaks a promise, found again by its seed. */
export interface Example {
  readonly seed: number
  readonly hash: string
  /** How large the story is: faults, then clients, rounds, events. Smaller is better. */
  readonly size: readonly number[]
}

/** Runs by verdict. */
export type VerdictCounts = { [Verdict in VerdictName]?: number }

/** What came of one promise. */
export interface PromiseTally {
  /** Runs by verdict. */
  counts: VerdictCounts
  /** The smallest run that broke it. */
  smallest: Example | undefined
}

/** What a campaign, or a part of one, came to. Two of them can be added up; the order does not matter. */
export interface CampaignResult {
  runs: number
  /** Faults that struck, and clocks that were off, over all runs. */
  landed: number
  /** Runs in which two clients competed. */
  contended: number
  readonly promises: { [Promise in PromiseName]?: PromiseTally }
  readonly sums: Sums
  /** Runs that the lock's own code broke off, and what it said the first time. */
  errors: number
  firstError: { readonly seed: number; readonly message: string } | undefined
}

/** Sums over all runs, for the costs. */
export interface Sums {
  grants: number
  releases: number
  denials: number
  acquireRequests: number
  acquireRoundTrips: number
  releaseRequests: number
  upkeepRequests: number
  peerMessages: number
  wakeUps: number
  orphanMs: number
  phantomMs: number
  /** Longest ever. */
  takeOverMs: number
  unavailableMs: number
  mostBypassed: number
}

/** A campaign of which nothing has been run. */
export const emptyCampaign = (): CampaignResult => ({
  runs: 0,
  landed: 0,
  contended: 0,
  promises: {},
  sums: {
    grants: 0,
    releases: 0,
    denials: 0,
    acquireRequests: 0,
    acquireRoundTrips: 0,
    releaseRequests: 0,
    upkeepRequests: 0,
    peerMessages: 0,
    wakeUps: 0,
    orphanMs: 0,
    phantomMs: 0,
    takeOverMs: 0,
    unavailableMs: 0,
    mostBypassed: 0,
  },
  errors: 0,
  firstError: undefined,
})

/** Which of two stories is the smaller one, as sorting wants it: what is named first counts first. */
export const compareSizes = (one: readonly number[], other: readonly number[]): number => {
  for (let index = 0; index < one.length; index++) {
    const difference = (one[index] as number) - (other[index] as number)
    if (difference !== 0) return difference
  }
  return 0
}

const isSmaller = (one: Example, other: Example): boolean =>
  (compareSizes(one.size, other.size) || one.seed - other.seed) < 0

const smallerOf = (one: Example | undefined, other: Example | undefined): Example | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  return isSmaller(other, one) ? other : one
}

const LONGEST: readonly (keyof Sums)[] = ['takeOverMs', 'unavailableMs', 'mostBypassed']

/** In the order of the verdicts, whichever part was done first: a table is compared as text. */
export const addedCounts = (one: VerdictCounts, other: VerdictCounts): VerdictCounts => {
  const sum: VerdictCounts = {}
  for (const verdict of VERDICTS) {
    const count = (one[verdict] ?? 0) + (other[verdict] ?? 0)
    if (count > 0) sum[verdict] = count
  }
  return sum
}

/** Adds a part to a whole. */
export const addCampaign = (whole: CampaignResult, part: CampaignResult): void => {
  whole.runs += part.runs
  whole.landed += part.landed
  whole.contended += part.contended
  for (const [promise, { counts, smallest }] of Object.entries(part.promises)) {
    const tally = (whole.promises[promise as PromiseName] ??= { counts: {}, smallest: undefined })
    tally.counts = addedCounts(tally.counts, counts)
    tally.smallest = smallerOf(tally.smallest, smallest)
  }
  for (const name of Object.keys(whole.sums) as (keyof Sums)[]) {
    whole.sums[name] = LONGEST.includes(name)
      ? Math.max(whole.sums[name], part.sums[name])
      : whole.sums[name] + part.sums[name]
  }
  whole.errors += part.errors
  const first = part.firstError
  if (first !== undefined && first.seed < (whole.firstError?.seed ?? Infinity)) {
    whole.firstError = first
  }
}

const add = (result: CampaignResult, plan: Plan, done: RunResult): void => {
  const { verdicts, landed, costs, tally, measures, hash, events } = done
  const { sums } = result
  result.runs++
  const struck = landed.length + Object.keys(plan.clocks).length
  result.landed += struck
  let example: Example | undefined
  for (const { promise, verdict, measures: measured } of verdicts) {
    const sum = (result.promises[promise] ??= { counts: {}, smallest: undefined })
    sum.counts[verdict] = (sum.counts[verdict] ?? 0) + 1
    if (verdict === 'violated') {
      example ??= {
        seed: plan.seed,
        hash,
        size: [struck, plan.clients, plan.rounds, events],
      }
      sum.smallest = smallerOf(sum.smallest, example)
    }
    if (promise === 'contention' && verdict === 'held') result.contended++
    for (const name of LONGEST) sums[name] = Math.max(sums[name], measured[name] ?? 0)
  }
  sums.grants += tally.grants
  sums.releases += tally.releases
  sums.denials += tally.denials
  sums.acquireRequests += costs.acquiring.requests
  sums.acquireRoundTrips += costs.acquiring.roundTrips
  sums.releaseRequests += costs.releasing.requests
  sums.upkeepRequests += costs.upkeep.requests
  sums.peerMessages += costs.peerMessages
  sums.wakeUps += costs.wakeUps
  sums.orphanMs += measures.orphanMs
  sums.phantomMs += measures.phantomMs
}

/** Runs plans of one lock and adds them up. A lock whose code throws loses that run, not the campaign. */
export const runPlans = (algorithm: AnyAlgorithm, plans: Iterable<Plan>): CampaignResult => {
  const result = emptyCampaign()
  for (const plan of plans) {
    try {
      add(result, plan, run(plan, { algorithm }))
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error
      result.errors++
      result.firstError ??= { seed: plan.seed, message: error.message }
    }
  }
  return result
}

/** For whoever runs a lock that cannot be trusted. */
interface CampaignWatch {
  /** Seeds that are left out. */
  readonly skip?: readonly number[]
  /** Told the seed of each run before it begins. */
  readonly begun?: (seed: number) => void
}

/** Runs the seeds `from` up to, not including, `to`. Undefined if the class cannot strike this lock. */
export const runCampaign = (
  algorithm: AnyAlgorithm,
  faultClass: FaultClass,
  from: number,
  to: number,
  overrides: ClassOverrides = {},
  { skip = [], begun }: CampaignWatch = {},
): CampaignResult | { readonly skip: string } => {
  let skipped: { readonly skip: string } | undefined
  function* plans(): Generator<Plan, void, void> {
    for (let seed = from; seed < to; seed++) {
      if (skip.includes(seed)) continue
      begun?.(seed)
      const plan = drawClassPlan(algorithm, faultClass, seed, overrides)
      if ('skip' in plan) {
        skipped = plan
        return
      }
      yield plan
    }
  }
  const result = runPlans(algorithm, plans())
  return skipped ?? result
}
