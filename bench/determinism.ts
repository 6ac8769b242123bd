/** Determinism at length: every lock × every scenario × many seeds, twice, and with the recorder on; one digest for all. */

import { algorithms } from '#algorithms'
import { drawPlan, planScenario, run, scenarios } from '#runs'
import type { Plan } from '#runs'
import { RollingHash } from '#sim'

const SEEDS_BY_DEFAULT = 200

/** What was compared, and what differed. */
interface Tally {
  runs: number
  readonly differences: string[]
}

const compare = (plan: Plan, tally: Tally): string => {
  const { hash } = run(plan)
  let lines = 0
  const again = run(plan).hash
  const recorded = run(plan, { record: () => lines++ }).hash
  tally.runs += 3
  if (again !== hash || recorded !== hash || lines === 0) {
    tally.differences.push(`${plan.algorithm} ${plan.scenario ?? 'random'} seed ${plan.seed}`)
  }
  return hash
}

const main = (seeds: number): number => {
  const tally: Tally = { runs: 0, differences: [] }
  const digest = new RollingHash()
  for (const algorithm of algorithms) {
    for (let seed = 0; seed < seeds; seed++) {
      digest.mixText(compare(drawPlan(algorithm, seed), tally))
      for (const scenario of scenarios) {
        const plan = planScenario(scenario, algorithm, seed)
        if (!('skip' in plan)) digest.mixText(compare(plan, tally))
      }
    }
  }
  for (const difference of tally.differences.slice(0, 20)) console.log(`differs: ${difference}`)
  console.log(
    `${tally.runs} runs on Node ${process.versions.node}: ${tally.differences.length} differences, digest ${digest.digest()}`,
  )
  return tally.differences.length === 0 ? 0 : 1
}

const given = process.argv[2]
process.exitCode = main(given === undefined ? SEEDS_BY_DEFAULT : Number(given))
