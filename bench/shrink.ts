/**
 * `npm run shrinking`: shrinks 500 plans that break a promise, of many locks, promises and classes of faults, checks each
 * certificate anew with all judges, and writes the table of sizes before and after.
 */

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  algorithms,
  breaks,
  drawClassPlan,
  drawPlan,
  failsWhere,
  faultClasses,
  run,
  shrink,
  shrinkingMarkdown,
  sizeOf,
  weakenings,
} from '#runs'
import type { AnyAlgorithm, Plan, RunResult, ShrunkCase } from '#runs'

const FILE = fileURLToPath(new URL('../../docs/reference/shrinking.md', import.meta.url))
const PLANS_BY_DEFAULT = 500
const SEEDS_MAX = 2_000
/** Each class of faults, and all of them mixed: where plans come from. */
const SOURCES = [undefined, ...faultClasses]

const planFrom = (
  algorithm: AnyAlgorithm,
  source: (typeof SOURCES)[number],
  seed: number,
): Plan | undefined => {
  const plan =
    source === undefined ? drawPlan(algorithm, seed) : drawClassPlan(algorithm, source, seed)
  return 'skip' in plan ? undefined : plan
}

interface Failure {
  readonly promise: string
  readonly before: RunResult
}

/** Runs that break a promise, spread over promises and sources: of each pair one of each lock, then seconds. */
function* failures(): Generator<Failure, void, void> {
  const taken = new Map<string, number>()
  for (let seed = 0; seed < SEEDS_MAX; seed++) {
    const each = 1 + Math.floor(seed / 25)
    for (const algorithm of algorithms) {
      for (const source of SOURCES) {
        const plan = planFrom(algorithm, source, seed)
        if (plan === undefined) continue
        const before = run(plan, { algorithm })
        for (const { promise, verdict } of before.verdicts) {
          if (verdict !== 'violated') continue
          const pair = `${promise} ${source?.name ?? 'all'}`
          const triple = `${pair} ${algorithm.name}`
          const isNew = (taken.get(triple) ?? 0) < each && (taken.get(pair) ?? 0) < 4 * each
          if (!isNew) continue
          taken.set(pair, (taken.get(pair) ?? 0) + 1)
          taken.set(triple, (taken.get(triple) ?? 0) + 1)
          yield { promise, before }
        }
      }
    }
  }
}

/** Runs every weaker plan once more, before all judges: none may break the promise. */
const isCertified = (algorithm: AnyAlgorithm, plan: Plan, promise: string): boolean => {
  const stillBroken = failsWhere(algorithm, ({ verdicts }) =>
    verdicts.some((one) => one.promise === promise && one.verdict === 'violated'),
  )
  if (!stillBroken(plan)) return false
  for (const weaker of weakenings(plan, algorithm)) if (stillBroken(weaker)) return false
  return true
}

const main = (count: number): void => {
  const cases: ShrunkCase[] = []
  for (const { promise, before } of failures()) {
    const { algorithm, plan } = before
    const began = performance.now()
    const shrunk = shrink(algorithm, plan, breaks(algorithm, promise))
    const tookMs = performance.now() - began
    cases.push({
      algorithm: algorithm.name,
      promise,
      before: sizeOf(before),
      after: sizeOf(run(shrunk.plan, { algorithm })),
      tries: shrunk.tries,
      tookMs,
      minimal: shrunk.minimal && isCertified(algorithm, shrunk.plan, promise),
    })
    if (cases.length % 50 === 0) console.log(`${cases.length} plans shrunk`)
    if (cases.length === count) break
  }
  const text = shrinkingMarkdown(cases)
  writeFileSync(FILE, text)
  console.log(text)
}

const given = process.argv[2]
main(given === undefined ? PLANS_BY_DEFAULT : Number(given))
