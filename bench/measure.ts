/** Measuring: rounds of everything side by side, so that a noisy machine disturbs all alike; the median counts. */

/** One thing to measure. */
export interface Contestant {
  readonly name: string
  /** Does the work once and says how many units of it (events, runs) were done. */
  work(): number
}

/** Units per second of each contestant: the median over the rounds, and each round's value. */
export interface Rate {
  readonly name: string
  readonly perSecond: number
}

const ROUNDS = 7

/** Runs all contestants in turn, `ROUNDS` times after one warm-up, and gives the median rate of each. */
export const measure = (contestants: readonly Contestant[]): readonly Rate[] => {
  const rates = contestants.map((): number[] => [])
  for (let round = 0; round <= ROUNDS; round++) {
    contestants.forEach(({ work }, index) => {
      const startMs = performance.now()
      const units = work()
      const perSecond = units / ((performance.now() - startMs) / 1_000)
      if (round > 0) (rates[index] as number[]).push(perSecond)
    })
  }
  return contestants.map(({ name }, index) => ({
    name,
    perSecond: median(rates[index] as number[]),
  }))
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] as number
}
