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
  readonly rounds: readonly number[]
}

const WARM_UPS = 2
const ROUNDS = 15

/** Runs all contestants in turn, `ROUNDS` times after the warm-ups, and gives the rates of each. */
export const measure = (contestants: readonly Contestant[]): readonly Rate[] => {
  const rates = contestants.map((): number[] => [])
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    contestants.forEach(({ work }, index) => {
      const startMs = performance.now()
      const units = work()
      const perSecond = units / ((performance.now() - startMs) / 1_000)
      if (round >= 0) (rates[index] as number[]).push(perSecond)
    })
  }
  return contestants.map(({ name }, index) => {
    const rounds = rates[index] as number[]
    return { name, perSecond: median(rounds), rounds }
  })
}

/**
 * How many times as fast one was as the other: the median of the rounds' ratios. What disturbs the machine for a
 * second disturbs both halves of a round, so this wavers less than the ratio of the medians.
 */
export const ratioOf = (rate: Rate, yardstick: Rate): number =>
  median(rate.rounds.map((perSecond, round) => perSecond / (yardstick.rounds[round] as number)))

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] as number
}
