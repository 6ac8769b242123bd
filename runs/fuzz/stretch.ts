/** A stretch of a campaign: some hundred runs, summed up. Sums can be added in any order, so that threads change nothing. */

import fc from 'fast-check'
import type { AnyAlgorithm } from '#algorithms'
import type { PromiseName } from '#checkers'
import { LocksimBug, RollingHash, SimulationError } from '#sim'
import { rerunRemark, rerunsOf } from '../guard/rerun.ts'
import { addedCounts, compareSizes } from '../matrix/campaign.ts'
import type { VerdictCounts } from '../matrix/campaign.ts'
import { isTrusted } from '../modules/registry.ts'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'
import { withTraps } from '../traps.ts'
import type { FaultKindName } from './kinds.ts'
import { plansFor } from './plans.ts'
import type { PlanOptions } from './plans.ts'
import type { FuzzMishap } from './request.ts'

/** Runs of one stretch: enough to be worth sending to a thread, few enough to wait for. */
export const STRETCH = 200

/** Which runs of a campaign: `from` up to, not including, `to`, all within one stretch. */
export interface Stretch {
  readonly seed: number
  readonly from: number
  readonly to: number
}

/** The smallest run that broke a promise: its number, and how large it was. */
interface Smallest {
  readonly run: number
  readonly size: readonly number[]
}

/** What came of one promise. Runs are numbered from 0. */
interface PromiseSum {
  counts: VerdictCounts
  firstAtRun: number | undefined
  smallest: Smallest | undefined
}

type KindCounts = { [Kind in FaultKindName]?: number }

/** What came of some runs. Goes through JSON and threads unchanged. */
export interface StretchSum {
  runs: number
  contended: number
  planned: KindCounts
  landed: KindCounts
  promises: { [Promise in PromiseName]?: PromiseSum }
  mishapCount: number
  mishaps: readonly FuzzMishap[]
  /** How many of them took their thread with them. */
  deaths: number
  /** Runs in which a release never came back, and the first. */
  neverReleased: number
  firstNeverReleased: FuzzMishap | undefined
  /** Runs that ended because their events were used up. */
  cutOff: number
}

/** Nothing run yet. */
export const emptySum = (): StretchSum => ({
  runs: 0,
  contended: 0,
  planned: {},
  landed: {},
  promises: {},
  mishapCount: 0,
  mishaps: [],
  deaths: 0,
  neverReleased: 0,
  firstNeverReleased: undefined,
  cutOff: 0,
})

/** As many as anybody reads. */
const MISHAPS_MAX = 5

const addKinds = (whole: KindCounts, part: KindCounts): void => {
  for (const [kind, count] of Object.entries(part) as [FaultKindName, number][]) {
    whole[kind] = (whole[kind] ?? 0) + count
  }
}

const earlier = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)

const smallerOf = (one: Smallest | undefined, other: Smallest | undefined): Smallest | undefined =>
  one === undefined || other === undefined
    ? (one ?? other)
    : (compareSizes(one.size, other.size) || one.run - other.run) <= 0
      ? one
      : other

/** Adds a part to a whole; which of them was run first does not matter. */
export const addSum = (whole: StretchSum, part: StretchSum): void => {
  whole.runs += part.runs
  whole.contended += part.contended
  addKinds(whole.planned, part.planned)
  addKinds(whole.landed, part.landed)
  for (const [promise, sum] of Object.entries(part.promises)) {
    const known = (whole.promises[promise as PromiseName] ??= {
      counts: {},
      firstAtRun: undefined,
      smallest: undefined,
    })
    known.counts = addedCounts(known.counts, sum.counts)
    known.firstAtRun = earlier(known.firstAtRun, sum.firstAtRun)
    known.smallest = smallerOf(known.smallest, sum.smallest)
  }
  whole.mishapCount += part.mishapCount
  whole.deaths += part.deaths
  whole.neverReleased += part.neverReleased
  whole.cutOff += part.cutOff
  const [first] = [whole.firstNeverReleased, part.firstNeverReleased]
    .filter((one) => one !== undefined)
    .sort((one, other) => one.run - other.run)
  whole.firstNeverReleased = first
  whole.mishaps = [...whole.mishaps, ...part.mishaps]
    .sort((one, other) => one.run - other.run)
    .slice(0, MISHAPS_MAX)
}

/** The seed of fast-check for a stretch: 32 bits of the campaign's seed and the stretch's number. */
const seedOf = (seed: number, stretch: number): number => {
  const hash = new RollingHash()
  hash.mixText(`fuzz/${seed}/${stretch}`)
  return hash.word() | 0
}

/** The plans of a stretch: run number n of a campaign has the same plan however many runs are asked for. */
const plansOf = (
  algorithm: AnyAlgorithm,
  options: PlanOptions,
  { seed, from, to }: Stretch,
): readonly Plan[] => {
  const number = Math.floor(from / STRETCH)
  const begins = number * STRETCH
  return fc
    .sample(plansFor(algorithm, options), {
      seed: seedOf(seed, number),
      numRuns: to - begins,
      // Whatever the tests of a user have configured for their own properties.
      path: '',
      examples: [],
    })
    .slice(from - begins)
}

/** The plan of the run of this number, counted from 0. */
export const planOfRun = (
  algorithm: AnyAlgorithm,
  options: PlanOptions,
  seed: number,
  number: number,
): Plan => {
  const [plan] = plansOf(algorithm, options, { seed, from: number, to: number + 1 })
  if (plan === undefined) throw new LocksimBug(`run ${number} of a campaign has no plan`)
  return plan
}

const addRun = (
  sum: StretchSum,
  number: number,
  plan: Plan,
  { verdicts, landed, events, why, remarks }: RunResult,
): void => {
  if (why === 'event-budget') sum.cutOff++
  const stuck = remarks.find(({ kind }) => kind === 'never-released')
  if (stuck !== undefined) {
    sum.neverReleased++
    sum.firstNeverReleased ??= { run: number + 1, seed: plan.seed, message: stuck.message }
  }
  const skewed = Object.keys(plan.clocks).length
  plan.faults.forEach(({ kind }, index) => {
    if (landed.includes(index)) sum.landed[kind] = (sum.landed[kind] ?? 0) + 1
  })
  if (skewed > 0) sum.landed.clock = (sum.landed.clock ?? 0) + 1
  let smallest: Smallest | undefined
  for (const { promise, verdict } of verdicts) {
    const known = (sum.promises[promise] ??= {
      counts: {},
      firstAtRun: undefined,
      smallest: undefined,
    })
    known.counts[verdict] = (known.counts[verdict] ?? 0) + 1
    if (verdict === 'violated') {
      smallest ??= {
        run: number,
        size: [landed.length + skewed, plan.clients, plan.rounds, events],
      }
      known.firstAtRun ??= number
      known.smallest = smallerOf(known.smallest, smallest)
    }
    if (promise === 'contention' && verdict === 'held') sum.contended++
  }
}

const addPlanned = (sum: StretchSum, { faults, clocks }: Plan): void => {
  for (const { kind } of faults) sum.planned[kind] = (sum.planned[kind] ?? 0) + 1
  if (Object.keys(clocks).length > 0) sum.planned.clock = (sum.planned.clock ?? 0) + 1
}

const addMishap = (sum: StretchSum, number: number, { seed }: Plan, message: string): void => {
  sum.mishapCount++
  if (sum.mishaps.length < MISHAPS_MAX) {
    sum.mishaps = [...sum.mishaps, { run: number + 1, seed, message }]
  }
}

/** A run that was done, to be done once more. */
interface Done {
  readonly number: number
  readonly plan: Plan
  readonly hash: string
}

/** Some of the runs once more: a module that keeps something between runs gives itself away. */
const runAgain = (algorithm: AnyAlgorithm, sum: StretchSum, done: readonly Done[]): void => {
  for (const { number, plan, hash } of rerunsOf(done)) {
    const again = run(plan, { algorithm, checkers: [] })
    const remark = rerunRemark(algorithm.name, { seed: plan.seed, hash }, again.hash)
    if (remark !== undefined) addMishap(sum, number, plan, remark)
  }
}

/**
 * Runs a stretch. A run that the lock's own code breaks off is a mishap and no reason to stop. `begun` is told the
 * number of each run before it begins; runs in `skip` are left out.
 */
export const runStretch = (
  algorithm: AnyAlgorithm,
  options: PlanOptions,
  stretch: Stretch,
  { begun, skip = [] }: { begun?: (run: number) => void; skip?: readonly number[] } = {},
): StretchSum => {
  const sum = emptySum()
  const plans = plansOf(algorithm, options, stretch)
  const done: Done[] = []
  withTraps(() => {
    plans.forEach((plan, index) => {
      const number = stretch.from + index
      if (skip.includes(number)) return
      begun?.(number)
      sum.runs++
      addPlanned(sum, plan)
      try {
        const result = run(plan, { algorithm })
        addRun(sum, number, plan, result)
        done.push({ number, plan, hash: result.hash })
      } catch (error) {
        if (!(error instanceof SimulationError)) throw error
        addMishap(sum, number, plan, error.message)
      }
    })
    if (!isTrusted(algorithm)) runAgain(algorithm, sum, done)
  })
  return sum
}
