/** Campaigns: a lock under many drawn plans, each broken promise with its smallest counterexample, and how sure all that is. */

import { setImmediate } from 'node:timers/promises'
import type { AnyAlgorithm } from '#algorithms'
import { LocksimBug } from '#sim'
import { InputError } from '../errors.ts'
import { decides } from '../outcome.ts'
import { checkersOf } from '../run.ts'
import { finish } from './finish.ts'
import type { Finished } from './finish.ts'
import { openFolder } from './folder.ts'
import type { CampaignFolder } from './folder.ts'
import type { Journal } from './journal.ts'
import { FAULT_KINDS } from './kinds.ts'
import { auditDeterminism } from '../guard/audit.ts'
import { wantsThreads } from '../guard/pool.ts'
import { isReachable, isTrusted, referenceOf } from '../modules/registry.ts'
import { plansFor } from './plans.ts'
import type { PlanOptions } from './plans.ts'
import { DEATHS_MAX, Stretches } from './progress.ts'
import type { Coverage, Found, FuzzProgress, FuzzRequest, FuzzResult } from './request.ts'
import { emptySum, planOfRun, runStretch } from './stretch.ts'
import type { Stretch, StretchSum } from './stretch.ts'
import { openThreads } from './threads.ts'
import type { Threads } from './threads.ts'

/** Does the work of a campaign, in this thread or in others. */
interface Crew {
  readonly lanes: number
  stretch(stretch: Stretch): Promise<StretchSum>
  finish(run: number, promise: Found['promise']): Promise<Finished | undefined>
}

/** The part of a request that says what plans look like. */
const optionsOf = ({ faults, parameters, fencing }: FuzzRequest): PlanOptions => ({
  ...(faults === undefined ? {} : { faults }),
  ...(parameters === undefined ? {} : { parameters }),
  ...(fencing === undefined ? {} : { fencing }),
})

const crewHere = (algorithm: AnyAlgorithm, request: FuzzRequest): Crew => ({
  lanes: 1,
  async stretch(stretch) {
    const sum = runStretch(algorithm, optionsOf(request), stretch)
    // Without a turn of the event loop no signal would ever arrive.
    await setImmediate()
    return sum
  },
  async finish(run, promise) {
    await setImmediate()
    return finish(algorithm, optionsOf(request), { seed: request.seed, run, promise })
  },
})

const crewOfThreads = (
  algorithm: AnyAlgorithm,
  request: FuzzRequest,
  threads: Threads,
  workers: number,
): Crew => {
  const options = optionsOf(request)
  const task = { reference: referenceOf(algorithm), options }
  return {
    // A task more than there are threads, so that none waits for this one to hand out the next.
    lanes: workers + 1,
    async stretch(stretch) {
      const skip: number[] = []
      const mishaps: StretchSum['mishaps'][number][] = []
      for (;;) {
        const ended = await threads.run({ ...task, work: { stretch, skip: [...skip] } })
        if ('answer' in ended) {
          if (!('sum' in ended.answer)) throw new LocksimBug('a stretch came back without its sum')
          return withDeaths(ended.answer.sum, mishaps)
        }
        const { beat, message } = ended.mishap
        if (beat === undefined) throw new InputError(`${algorithm.name} ${message}`)
        // What took the thread with it would do so again: the others of the stretch are run without it.
        skip.push(beat)
        const { seed } = planOfRun(algorithm, options, request.seed, beat)
        mishaps.push({ run: beat + 1, seed, message: `its code ${message}` })
        // It is given up: the other runs of the stretch would cost as many threads again.
        if (mishaps.length === DEATHS_MAX) return withDeaths(emptySum(), mishaps)
      }
    },
    async finish(run, promise) {
      const { seed } = request
      // A lock that does not survive a weaker plan has been seen on the one that was drawn.
      for (const asDrawn of [false, true]) {
        const ended = await threads.run({
          ...task,
          work: { finish: { seed, run, promise, asDrawn } },
        })
        if ('answer' in ended && 'finished' in ended.answer) return ended.answer.finished
      }
      return {
        unrepeatable: `${algorithm.name}, seed ${planOfRun(algorithm, options, seed, run).seed}: broke ${promise} in run ${run + 1}, and took its thread with it when that was run again`,
      }
    },
  }
}

const withDeaths = (sum: StretchSum, mishaps: StretchSum['mishaps']): StretchSum => ({
  ...sum,
  runs: sum.runs + mishaps.length,
  mishapCount: sum.mishapCount + mishaps.length,
  mishaps: [...mishaps, ...sum.mishaps].sort((one, other) => one.run - other.run),
  deaths: mishaps.length,
})

/** Refuses what makes no sense before anything is run. */
const check = (algorithm: AnyAlgorithm, request: FuzzRequest): void => {
  if (request.until === 'time' && request.timeMs === undefined) {
    throw new InputError('until "time" needs a time; give one, or leave it to the number of runs')
  }
  const { promise } = request
  const promises = checkersOf(algorithm).map((checker) => checker.promise)
  if (promise !== undefined && !promises.includes(promise)) {
    throw new InputError(
      `${algorithm.name} is not judged by "${promise}"; expected one of ${promises.join(', ')}`,
    )
  }
  plansFor(algorithm, optionsOf(request))
}

/** Asked again and again whether to go on; gives how much of the time is used up. */
const timerOf = ({ timeMs }: FuzzRequest): (() => number) => {
  const began = performance.now()
  return () => (timeMs === undefined ? 0 : (performance.now() - began) / timeMs)
}

const coverageOf = ({ faults = FAULT_KINDS }: FuzzRequest, whole: StretchSum): Coverage => ({
  runs: whole.runs,
  contended: whole.contended,
  landed: Object.fromEntries(
    FAULT_KINDS.map((kind) => [
      kind,
      { planned: whole.planned[kind] ?? 0, landed: whole.landed[kind] ?? 0 },
    ]),
  ) as unknown as Coverage['landed'],
  neverLanded: FAULT_KINDS.filter(
    (kind) => faults.includes(kind) && (whole.landed[kind] ?? 0) === 0,
  ),
  verdicts: Object.fromEntries(
    Object.entries(whole.promises).map(([promise, { counts }]) => [promise, counts]),
  ) as Coverage['verdicts'],
})

/** What a broken promise came to. */
interface Ending {
  readonly promise: Found['promise']
  readonly done: Finished
}

/** The counterexamples, in the order of the judges. */
const foundIn = (
  algorithm: AnyAlgorithm,
  { whole }: Stretches,
  endings: readonly Ending[],
): readonly Found[] =>
  checkersOf(algorithm).flatMap(({ promise }) => {
    const done = endings.find((ending) => ending.promise === promise)?.done
    if (done === undefined || 'unrepeatable' in done) return []
    const sum = whole.promises[promise]
    return [
      {
        promise,
        decides: decides(algorithm, promise),
        firstAtRun: (sum?.firstAtRun ?? 0) + 1,
        runs: sum?.counts.violated ?? 0,
        ...done,
      },
    ]
  })

/** A campaign that was run, in all. */
const resultOf = (
  algorithm: AnyAlgorithm,
  request: FuzzRequest,
  stretches: Stretches,
  endings: readonly Ending[],
): FuzzResult => ({
  algorithm,
  seed: request.seed,
  runs: stretches.whole.runs,
  found: foundIn(algorithm, stretches, endings),
  coverage: coverageOf(request, stretches.whole),
  mishaps: stretches.whole.mishaps,
  mishapCount: stretches.whole.mishapCount,
  neverReleased: {
    runs: stretches.whole.neverReleased,
    first: stretches.whole.firstNeverReleased,
  },
  cutOff: stretches.whole.cutOff,
  nondeterminism: endings.flatMap(({ done }) =>
    'unrepeatable' in done ? [done.unrepeatable] : [],
  ),
  stopped: stretches.stopped,
})

/** The number of the smallest run that broke a promise. */
const smallestRun = ({ whole }: Stretches, promise: Found['promise']): number => {
  const run = whole.promises[promise]?.smallest?.run
  if (run === undefined) throw new LocksimBug(`${promise} was broken by no run`)
  return run
}

const campaign = async (
  algorithm: AnyAlgorithm,
  request: FuzzRequest,
  crew: Crew,
  journal: Journal | undefined,
): Promise<FuzzResult> => {
  const stretches = new Stretches(algorithm, request)
  const used = timerOf(request)
  const tell = (): void => {
    const { runs } = stretches.whole
    request.progress?.({
      runs,
      of: request.runs,
      share: Math.min(1, Math.max(runs / request.runs, used())),
      found: stretches.brokenPromises().length,
    })
  }
  const lane = async (): Promise<void> => {
    for (;;) {
      if (request.signal?.aborted === true) stretches.stop('interrupted')
      if (used() >= 1) stretches.stop('time')
      const next = stretches.next()
      if (next === undefined) return
      const { index, stretch } = next
      const known = journal?.known(stretch)
      if (known !== undefined) {
        stretches.done(index, known)
        continue
      }
      const sum = await crew.stretch(stretch)
      journal?.add(stretch, sum)
      stretches.done(index, sum)
      tell()
    }
  }
  try {
    tell()
    await Promise.all(Array.from({ length: crew.lanes }, lane))
  } finally {
    journal?.close()
  }
  const endings = await Promise.all(
    stretches.brokenPromises().map(async (promise) => {
      const done = await crew.finish(smallestRun(stretches, promise), promise)
      return done === undefined ? [] : [{ promise, done }]
    }),
  )
  return resultOf(algorithm, request, stretches, endings.flat())
}

/** Runs whose plans are tried again in the same thread and in a fresh one, before a campaign begins. */
const AUDITED = 5

/** Whether the same plan is the same run each time; only a module of the user's own is suspected. */
const auditOf = async (
  algorithm: AnyAlgorithm,
  request: FuzzRequest,
): Promise<readonly string[]> => {
  if (isTrusted(algorithm)) return []
  const options = optionsOf(request)
  const plans = Array.from({ length: Math.min(AUDITED, request.runs) }, (_, number) =>
    planOfRun(algorithm, options, request.seed, number),
  )
  const found = await auditDeterminism({ reference: referenceOf(algorithm), plans })
  // What broke a run off is a mishap of that run, which the campaign meets by itself.
  return found
    .filter(({ kind }) => kind === 'worn' || kind === 'fresh')
    .map(({ message }) => message)
}

/** Who wants to know how campaigns of several locks go on. */
export interface Watcher {
  /** A lock is done. */
  readonly told?: (result: FuzzResult) => void
  readonly progress?: (algorithm: AnyAlgorithm, progress: FuzzProgress) => void
}

const threadsFor = (algorithms: readonly AnyAlgorithm[], workers: number): Threads | undefined =>
  wantsThreads(algorithms.filter(isReachable), workers) ? openThreads(workers) : undefined

/** The result with the files that its counterexamples were written to. */
const kept = (result: FuzzResult, folder: CampaignFolder | undefined): FuzzResult => {
  const files = folder?.keep(result)
  if (files === undefined) return result
  const found = result.found.map((one, index) => ({ ...one, file: files[index] as string }))
  return { ...result, found }
}

/**
 * Runs campaigns, one lock after the other, and tells each when it is done. The same request gives the same results,
 * whatever the number of threads. A lock that a thread cannot load by a reference is run in this one.
 *
 * @throws InputError for a request that makes no sense, and for a folder that holds something else
 */
export const fuzzEach = async (
  algorithms: readonly AnyAlgorithm[],
  request: FuzzRequest,
  watcher: Watcher = {},
): Promise<readonly FuzzResult[]> => {
  for (const algorithm of algorithms) check(algorithm, request)
  const { workers = 1 } = request
  const folder =
    request.folder === undefined ? undefined : openFolder(request.folder, algorithms, request)
  const threads = threadsFor(algorithms, workers)
  const results: FuzzResult[] = []
  try {
    for (const algorithm of algorithms) {
      if (request.signal?.aborted === true) break
      const crew =
        threads === undefined || !isReachable(algorithm)
          ? crewHere(algorithm, request)
          : crewOfThreads(algorithm, request, threads, workers)
      const watched: FuzzRequest = {
        ...request,
        progress(progress) {
          request.progress?.(progress)
          watcher.progress?.(algorithm, progress)
        },
      }
      const result = await campaign(algorithm, watched, crew, folder?.journalOf(algorithm))
      const isGivenUp = threads === undefined || result.stopped === 'mishaps'
      const audited = isGivenUp ? [] : await auditOf(algorithm, request)
      // The audit says it with the first event that differs; what was met on the way only where it saw nothing.
      const nondeterminism = audited.length > 0 ? audited : result.nondeterminism
      results.push(kept({ ...result, nondeterminism }, folder))
      watcher.told?.(results.at(-1) as FuzzResult)
    }
  } finally {
    await threads?.close()
  }
  return results
}

/**
 * Runs a campaign of one lock.
 *
 * @throws InputError for a request that makes no sense, and for a folder that holds something else
 */
export const fuzz = async (algorithm: AnyAlgorithm, request: FuzzRequest): Promise<FuzzResult> => {
  const [result] = await fuzzEach([algorithm], request)
  return result ?? resultOf(algorithm, request, new Stretches(algorithm, request), [])
}

/** The same in this thread and without waiting, for a lock that is in no file. Writes nothing. */
export const fuzzHere = (algorithm: AnyAlgorithm, request: FuzzRequest): FuzzResult => {
  check(algorithm, request)
  const stretches = new Stretches(algorithm, request)
  const options = optionsOf(request)
  const used = timerOf(request)
  for (let next = stretches.next(); next !== undefined; next = stretches.next()) {
    stretches.done(next.index, runStretch(algorithm, options, next.stretch))
    if (used() >= 1) stretches.stop('time')
  }
  const endings = stretches.brokenPromises().map((promise) => {
    const run = smallestRun(stretches, promise)
    return { promise, done: finish(algorithm, options, { seed: request.seed, run, promise }) }
  })
  return resultOf(algorithm, request, stretches, endings)
}
