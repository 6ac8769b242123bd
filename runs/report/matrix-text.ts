/** The matrix on a terminal: every lock against every class of faults, or one lock promise by promise. */

import type { AnyAlgorithm } from '#algorithms'
import { countOf, numeral } from '#checkers'
import { cellsOf } from '../matrix/cells.ts'
import type { Cell } from '../matrix/cells.ts'
import type { MatrixRow } from '../matrix/matrix.ts'
import { referenceOf } from '../modules/registry.ts'
import { faultCode, legendOf } from './codes.ts'
import { commandLine } from './repeat.ts'
import { wrap } from './style.ts'
import type { Style } from './style.ts'

const CELL_COLUMNS = 3

/** The worst that the cells of one lock under one class say. */
const symbolOf = (cells: readonly Cell[], { paint, glyphs }: Style): string => {
  const broken = cells.filter(({ verdict }) => verdict === 'violated')
  if (broken.some((cell) => cell.decides)) return paint.bad(glyphs.bad)
  if (broken.length > 0) return paint.warn(glyphs.flaw)
  const deciding = cells.filter((cell) => cell.decides)
  if (deciding.some(({ verdict }) => verdict === 'held')) return paint.good(glyphs.good)
  if (cells.every(({ verdict }) => verdict === 'not offered')) return paint.dim(glyphs.none)
  return cells.some(({ runs }) => runs > 0) ? paint.warn(glyphs.unsure) : paint.dim(glyphs.none)
}

const padded = (symbol: string): string => symbol + ' '.repeat(CELL_COLUMNS - 1)

const faultsOf = (cells: readonly Cell[]): readonly string[] => [
  ...new Set(cells.map(({ fault }) => fault)),
]

/** The most runs of any class; when Ctrl-C came some have fewer. */
export const runsOf = (rows: readonly MatrixRow[]): string => {
  const runs = rows
    .flatMap(({ campaigns }) => campaigns)
    .flatMap(({ result }) => (result === undefined ? [] : [result.runs]))
  const most = Math.max(0, ...runs)
  return `${runs.some((count) => count < most) ? 'up to ' : ''}${countOf(most, 'run')}`
}

const headOf = (faults: readonly string[], indent: number): string =>
  `${' '.repeat(indent)}${faults.map((fault) => faultCode(fault).padEnd(CELL_COLUMNS)).join('')}`

/** The line that runs a lock once under a class of faults. */
const underLine = (
  algorithm: AnyAlgorithm,
  fault: string,
  seed: number,
  asked: readonly string[],
): string =>
  commandLine(['run', referenceOf(algorithm), '--under', fault, '--seed', String(seed), ...asked])

/** The line that tells the story of an example of this lock. */
export const exampleLine = (
  algorithm: AnyAlgorithm,
  { fault, example }: Cell,
  asked: readonly string[] = [],
): string | undefined =>
  example === undefined ? undefined : underLine(algorithm, fault, example.seed, asked)

/** How the table of locks is laid out: on a narrow page a name has a line of its own. */
const layoutOf = (faults: readonly string[], names: readonly string[], { columns }: Style) => {
  const longest = Math.max(...names.map((name) => name.length)) + 2
  const apart = longest + faults.length * CELL_COLUMNS > columns
  return { apart, indent: apart ? 2 : longest }
}

/** Head of the table of locks: the codes of the classes. `names` are those of all its locks. */
export const matrixHead = (
  faults: readonly string[],
  names: readonly string[],
  style: Style,
): string => {
  const { indent } = layoutOf(faults, names, style)
  return `${style.paint.dim(headOf(faults, indent).trimEnd())}\n`
}

/** One lock in the table of locks. */
export const matrixLine = (row: MatrixRow, names: readonly string[], style: Style): string => {
  const cells = cellsOf(row)
  const faults = faultsOf(cells)
  const { apart, indent } = layoutOf(faults, names, style)
  const symbols = faults.map((fault) =>
    padded(
      symbolOf(
        cells.filter((cell) => cell.fault === fault),
        style,
      ),
    ),
  )
  const { name } = row.algorithm
  const head = apart ? `${name}\n${' '.repeat(indent)}` : name.padEnd(indent)
  return `${head}${symbols.join('').trimEnd()}\n`
}

/** What the signs mean, and how much was run. */
export const matrixLegend = (rows: readonly MatrixRow[], style: Style): string => {
  const { glyphs, columns, paint } = style
  const cells = rows.flatMap(cellsOf)
  const [first] = cells
  const symbols = `${glyphs.good} held, ${glyphs.bad} a promise that decides was broken, ${glyphs.flaw} another one was, ${glyphs.unsure} never put to the test, ${glyphs.none} cannot happen`
  const codes = legendOf(faultsOf(cells).map((fault) => [faultCode(fault), fault]))
  return [
    symbols,
    codes,
    ...(first === undefined ? [] : [`${runsOf(rows)} for each lock and class`]),
  ]
    .flatMap((text) => wrap(text, columns))
    .map((line) => `${paint.dim(line.replaceAll('\u00a0', ' '))}\n`)
    .join('')
}

/** What the table of locks leaves out, and where it is. */
export const matrixHint = ({ columns, paint }: Style): string =>
  wrap(
    'which promise it was, and its smallest story: one lock alone, or --format markdown',
    columns,
  )
    .map((line) => `${paint.dim(line)}\n`)
    .join('')

/** Where the lock's own code failed, each with the line that shows it. */
const failuresOf = (
  { algorithm, campaigns }: MatrixRow,
  { columns, paint }: Style,
  asked: readonly string[],
): readonly string[] =>
  campaigns.flatMap(({ fault, result }) => {
    if (result?.firstError === undefined) return []
    const { seed, message } = result.firstError
    const text = `${fault.name}: the lock’s own code failed in ${countOf(result.errors, 'run')}, first with seed ${seed}: ${message}`
    return [
      ...wrap(text, columns).map(paint.bad),
      `  ${underLine(algorithm, fault.name, seed, asked)}`,
    ]
  })

/** The same below the table of locks; nothing where no code failed. */
export const matrixFailures = (
  rows: readonly MatrixRow[],
  style: Style,
  asked: readonly string[],
): string => {
  const told = rows.flatMap((row) => failuresOf(row, style, asked))
  return told.length === 0 ? '' : `\n${told.join('\n')}\n`
}

const PROMISE_COLUMNS = 21

/** One lock in full: each promise against each class, and the smallest run that breaks it. */
export const matrixOfLock = (
  row: MatrixRow,
  style: Style,
  asked: readonly string[] = [],
): string => {
  const { paint, glyphs, columns } = style
  const cells = cellsOf(row)
  const faults = faultsOf(cells)
  const promises = [...new Set(cells.map(({ promise }) => promise))]
  const claimed = new Set<string>(row.algorithm.claims.map(({ promise }) => promise))
  const lines = promises.map((promise) => {
    const symbols = cells
      .filter((cell) => cell.promise === promise)
      .map((cell) => padded(cellSymbol(cell, style)))
    const name = `${promise}${claimed.has(promise) ? ' *' : ''}`.padEnd(PROMISE_COLUMNS)
    return `${name}${symbols.join('').trimEnd()}`
  })
  const examples = faults.flatMap((fault) => {
    const broken = cells.filter((cell) => cell.fault === fault && cell.verdict === 'violated')
    const told = broken.find((cell) => cell.decides) ?? broken[0]
    const line = told === undefined ? undefined : exampleLine(row.algorithm, told, asked)
    if (told === undefined || line === undefined) return []
    return [
      `${fault}: ${told.promise}, ${numeral(told.violated)} of ${countOf(told.runs, 'run')}`,
      `  ${line}`,
    ]
  })
  const unstruck = row.campaigns.flatMap(({ fault, skip }) =>
    skip === undefined
      ? []
      : wrap(`${fault.name}: ${skip}`, columns - 2).map((line) => `  ${line}`),
  )
  const landed = row.campaigns.map(
    ({ fault, result }) => `${fault.name}\u00a0${numeral(result?.landed ?? 0)}`,
  )
  const symbols = `${glyphs.good} held, ${glyphs.bad} broken, ${glyphs.flaw} broken, but never promised, ${glyphs.unsure} never put to the test, ${glyphs.none} not offered, or cannot happen; * claimed`
  const notes = [
    symbols,
    legendOf(faults.map((fault) => [faultCode(fault), fault])),
    `${runsOf([row])} for each class; more may break more. Faults that struck: ${landed.join(', ')}`,
  ]
    .flatMap((text) => wrap(text, columns))
    .map((line) => paint.dim(line.replaceAll('\u00a0', ' ')))
  return [
    paint.strong(row.algorithm.name),
    paint.dim(headOf(faults, PROMISE_COLUMNS).trimEnd()),
    ...lines,
    '',
    ...notes,
    ...(unstruck.length === 0 ? [] : ['', paint.dim('cannot happen:'), ...unstruck]),
    ...(examples.length === 0 ? [] : ['', paint.dim('the smallest story of each:'), ...examples]),
    ...failuresOf(row, style, asked),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

const cellSymbol = (cell: Cell, { paint, glyphs }: Style): string => {
  switch (cell.verdict) {
    case 'held':
      return paint.good(glyphs.good)
    case 'violated':
      return cell.decides ? paint.bad(glyphs.bad) : paint.warn(glyphs.flaw)
    case 'not offered':
      return paint.dim(glyphs.none)
    default:
      return cell.runs === 0 ? paint.dim(glyphs.none) : paint.warn(glyphs.unsure)
  }
}
