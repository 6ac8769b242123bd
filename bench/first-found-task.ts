/** One campaign for the table of first finds: a lock and a base seed, until every known break has been seen. */

import { algorithmNamed, runStretch } from '#runs'
import type { PromiseName } from '#runs'

/** What to look for. */
export interface FirstFoundTask {
  readonly algorithm: string
  readonly promises: readonly PromiseName[]
  readonly seed: number
  readonly runsMax: number
}

/** The first run that broke a promise, counted from 1, and the seconds until then. */
export interface FirstFind {
  readonly run: number
  readonly seconds: number
}

/** What was found by one base seed. A promise that is missing was not broken within all runs. */
export interface FirstFinds {
  readonly algorithm: string
  readonly seed: number
  readonly runs: number
  readonly seconds: number
  readonly found: { readonly [Promise in PromiseName]?: FirstFind }
}

/** Runs between two looks at the clock. */
const STEP = 50

/** Runs the campaign as a thread of `fuzz` does, from a cold start. */
export const findFirst = ({ algorithm, promises, seed, runsMax }: FirstFoundTask): FirstFinds => {
  const lock = algorithmNamed(algorithm)
  const found: { [Promise in PromiseName]?: FirstFind } = {}
  const began = performance.now()
  const elapsed = (): number => (performance.now() - began) / 1_000
  let runs = 0
  while (runs < runsMax && promises.some((promise) => found[promise] === undefined)) {
    const beganStep = elapsed()
    const sum = runStretch(lock, {}, { seed, from: runs, to: runs + STEP })
    const took = elapsed() - beganStep
    for (const promise of promises) {
      const first = sum.promises[promise]?.firstAtRun
      if (found[promise] !== undefined || first === undefined) continue
      const seconds = beganStep + (took * (first + 1 - runs)) / STEP
      found[promise] = { run: first + 1, seconds: Number(seconds.toFixed(3)) }
    }
    runs += STEP
  }
  return { algorithm, seed, runs, seconds: Number(elapsed().toFixed(3)), found }
}
