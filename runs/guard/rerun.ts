/** A cheap look at determinism within a campaign: some runs of a stretch are run once more in the same thread. */

/** A run that a campaign has made, and its hash. */
export interface Hashed {
  readonly seed: number
  readonly hash: string
}

/** How many runs of a stretch are run again at its end. */
const RERUNS = 3

/**
 * Which runs of a stretch to run once more, in the same thread, when the stretch is over: the first, one in the middle,
 * and the last, whatever their seeds. Costs 3 runs in a stretch of 250.
 */
export const rerunsOf = <Run>(runs: readonly Run[]): readonly Run[] => {
  const count = Math.min(RERUNS, runs.length)
  return Array.from(
    { length: count },
    (_, index) => runs[Math.floor((index * (runs.length - 1)) / Math.max(1, count - 1))] as Run,
  )
}

/** What a rerun has shown, in words; undefined if it was the same run. */
export const rerunRemark = (lock: string, before: Hashed, again: string): string | undefined =>
  before.hash === again
    ? undefined
    : `${lock}, seed ${before.seed}: run once more at the end of its stretch, the same plan is another run (hash ${before.hash}, then ${again}); the module keeps something between runs, so that nothing found can be relied on`
