/** Mutants: breaks locks and services one line at a time, and tabulates which promise finds each out; with `--fuzz`, without being told how. */

import { wrap } from '#runs'
import { fuzz } from './fuzzed.ts'
import { kill } from './kill.ts'
import type { Killing } from './kill.ts'
import { families } from './list.ts'
import type { AnyMutant } from './mutant.ts'

const MARKS = { killed: '✓', equivalent: '≡', survived: '✗', unfit: '!' } as const
const FAULT_COLUMNS = 37
/** Of all mutants, how many `--fuzz` has to find. */
const FUZZED_SHARE = 0.9
const PROMISE_COLUMNS = 19
const RUN_COLUMNS = 21

/** Cells side by side, each broken into lines of its own width. */
const row = (...cells: readonly (readonly [text: string, columns: number])[]): string => {
  const wrapped = cells.map(([text, columns]) => wrap(text, columns - 1))
  const lines = Array.from({ length: Math.max(...wrapped.map(({ length }) => length)) }, (_, at) =>
    cells.map(([, columns], cell) => (wrapped[cell]?.[at] ?? '').padEnd(columns)).join(''),
  )
  return lines.map((line) => line.trimEnd()).join('\n')
}

const line = ({ fault }: AnyMutant, killing: Killing): string => {
  const mark = [MARKS[killing.outcome], 2] as const
  return killing.outcome === 'killed'
    ? row(mark, [fault, FAULT_COLUMNS], [killing.by, PROMISE_COLUMNS], [killing.run, RUN_COLUMNS])
    : row(
        mark,
        [fault, FAULT_COLUMNS],
        [`${killing.outcome}: ${killing.why}`, PROMISE_COLUMNS + RUN_COLUMNS],
      )
}

const countUp = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** Counts in words, the most frequent first. */
const countsText = (counts: ReadonlyMap<string, number>): string =>
  wrap(
    [...counts]
      .sort(([, one], [, other]) => other - one)
      // A name stays beside its number.
      .map(([name, count]) => `${name}\u00a0${count}`)
      .join(', '),
    78,
  )
    .map((each) => `  ${each.replaceAll('\u00a0', ' ')}`)
    .join('\n')

const main = async (words: readonly string[]): Promise<number> => {
  const isFuzz = words.includes('--fuzz')
  const wanted = words.filter((word) => word !== '--fuzz')
  const began = performance.now()
  const outcomes = new Map<string, number>()
  const promises = new Map<string, number>()
  const files = new Map<string, number>()
  for (const { title, mutants } of families) {
    const chosen = mutants.filter(
      ({ file, fault }) =>
        wanted.length === 0 || wanted.some((word) => `${title} ${file} ${fault}`.includes(word)),
    )
    if (chosen.length === 0) continue
    console.log(`\n${title}\n`)
    let file = ''
    for (const mutant of chosen.toSorted((one, other) => (one.file < other.file ? -1 : 1))) {
      if (mutant.file !== file) console.log(`  in ${mutant.file}`)
      ;({ file } = mutant)
      const killing = await (isFuzz ? fuzz(mutant) : kill(mutant))
      console.log(line(mutant, killing))
      countUp(outcomes, killing.outcome)
      if (killing.outcome !== 'killed') continue
      countUp(promises, killing.by)
      countUp(files, mutant.file)
    }
  }
  const seconds = (performance.now() - began) / 1_000
  console.log(`\nKilled, by promise:\n${countsText(promises)}`)
  console.log(`\nKilled, by file:\n${countsText(files)}`)
  console.log(`\nMutants, in ${seconds.toFixed(0)} s:\n${countsText(outcomes)}`)
  const found = outcomes.get('killed') ?? 0
  const survived = outcomes.get('survived') ?? 0
  // Who is not told where to look cannot find them all: some need settings, or an hour, that no drawn plan has.
  const isEnough = isFuzz ? found / (found + survived) >= FUZZED_SHARE : survived === 0
  return isEnough && !outcomes.has('unfit') && outcomes.size > 0 ? 0 : 1
}

// A reader that has seen enough closes the pipe.
process.stdout.on('error', () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
