/** `npm run first-found`: how many runs and seconds `fuzz` takes to first break what is known to break; writes docs/reference/first-found.md. */

import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Piscina } from 'piscina'
import { numeral, VERSION } from '#runs'
import type { PromiseName } from '#runs'
import type { FirstFinds, FirstFoundTask } from './first-found-task.ts'

const TABLE = fileURLToPath(new URL('../../docs/reference/matrix.json', import.meta.url))
const PAGE = fileURLToPath(new URL('../../docs/reference/first-found.md', import.meta.url))
/** What has been run so far: the same command again goes on from here. */
const SO_FAR = fileURLToPath(new URL('../../.first-found.jsonl', import.meta.url))
const SEEDS_BY_DEFAULT = 20
const RUNS_MAX = 20_000
const MEDIAN_TARGET = 300

interface Table {
  readonly rows: readonly {
    readonly algorithm: string
    readonly campaigns: readonly {
      readonly promises?: Readonly<Record<string, { readonly counts: { violated?: number } }>>
    }[]
  }[]
}

/** Every lock with the promises that the table shows broken under some class. */
const knownBreaks = (): readonly { algorithm: string; promises: readonly PromiseName[] }[] => {
  const { rows } = JSON.parse(readFileSync(TABLE, 'utf8')) as Table
  return rows.flatMap(({ algorithm, campaigns }) => {
    const broken = campaigns.flatMap(({ promises = {} }) =>
      Object.entries(promises).filter(([, { counts }]) => (counts.violated ?? 0) > 0),
    )
    const promises = [...new Set(broken.map(([promise]) => promise as PromiseName))]
    return promises.length === 0 ? [] : [{ algorithm, promises }]
  })
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** One line of the page. What was not found counts as more runs than were run. */
interface Row {
  readonly algorithm: string
  readonly promise: string
  readonly runs: number
  readonly most: number
  readonly seconds: number
  readonly missed: number
}

const rowsOf = (all: readonly FirstFinds[]): readonly Row[] =>
  knownBreaks()
    .flatMap(({ algorithm, promises }) => {
      const finds = all.filter((one) => one.algorithm === algorithm)
      if (finds.length === 0) return []
      return promises.map((promise): Row => {
        const runs = finds.map(({ found }) => found[promise]?.run ?? Infinity)
        const seconds = finds.map(({ found }) => found[promise]?.seconds ?? Infinity)
        return {
          algorithm,
          promise,
          runs: median(runs),
          most: Math.max(...runs),
          seconds: median(seconds),
          missed: runs.filter((run) => run === Infinity).length,
        }
      })
    })
    .sort((one, other) => other.runs - one.runs || (one.algorithm < other.algorithm ? -1 : 1))

const runsText = (runs: number): string =>
  Number.isFinite(runs) ? numeral(Math.round(runs)) : `> ${numeral(RUNS_MAX)}`

const secondsText = (seconds: number): string =>
  Number.isFinite(seconds) ? seconds.toFixed(2) : '–'

const pageOf = (rows: readonly Row[], seeds: number): string => {
  const typical = median(rows.map(({ runs }) => runs))
  const worst = Math.max(...rows.map(({ runs }) => runs))
  return [
    '# How soon `fuzz` finds what is known to break',
    '',
    `Made by \`npm run first-found\` with locksim ${VERSION} on Node ${process.versions.node}: for each lock and promise that`,
    `[the table](matrix.md) shows broken, the first run of \`fuzz\` that breaks it, from a cold start, on one thread.`,
    `Medians over ${seeds} base seeds; a campaign ends after ${numeral(RUNS_MAX)} runs.`,
    '',
    `- ${numeral(rows.length)} pairs of lock and promise. The median pair takes ${runsText(typical)} runs (target: at most ${MEDIAN_TARGET}).`,
    `- The slowest pair takes ${runsText(worst)} runs (target: at most ${numeral(RUNS_MAX)}).`,
    '',
    '| lock | promise | runs | seconds | slowest seed | not found |',
    '|---|---|--:|--:|--:|--:|',
    ...rows.map(
      ({ algorithm, promise, runs, seconds, most, missed }) =>
        `| ${algorithm} | ${promise} | ${runsText(runs)} | ${secondsText(seconds)} | ${runsText(most)} | ${missed === 0 ? '' : missed} |`,
    ),
    '',
  ].join('\n')
}

const doneBefore = (): readonly FirstFinds[] =>
  existsSync(SO_FAR)
    ? readFileSync(SO_FAR, 'utf8')
        .split('\n')
        .flatMap((line) => {
          try {
            return [JSON.parse(line) as FirstFinds]
          } catch {
            return []
          }
        })
    : []

const main = async (seeds: number, locks: readonly string[], page: string): Promise<void> => {
  const before = doneBefore()
  const pool = new Piscina<FirstFoundTask, FirstFinds>({
    filename: new URL('./first-found-task.js', import.meta.url).href,
    name: 'findFirst',
    maxThreads: availableParallelism(),
  })
  const tasks = knownBreaks()
    .filter(({ algorithm }) => locks.length === 0 || locks.includes(algorithm))
    .flatMap((lock) =>
      Array.from({ length: seeds }, (_, seed) => ({ ...lock, seed, runsMax: RUNS_MAX })),
    )
  const all = await Promise.all(
    tasks.map(async (task) => {
      const known = before.find(
        ({ algorithm, seed }) => algorithm === task.algorithm && seed === task.seed,
      )
      if (known !== undefined) return known
      const finds = await pool.run(task)
      appendFileSync(SO_FAR, `${JSON.stringify(finds)}\n`)
      const missing = task.promises.filter((promise) => finds.found[promise] === undefined)
      const said = missing.length === 0 ? '' : `, without ${missing.join(', ')}`
      console.log(
        `${finds.algorithm} seed ${finds.seed}: ${finds.runs} runs, ${finds.seconds} s${said}`,
      )
      return finds
    }),
  )
  await pool.destroy()
  writeFileSync(page, pageOf(rowsOf(all), seeds))
  // All of it is on the page now: the next time begins anew.
  if (locks.length === 0) rmSync(SO_FAR, { force: true })
}

const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string' }, page: { type: 'string' } },
  allowPositionals: true,
})
await main(
  values.seeds === undefined ? SEEDS_BY_DEFAULT : Number(values.seeds),
  positionals,
  values.page ?? PAGE,
)
