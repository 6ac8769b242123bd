/** What came of shrinking a plan, for people and as JSON: how much is left, what of it is necessary, and why it breaks. */

import { countOf, numeral } from '#checkers'
import type { NecessaryFault } from '../keep/counterexample.ts'
import type { PlanInput } from '../plan.ts'
import type { RunResult } from '../run.ts'
import type { Shrunk } from '../shrink/shrink.ts'
import { SIZES, sizeOf } from '../shrink/sizes.ts'
import type { Size } from '../shrink/sizes.ts'
import { sparsePlan } from '../shrink/sparse.ts'
import { runJson } from './run-json.ts'
import type { RunJson } from './run-json.ts'
import { printable, wrap } from './style.ts'
import type { Style } from './style.ts'

/** What is told. */
export interface ShrinkReportInput {
  /** What was to go on going wrong: a promise, or the path of a predicate. */
  readonly promise: string | undefined
  readonly predicate: string | undefined
  readonly before: RunResult
  readonly after: RunResult
  readonly shrunk: Shrunk
  readonly necessary: readonly NecessaryFault[]
  readonly cause: string | undefined
}

/** The JSON value of `shrink`. */
export interface ShrinkJson {
  readonly algorithm: string
  readonly promise: string | null
  readonly predicate: string | null
  readonly minimal: boolean
  readonly tries: number
  readonly weaker: number
  readonly before: Size
  readonly after: Size
  readonly necessary: readonly NecessaryFault[]
  readonly cause: string | null
  readonly plan: PlanInput
  readonly hash: string
  readonly run: RunJson
}

/** The JSON value of what came of shrinking. */
export const shrinkJson = (input: ShrinkReportInput): ShrinkJson => {
  const { promise, predicate, before, after, shrunk, necessary, cause } = input
  const { minimal, tries, weaker } = shrunk
  return {
    algorithm: after.plan.algorithm,
    promise: promise ?? null,
    predicate: predicate ?? null,
    minimal,
    tries,
    weaker,
    before: sizeOf(before),
    after: sizeOf(after),
    necessary,
    cause: cause ?? null,
    plan: sparsePlan(after.plan),
    hash: after.hash,
    run: runJson(after),
  }
}

const NAME_COLUMNS = 8
const SIZE_COLUMNS = 11

const sizeLine = (name: string, texts: readonly string[]): string =>
  `  ${name.padEnd(NAME_COLUMNS)}${texts.map((text) => text.padStart(SIZE_COLUMNS)).join('')}\n`

const sizeTable = ({ before, after }: ShrinkReportInput, { paint }: Style): string => {
  const row = (name: string, size: Size): string =>
    sizeLine(
      name,
      SIZES.map((what) => numeral(size[what])),
    )
  return (
    paint.dim(sizeLine('', SIZES)) + row('before', sizeOf(before)) + row('after', sizeOf(after))
  )
}

const certificate = ({ shrunk, promise }: ShrinkReportInput): string => {
  const { tries, minimal, weaker } = shrunk
  const tried = `${countOf(tries, 'plan was', 'plans were')} tried`
  if (!minimal) return `not 1-minimal: ${tried}, which is as many as were allowed (--tries)`
  const does = promise === undefined ? 'does it' : `breaks ${promise}`
  return `1-minimal: of the ${countOf(weaker, 'plan')} that ${weaker === 1 ? 'is' : 'are'} one step weaker none ${does} (${tried})`
}

const lines = (text: string, indent: number, { columns }: Style): string =>
  wrap(printable(text), columns - indent)
    .map((line) => `${' '.repeat(indent)}${line}\n`)
    .join('')

/** What comes before the story of the smallest run. */
export const shrinkReport = (input: ShrinkReportInput, style: Style): string => {
  const { promise, predicate, after, necessary, cause } = input
  const { paint } = style
  const faultLines = necessary.map(
    ({ fault, without }) =>
      lines(fault, 2, style) + paint.dim(lines(`without: ${without}`, 4, style)),
  )
  return [
    paint.strong(printable(`${after.plan.algorithm}: ${promise ?? predicate ?? ''}`)) + '\n',
    sizeTable(input, style),
    lines(certificate(input), 0, style),
    ...(faultLines.length === 0 ? [] : [`its faults:\n${faultLines.join('')}`]),
    ...(cause === undefined ? [] : [lines(`cause: ${cause}`, 0, style)]),
  ].join('')
}
