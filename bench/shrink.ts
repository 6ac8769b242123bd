/** `npm run shrinking`: shrinks 500 plans of many locks, checks each certificate anew with all judges, and writes the table. */

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
  waitsInVain,
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

/** After so many seeds one more of each kind is taken. */
const SEEDS_EACH = 25
/** Of each promise under each source, and of each promise of each lock, so many for one of each kind. */
const ALIKE_MAX = 4

/**
 * Runs that break a promise, spread over promises, locks and sources: a lock that breaks it whatever happens would
 * otherwise be half of them.
 */
function* failures(): Generator<Failure, void, void> {
  const taken = new Map<string, number>()
  for (let seed = 0; seed < SEEDS_MAX; seed++) {
    const each = 1 + Math.floor(seed / SEEDS_EACH)
    for (const algorithm of algorithms) {
      for (const source of SOURCES) {
        const plan = planFrom(algorithm, source, seed)
        if (plan === undefined) continue
        const before = run(plan, { algorithm })
        for (const { promise, verdict } of before.verdicts) {
          if (verdict !== 'violated') continue
          const limits: readonly (readonly [string, number])[] = [
            [`${promise} ${algorithm.name} ${source?.name ?? ''}`, each],
            [`${promise} under ${source?.name ?? ''}`, ALIKE_MAX * each],
            [`${promise} of ${algorithm.name}`, ALIKE_MAX * each],
          ]
          if (limits.some(([kind, most]) => (taken.get(kind) ?? 0) >= most)) continue
          for (const [kind] of limits) taken.set(kind, (taken.get(kind) ?? 0) + 1)
          yield { promise, before }
        }
      }
    }
  }
}

/** Runs every weaker plan once more, before all judges: none may break the promise. */
const isCertified = (algorithm: AnyAlgorithm, plan: Plan, promise: string): boolean => {
  const stillBroken = failsWhere(
    algorithm,
    ({ verdicts, plan: weaker, landed }) =>
      verdicts.some((one) => one.promise === promise && one.verdict === 'violated') &&
      !waitsInVain(weaker, landed),
  )
  if (!stillBroken(plan)) return false
  for (const weaker of weakenings(plan, algorithm)) if (stillBroken(weaker)) return false
  return true
}

const main = (count: number): void => {
  const cases: ShrunkCase[] = []
  for (const { promise, before } of failures()) {
    const { algorithm, plan } = before
    const began = process.cpuUsage()
    const shrunk = shrink(algorithm, plan, breaks(algorithm, promise))
    const { user, system } = process.cpuUsage(began)
    const tookMs = (user + system) / 1_000
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
