/** `npm run bench`: speed against a bare event loop in the same process, with the targets; `--memory`, `--check`. */

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { numeral } from '#checkers'
import { bareLoop } from './bare.ts'
import { LATENCIES, messages, timers } from './kernel.ts'
import { measure, ratioOf } from './measure.ts'
import type { Rate } from './measure.ts'
import { heapOverRuns } from './memory.ts'
import { crowd, redlockRuns, schedulerSeconds } from './runs.ts'
import { startTimes } from './start.ts'

/** One line of the table: what was measured, what it is held against, and whether that is good enough. */
interface Line {
  readonly name: string
  readonly measured: string
  readonly against: string
  readonly value: number
  readonly unit: string
  /** Undefined where the number is only to be known. */
  readonly target: number | undefined
  readonly want: 'at least' | 'at most'
}

const EVENTS = 500_000
const RUNS = 1_500
const CROWD_EVENTS = 200_000

const bare = (pending: number) => ({
  name: `bare loop, ${pending} pending`,
  work() {
    bareLoop(EVENTS, pending)
    return EVENTS
  },
})

const grouped = (value: number): string => numeral(Math.round(value))
const perSecond = (rate: number, what = 'events'): string => `${grouped(rate)} ${what}/s`

/** The rate of some work as a fraction of the bare loop's, both measured in turn. */
const besideBare = (
  name: string,
  pending: number,
  target: number | undefined,
  work: () => number,
): Line => {
  const [yardstick, rate] = measure([bare(pending), { name, work }]) as [Rate, Rate]
  return {
    name,
    measured: perSecond(rate.perSecond),
    against: `${perSecond(yardstick.perSecond)} (${yardstick.name})`,
    value: ratioOf(rate, yardstick),
    unit: '×',
    target,
    want: 'at least',
  }
}

const simulatedTime = (): Line => {
  const [rate] = measure([{ name: 'scheduler', work: () => schedulerSeconds(RUNS) }])
  const simulated = rate?.perSecond ?? 0
  return {
    name: 'simulated time, Redlock',
    measured: perSecond(simulated, 'simulated s'),
    against: 'real time',
    value: simulated,
    unit: '×',
    target: 10_000,
    want: 'at least',
  }
}

const scaling = (): Line => {
  const sizes = [3, 30, 300, 1_000]
  const rates = measure(
    sizes.map((clients) => ({ name: `${clients}`, work: () => crowd(clients, CROWD_EVENTS) })),
  )
  const costs = rates.map((rate) => 1e9 / rate.perSecond)
  return {
    name: `event cost, ${sizes.map(grouped).join(' / ')} clients`,
    measured: `${costs.map(grouped).join(' / ')} ns`,
    against: 'the cheapest of them',
    value: Math.max(...costs) / Math.min(...costs),
    unit: '×',
    target: 2,
    want: 'at most',
  }
}

const start = (): Line | undefined => {
  const times = startTimes()
  if (times === undefined) return undefined
  return {
    name: 'locksim --help',
    measured: `${grouped(times.help)} ms`,
    against: `${grouped(times.bare)} ms (node -e 0)`,
    value: times.help / times.bare,
    unit: '×',
    target: 2.5,
    want: 'at most',
  }
}

const memory = (): Line => {
  const { early, late } = heapOverRuns()
  const kilobytes = (bytes: number): string => `${grouped(bytes / 1_024)} KiB`
  return {
    name: 'live heap after 100,000 runs',
    measured: kilobytes(late),
    against: `${kilobytes(early)} (after 10,000)`,
    value: late / early,
    unit: '×',
    target: 1.05,
    want: 'at most',
  }
}

const meets = ({ value, target, want }: Line): boolean =>
  target === undefined || (want === 'at least' ? value >= target : value <= target)

const shown = (value: number): string => (value >= 100 ? grouped(value) : value.toFixed(2))

const print = (lines: readonly Line[]): void => {
  const rows = lines.map((line) => [
    line.name,
    line.measured,
    line.against,
    `${shown(line.value)} ${line.unit}`,
    ...(line.target === undefined
      ? ['', '']
      : [`${line.want} ${shown(line.target)}`, meets(line) ? 'met' : 'missed']),
  ])
  const table = [['what', 'measured', 'against', 'ratio', 'target', ''], ...rows]
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of table) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}

/** Everything there is to measure, by name. */
const MEASUREMENTS: Readonly<Record<string, () => Line | undefined>> = {
  timers: () => besideBare('1,000 timers', 1_000, 0.5, () => timers(EVENTS, 1_000)),
  messages: () =>
    besideBare('8 processes with messages', 8, 0.45, () => messages(EVENTS, 8, LATENCIES.fixed)),
  drawn: () =>
    besideBare('  the same, latencies drawn', 8, undefined, () =>
      messages(EVENTS, 8, LATENCIES.drawn),
    ),
  redlock: () => besideBare('whole Redlock runs, all judges', 1_000, 0.33, () => redlockRuns(RUNS)),
  simulated: simulatedTime,
  scaling,
  start,
  memory,
}

/**
 * Measures one thing in a process of its own, together with its yardstick. In one process for all, each
 * would pay for the shapes that the compiler has seen in the others, which no campaign does.
 */
const measureApart = (name: string): Line | undefined => {
  const file = fileURLToPath(import.meta.url)
  const said = execFileSync(process.execPath, [...process.execArgv, file, '--only', name], {
    encoding: 'utf8',
  })
  return said === '' ? undefined : (JSON.parse(said) as Line)
}

const { values } = parseArgs({
  options: {
    memory: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})

if (values.only !== undefined) {
  const line = MEASUREMENTS[values.only]?.()
  if (line !== undefined) process.stdout.write(JSON.stringify(line))
} else {
  const names = Object.keys(MEASUREMENTS).filter((name) => (name === 'memory') === values.memory)
  const lines = names.map(measureApart).filter((line) => line !== undefined)
  print(lines)
  if (values.check && !lines.every(meets)) process.exitCode = 1
}
