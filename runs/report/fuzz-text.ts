/** A campaign on a page: what was broken, the story of the most telling break, and how sure the rest is. */

import type { AnyAlgorithm } from '#algorithms'
import { countOf, numeral } from '#checkers'
import type { TraceEvent } from '#sim'
import { fuzzExitCode, mostTelling, untestedIn } from '../fuzz/outcome.ts'
import type { PlanOptions } from '../fuzz/plans.ts'
import type { Found, FuzzMishap, FuzzRequest, FuzzResult } from '../fuzz/request.ts'
import { planOfRun } from '../fuzz/stretch.ts'
import { EXIT } from '../outcome.ts'
import type { ExitCode } from '../outcome.ts'
import { parsePlan } from '../plan.ts'
import { run } from '../run.ts'
import { settle } from '../settle.ts'
import { sparsePlan } from '../shrink/sparse.ts'
import { commandLine } from './repeat.ts'
import { story } from './story.ts'
import { printable, wrap } from './style.ts'
import type { Style } from './style.ts'

/** The question without the number of its runs, as options of the command. */
export interface AskedOfFuzz {
  /** As the lock was named. */
  readonly reference: string
  /** Options that change the runs, e.g. `['--faults', 'pause']`. */
  readonly options: readonly string[]
  /** The same as they were asked of the campaign. */
  readonly plans: PlanOptions
}

const indented = (text: string, { columns }: Style, indent = 2): string[] =>
  wrap(printable(text), columns - indent).map((line) => ' '.repeat(indent) + line)

const share = (part: number, whole: number): string =>
  whole === 0 ? '0 %' : `${Math.round((part / whole) * 100)} %`

const PROMISE_COLUMNS = 20

/** The line that tells the story of a counterexample. */
export const foundLine = ({ counterexample, file }: Found, reference: string): string =>
  file === undefined
    ? commandLine(['run', reference, '--plan', JSON.stringify(counterexample.plan)])
    : commandLine(['replay', file])

/** One broken promise: how often, since when, why, and what is needed for it. */
const foundText = (one: Found, reference: string, runs: number, style: Style): string[] => {
  const { paint, glyphs } = style
  const { promise, decides, counterexample } = one
  const sign = decides ? paint.bad(glyphs.bad) : paint.warn(glyphs.flaw)
  const often = `in ${numeral(one.runs)} of ${countOf(runs, 'run')}, first in run ${numeral(one.firstAtRun)}`
  const needs = counterexample.necessary.map(({ fault }) => fault)
  const { faults = [], clients = 2, rounds = 1 } = counterexample.plan
  const size = [
    countOf(faults.length, 'fault'),
    countOf(clients, 'client'),
    countOf(rounds, 'round'),
  ].join(', ')
  const minimal = counterexample.minimal ? ', and no part of it can go' : ''
  return [
    `${sign} ${promise.padEnd(PROMISE_COLUMNS)}${paint.dim(often)}`,
    ...indented(counterexample.sentence, style, 4),
    ...(needs.length === 0 ? [] : indented(`needs: ${needs.join('; ')}`, style, 4).map(paint.dim)),
    ...indented(`smallest: ${size}${minimal}`, style, 4).map(paint.dim),
    `    ${foundLine(one, reference)}`,
  ]
}

/** Tells the smallest run that broke a promise. */
const storyOf = (algorithm: AnyAlgorithm, one: Found, style: Style): string => {
  const plan = parsePlan(one.counterexample.plan)
  const events: TraceEvent[] = []
  const { verdicts } = run(plan, { algorithm, record: (event) => void events.push(event) })
  const marked = verdicts.filter(({ promise }) => promise === one.promise)
  const { clients } = settle(plan, algorithm)
  return story({ plan, clients, events, marked }, style)
}

const strikesText = ({ coverage }: FuzzResult): string => {
  const struck = Object.entries(coverage.landed).filter(([, { landed }]) => landed > 0)
  return struck.length === 0
    ? 'no fault struck'
    : `struck: ${struck
        .map(([kind, { planned, landed }]) =>
          `${kind} ${numeral(landed)} of ${numeral(planned)}`.replaceAll(' ', '\u00a0'),
        )
        .join(', ')}`
}

const heldText = ({ coverage, found }: FuzzResult): readonly string[] => {
  const broken = new Set(found.map(({ promise }) => promise as string))
  const held = Object.entries(coverage.verdicts).filter(
    ([promise, counts]) =>
      promise !== 'contention' && !broken.has(promise) && (counts?.held ?? 0) > 0,
  )
  if (held.length === 0) return []
  const each = held.map(([promise, counts]) =>
    `${promise} in ${numeral(counts?.held ?? 0)}`.replaceAll(' ', '\u00a0'),
  )
  return [`held, in all runs that put it to the test, which is no proof: ${each.join(', ')}`]
}

const STOPPED = {
  runs: 'all that were asked for',
  time: 'until the time was up',
  found: 'until the first broken promise that counts',
  interrupted: 'until it was interrupted',
  mishaps: 'given up after three runs that its own code did not survive',
} as const

/** How sure it is. */
const surety = (result: FuzzResult): readonly string[] => {
  const { runs, coverage, stopped, cutOff } = result
  const { neverLanded, contended } = coverage
  const untested = untestedIn(result).filter((promise) => promise !== 'contention')
  return [
    `${countOf(runs, 'run')}, ${STOPPED[stopped]}; clients competed in ${share(contended, runs)} of them`,
    ...(cutOff === 0 ? [] : [`cut short, as their events were used up: ${countOf(cutOff, 'run')}`]),
    strikesText(result),
    ...(neverLanded.length === 0 ? [] : [`never struck: ${neverLanded.join(', ')}`]),
    ...heldText(result),
    ...(untested.length === 0 ? [] : [`never put to the test: ${untested.join(', ')}`]),
  ]
}

/** The line that runs the plan of a mishap again. */
const mishapLine = (
  { algorithm, seed }: FuzzResult,
  { run: number }: FuzzMishap,
  asked: AskedOfFuzz,
) =>
  commandLine([
    'run',
    asked.reference,
    '--plan',
    JSON.stringify(sparsePlan(planOfRun(algorithm, asked.plans, seed, number - 1))),
  ])

const mishapText = (result: FuzzResult, asked: AskedOfFuzz, style: Style): string[] => {
  const { algorithm, mishaps, mishapCount, neverReleased, nondeterminism, runs } = result
  const [failed] = mishaps
  const stuck = neverReleased.first
  const place = ({ run: number, seed }: FuzzMishap): string =>
    `first in run ${numeral(number)} (seed ${seed})`
  const told = [
    ...nondeterminism.map((text) => ({ text, line: undefined })),
    ...(failed === undefined
      ? []
      : [
          {
            text: `the code of ${algorithm.name} failed in ${numeral(mishapCount)} of ${countOf(runs, 'run')}, ${place(failed)}: ${failed.message}`,
            line: mishapLine(result, failed, asked),
          },
        ]),
    ...(stuck === undefined
      ? []
      : [
          {
            text: `a release never came back in ${numeral(neverReleased.runs)} of ${countOf(runs, 'run')}, ${place(stuck)}: ${stuck.message}`,
            line: mishapLine(result, stuck, asked),
          },
        ]),
  ]
  return told.flatMap(({ text, line }) => [
    '',
    ...text
      .split('\n')
      .flatMap((part) => wrap(printable(part), style.columns).map(style.paint.bad)),
    ...(line === undefined ? [] : [`    ${line}`]),
  ])
}

/** The line that runs the same campaign again: by its number of runs, also where time ended it. */
const againLine = ({ runs, seed }: FuzzResult, { reference, options }: AskedOfFuzz): string =>
  commandLine(['fuzz', reference, '--runs', String(runs), '--seed', String(seed), ...options])

/** The campaign of one lock. */
export const fuzzReport = (result: FuzzResult, asked: AskedOfFuzz, style: Style): string => {
  const { algorithm, found, runs, seed } = result
  const { paint, glyphs } = style
  const ordered = [...found.filter((one) => one.decides), ...found.filter((one) => !one.decides)]
  const told = mostTelling(found)
  const nothing =
    fuzzExitCode(result) === EXIT.held
      ? paint.good(`${glyphs.good} nothing was broken`)
      : paint.warn(
          `${glyphs.unsure} ${result.mishapCount === 0 ? 'nothing was broken, but these runs prove little' : 'its own code failed, so that nothing can be said of its promises'}`,
        )
  const lines = [
    paint.strong(`${algorithm.name}, ${countOf(runs, 'run')} from seed ${seed}`),
    ...(result.nondeterminism.length === 0
      ? []
      : wrap(
          `! the same plan is not the same run each time, so that nothing of this can be relied on; why is told below`,
          style.columns,
        ).map(paint.bad)),
    '',
    ...(ordered.length === 0
      ? [nothing]
      : ordered.flatMap((one) => foundText(one, asked.reference, runs, style))),
    ...(ordered.some((one) => !one.decides)
      ? ['', paint.dim(`${glyphs.flaw} broken, but never promised`)]
      : []),
    ...mishapText(result, asked, style),
    '',
    ...(told === undefined
      ? []
      : [
          paint.strong(`the smallest story: ${told.promise}`),
          '',
          ...storyOf(algorithm, told, style).trimEnd().split('\n'),
          '',
        ]),
    paint.strong('how sure'),
    ...surety(result)
      .flatMap((text) => indented(text, style))
      .map((line) => paint.dim(line.replaceAll('\u00a0', ' '))),
    '',
    `${paint.dim('again:')} ${againLine(result, asked)}`,
  ]
  return lines.map((line) => `${line}\n`).join('')
}

const NAME_COLUMNS = 30

/** One lock in the table of a campaign over several. */
export const fuzzLine = (result: FuzzResult, { paint, glyphs, columns }: Style): string => {
  const { algorithm, found, runs, mishapCount, mishaps, nondeterminism } = result
  const [failed] = mishaps
  const deciding = found.filter((one) => one.decides).map(({ promise }) => promise)
  const others = found.filter((one) => !one.decides).length
  const exitCode = fuzzExitCode(result)
  const sign = {
    [EXIT.held]: paint.good(glyphs.good),
    [EXIT.broken]: paint.bad(glyphs.bad),
    [EXIT.input]: paint.bad('!'),
    [EXIT.bug]: paint.bad('!'),
    [EXIT.inconclusive]: paint.warn(glyphs.unsure),
  }[exitCode]
  const said = [
    countOf(runs, 'run'),
    ...(deciding.length === 0
      ? ['nothing that counts was broken']
      : [`broke ${deciding.join(', ')}`]),
    ...(others === 0 ? [] : [`${others} more`]),
    ...(failed === undefined
      ? []
      : [`its own code failed in ${countOf(mishapCount, 'run')}, first with seed ${failed.seed}`]),
    ...(nondeterminism.length === 0 ? [] : ['the same plan was not the same run each time']),
  ].join('; ')
  const [first = '', ...more] = wrap(said, columns - NAME_COLUMNS - 2)
  return [
    `${sign} ${algorithm.name.padEnd(NAME_COLUMNS)}${first}`,
    ...more.map((line) => ' '.repeat(NAME_COLUMNS + 2) + line),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** What several locks broke that counts, each with the line that tells its story. */
export const fuzzFound = (
  results: readonly FuzzResult[],
  referenceOf: (algorithm: AnyAlgorithm) => string,
  style: Style,
): string => {
  const { paint, glyphs } = style
  const lines = results.flatMap(({ algorithm, found }) => {
    const told = mostTelling(found)
    if (told?.decides !== true) return []
    return [
      `${paint.bad(glyphs.bad)} ${paint.strong(algorithm.name)} ${told.promise}`,
      ...indented(told.counterexample.sentence, style, 4),
      `    ${foundLine(told, referenceOf(algorithm))}`,
    ]
  })
  return lines.length === 0
    ? ''
    : ['', paint.dim('the smallest story of each:'), ...lines].map((line) => `${line}\n`).join('')
}

/** The exit code of campaigns; of every lock, those that are wrong on purpose say nothing about the others. */
export const fuzzCodesOf = (
  results: readonly FuzzResult[],
  everyLock: boolean,
): readonly ExitCode[] =>
  results
    .filter(({ algorithm }) => !everyLock || algorithm.canary !== true)
    .map((result) => fuzzExitCode(result))

/** Options of the command for a request, without its number of runs, its seed and its threads. */
export const fuzzOptions = ({
  faults,
  fencing,
  promise,
  folder,
  parameters = {},
}: FuzzRequest): readonly string[] => [
  ...(faults === undefined ? [] : ['--faults', faults.join(',')]),
  ...(fencing === undefined ? [] : ['--fencing', fencing]),
  ...(promise === undefined ? [] : ['--promise', promise]),
  ...Object.entries(parameters).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
  ...(folder === undefined ? [] : ['--out', folder]),
]
