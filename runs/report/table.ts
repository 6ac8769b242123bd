/** Many runs in a table: one line an algorithm, one column a promise. */

import type { AnyAlgorithm } from '#algorithms'
import { commitCheckers, lockCheckers } from '#checkers'
import type { PromiseName, Verdict } from '#checkers'
import { decides, EXIT } from '../outcome.ts'
import type { ExitCode } from '../outcome.ts'
import type { Plan } from '../plan.ts'
import { legendOf, PROMISE_CODES } from './codes.ts'
import { checkersOf } from '../run.ts'
import { printable, wrap } from './style.ts'
import type { Style } from './style.ts'

/** One line of the table: a run, a lock that has no part in the scenario, or one that could not be run. */
export type TableRow =
  | {
      readonly algorithm: AnyAlgorithm
      readonly plan: Plan
      readonly verdicts: readonly Verdict[]
      readonly exitCode: ExitCode
      /** Why the run proves little, if it does. */
      readonly untested: readonly string[]
      readonly repeat: string
    }
  | { readonly algorithm: AnyAlgorithm; readonly skip: string }
  | { readonly algorithm: AnyAlgorithm; readonly error: string; readonly repeat: string }

const symbolOf = (
  verdict: Verdict | undefined,
  algorithm: AnyAlgorithm,
  { paint, glyphs }: Style,
): string => {
  switch (verdict?.verdict) {
    case 'held':
      return paint.good(glyphs.good)
    case 'violated':
      return decides(algorithm, verdict.promise) ? paint.bad(glyphs.bad) : paint.warn(glyphs.flaw)
    case 'vacuous':
    case 'inconclusive':
      return paint.warn(glyphs.unsure)
    default:
      return paint.dim(glyphs.none)
  }
}

const KINDS_MIN = 16
const CELL_COLUMNS = 3
const END_COLUMNS = 9

const END = {
  [EXIT.held]: 'held',
  [EXIT.broken]: 'broken',
  [EXIT.input]: 'error',
  [EXIT.bug]: 'error',
  [EXIT.inconclusive]: 'unclear',
} as const

const kindsText = (plan: Plan): string => {
  const kinds = [...new Set(plan.faults.map(({ kind }) => kind))]
  return kinds.length === 0 ? 'no faults' : kinds.join(', ')
}

const shorten = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, columns - 1)}…`

/** The lines of one kind of algorithm under its own head. */
const block = (
  rows: readonly TableRow[],
  promises: readonly PromiseName[],
  style: Style,
  nameColumns: number,
  apart: boolean,
): string[] => {
  const { paint, columns } = style
  const head = `${''.padEnd(nameColumns)}${promises.map((promise) => PROMISE_CODES[promise].padEnd(CELL_COLUMNS)).join('')}`
  const rest = columns - nameColumns - promises.length * CELL_COLUMNS - END_COLUMNS
  const lines = rows.map((row) => {
    const name = apart
      ? `${row.algorithm.name}\n${' '.repeat(nameColumns)}`
      : row.algorithm.name.padEnd(nameColumns)
    if ('skip' in row) {
      return paint.dim(`${name}${shorten(`skipped: ${row.skip}`, columns - nameColumns)}`)
    }
    if ('error' in row)
      return `${name}${paint.bad(shorten(printable(row.error.split('\n')[0] ?? ''), columns - nameColumns))}`
    const cells = promises.map((promise) => {
      const verdict = row.verdicts.find((candidate) => candidate.promise === promise)
      return symbolOf(verdict, row.algorithm, style) + ' '.repeat(CELL_COLUMNS - 1)
    })
    const end = END[row.exitCode].padEnd(END_COLUMNS)
    const tint =
      row.exitCode === EXIT.broken
        ? paint.bad
        : row.exitCode === EXIT.held
          ? paint.good
          : paint.warn
    const kinds = kindsText(row.plan)
    const shown =
      rest < KINDS_MIN ? '' : kinds.length <= rest ? kinds : `${kinds.slice(0, rest - 1)}…`
    return `${name}${cells.join('')}${tint(end)}${paint.dim(shown)}`.trimEnd()
  })
  return [paint.dim(head.trimEnd()), ...lines]
}

/** Draws the table, locks and commit protocols apart, its legend, and the lines that repeat what was broken. */
export const runTable = (rows: readonly TableRow[], style: Style): string => {
  const { paint, glyphs, columns } = style
  const kinds = [lockCheckers, commitCheckers]
    .map((judges) => ({
      promises: judges.map(({ promise }) => promise),
      rows: rows.filter(({ algorithm }) => checkersOf(algorithm) === judges),
    }))
    .filter((kind) => kind.rows.length > 0)
  const longest = Math.max(...rows.map(({ algorithm }) => algorithm.name.length)) + 2
  const most = Math.max(...kinds.map(({ promises }) => promises.length))
  // On a narrow page the name has a line of its own.
  const apart = longest + most * CELL_COLUMNS + END_COLUMNS > columns
  const lines = kinds.flatMap((kind, index) => [
    ...(index === 0 ? [] : ['']),
    ...block(kind.rows, kind.promises, style, apart ? 2 : longest, apart),
  ])
  const meaning = legendOf(
    kinds.flatMap(({ promises }) =>
      promises.map((promise) => [PROMISE_CODES[promise], promise] as const),
    ),
  )
  const symbols = `${glyphs.good} held, ${glyphs.bad} violated, ${glyphs.flaw} violated but never promised, ${glyphs.unsure} vacuous or inconclusive, ${glyphs.none} not offered`
  const legend = [symbols.replaceAll(/ (?=[a-z])/g, '\u00a0'), meaning]
    .flatMap((text) => wrap(text, columns))
    .map((line) => paint.dim(line.replaceAll('\u00a0', ' ')))
  const again = rows.flatMap((row) =>
    'skip' in row || (!('error' in row) && row.exitCode !== EXIT.broken) ? [] : [`  ${row.repeat}`],
  )
  const unclear = rows.flatMap((row) =>
    'exitCode' in row && row.exitCode === EXIT.inconclusive
      ? wrap(`${row.algorithm.name}: ${row.untested.join('; ')}`, columns - 2).map(
          (line) => `  ${line}`,
        )
      : [],
  )
  return [
    ...lines,
    '',
    ...legend,
    ...(unclear.length === 0 ? [] : ['', paint.dim('unclear, because:'), ...unclear]),
    ...(again.length === 0 ? [] : ['', paint.dim('the story of each that is broken:'), ...again]),
  ]
    .map((line) => `${line}\n`)
    .join('')
}
