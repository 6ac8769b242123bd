/** `npm run bench`: speed against a bare event loop in the same process, with the targets; `--memory`, `--check`. */

import { parseArgs } from 'node:util'
import { bareLoop } from './bare.ts'
import { messages, timers } from './kernel.ts'
import { measure } from './measure.ts'
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
  readonly target: number
  readonly want: 'at least' | 'at most'
}

const EVENTS = 500_000
const RUNS = 1_000
const CROWD_EVENTS = 200_000

const bare = (pending: number) => ({
  name: `bare loop, ${pending} pending`,
  work() {
    bareLoop(EVENTS, pending)
    return EVENTS
  },
})

const grouped = (value: number): string => Math.round(value).toLocaleString('en-GB')
const perSecond = (rate: number, what = 'events'): string => `${grouped(rate)} ${what}/s`

/** The rate of some work as a fraction of the bare loop's, both measured in turn. */
const besideBare = (name: string, pending: number, target: number, work: () => number): Line => {
  const [yardstick, rate] = measure([bare(pending), { name, work }]).map(
    (each) => each.perSecond,
  ) as [number, number]
  return {
    name,
    measured: perSecond(rate),
    against: `${perSecond(yardstick)} (${bare(pending).name})`,
    value: rate / yardstick,
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

const start = (): readonly Line[] => {
  const times = startTimes()
  if (times === undefined) return []
  return [
    {
      name: 'locksim --help',
      measured: `${grouped(times.help)} ms`,
      against: `${grouped(times.bare)} ms (node -e 0)`,
      value: times.help / times.bare,
      unit: '×',
      target: 2.5,
      want: 'at most',
    },
  ]
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
  want === 'at least' ? value >= target : value <= target

const shown = (value: number): string => (value >= 100 ? grouped(value) : value.toFixed(2))

const print = (lines: readonly Line[]): void => {
  const rows = lines.map((line) => [
    line.name,
    line.measured,
    line.against,
    `${shown(line.value)} ${line.unit}`,
    `${line.want} ${shown(line.target)}`,
    meets(line) ? 'met' : 'missed',
  ])
  const table = [['what', 'measured', 'against', 'ratio', 'target', ''], ...rows]
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  for (const row of table) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}

const { values } = parseArgs({
  options: {
    memory: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})

// The kernel is measured before whole runs have shown the compiler every kind of event and message there is.
const lines = values.memory
  ? [memory()]
  : [
      besideBare('1,000 timers', 1_000, 0.5, () => timers(EVENTS, 1_000)),
      besideBare('8 processes with messages', 8, 0.45, () => messages(EVENTS, 8)),
      besideBare('whole Redlock runs, all judges', 1_000, 0.33, () => redlockRuns(RUNS)),
      simulatedTime(),
      scaling(),
      ...start(),
    ]
print(lines)
if (values.check && !lines.every(meets)) process.exitCode = 1
