/** What a check came to, for people: a line for each lock, what differs with its story, and how to go on. */

import { countOf } from '#checkers'
import type { TraceEvent } from '#sim'
import { FRESH_RUNS } from '../keep/check.ts'
import type { CheckResult } from '../keep/check.ts'
import type { LockCheck } from '../keep/check-lock.ts'
import type { Counterexample } from '../keep/counterexample.ts'
import type { CheckDifference } from '../keep/differences.ts'
import { parsePlan } from '../plan.ts'
import { run } from '../run.ts'
import { algorithmNamed, settle } from '../settle.ts'
import { commandLine } from './repeat.ts'
import { story } from './story.ts'
import { printable, wrap } from './style.ts'
import type { Style } from './style.ts'

const indented = (text: string, spaces: number, { columns }: Style): readonly string[] =>
  wrap(printable(text), columns - spaces).map((line) => `${' '.repeat(spaces)}${line}`)

const withBreak = (line: string): string => `${line}\n`

/** How a lock did, in a line; `all` is what all locks are called. */
export const checkLine = (
  { algorithm, budget: { runs }, files, differences, recorded, update }: LockCheck,
  all: readonly string[],
  { paint, glyphs }: Style,
): string => {
  const name = printable(algorithm).padEnd(Math.max(...all.map(({ length }) => length)))
  const tested = `${countOf(files.length, 'counterexample')}, ${countOf(runs, 'fresh run')}`
  if (differences.length > 0) {
    const text = `${glyphs.bad} ${name}  ${countOf(differences.length, 'difference')}`
    return withBreak(`${paint.bad(text)} ${paint.dim(`in ${tested}`)}`)
  }
  const how = update === undefined ? (recorded === undefined ? 'held' : 'as recorded') : 'recorded'
  return withBreak(`${paint.good(`${glyphs.good} ${name}`)}  ${paint.dim(`${how}: ${tested}`)}`)
}

/** The story of a counterexample, told by running it again. */
const storyOf = (
  { plan: input, algorithm: reference, promise }: Counterexample,
  style: Style,
): string => {
  const plan = parsePlan(input)
  const algorithm = algorithmNamed(reference)
  const events: TraceEvent[] = []
  const { verdicts } = run(plan, { algorithm, record: (event) => events.push(event) })
  const marked = verdicts.filter((verdict) => verdict.promise === promise)
  return story({ plan, clients: settle(plan, algorithm).clients, events, marked }, style)
}

const differenceOf = (
  folder: string,
  { algorithm, budget }: LockCheck,
  { message, file, counterexample }: CheckDifference,
  style: Style,
): string => {
  const { paint, glyphs } = style
  const [first = '', ...more] = indented(message, 2, style)
  const lines = [paint.bad(`${glyphs.bad} ${first.trimStart()}`), ...more.map(paint.bad)]
  if (counterexample !== undefined) {
    lines.push(
      ...indented(counterexample.sentence, 2, style),
      '',
      ...storyOf(counterexample, style).trimEnd().split('\n'),
    )
  }
  const asked = ['--seed', String(budget.seed), '--runs', String(budget.runs)]
  const again =
    file === undefined ? ['check', folder, '--only', algorithm, ...asked] : ['replay', file]
  lines.push(`${paint.dim('again:')} ${printable(commandLine(again))}`)
  return `${lines.join('\n')}\n`
}

const hintOf = ({ folder, locks }: CheckResult, { columns }: Style): string => {
  const kinds = new Set(locks.flatMap(({ differences }) => differences.map(({ kind }) => kind)))
  if (kinds.size === 1 && kinds.has('fails')) return 'Mend the code of the lock.\n'
  const advice = kinds.has('broken')
    ? 'Mend the lock. Or, if that is how it is meant to be, write it down, and commit what that changes:'
    : 'If that is meant, write it down, and commit what that changes:'
  // What was asked once is not known to the next check unless it is written down.
  const asked = locks.find(
    ({ recorded, budget }) => recorded === undefined && budget.runs !== FRESH_RUNS,
  )
  const runs = asked === undefined ? [] : ['--runs', String(asked.budget.runs)]
  const update = commandLine(['check', folder, ...runs, '--update'])
  return [...wrap(advice, columns), `  ${printable(update)}`].map(withBreak).join('')
}

/** Everything but the lines of the locks. */
export const checkDifferences = (result: CheckResult, style: Style): string => {
  const { folder, locks } = result
  const told = locks.flatMap((lock) =>
    lock.differences.length === 0
      ? []
      : [
          withBreak(style.paint.strong(printable(lock.algorithm))),
          ...lock.differences.map((difference) => differenceOf(folder, lock, difference, style)),
        ],
  )
  if (told.length === 0) return ''
  return ['', ...told, hintOf(result, style)].join('\n')
}

/** What `--update` changed. */
export const checkChanges = ({ changes }: CheckResult, style: Style): string => {
  if (changes.length === 0) return `\nnothing has changed, nothing was written\n`
  const lines = changes.flatMap(({ what, path, why }) => [
    `${style.paint.strong(what)} ${printable(path)}`,
    ...indented(why, 2, style).map(style.paint.dim),
  ])
  return `\n${lines.join('\n')}\n`
}
