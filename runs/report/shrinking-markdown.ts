/** What shrinking many plans came to, as a Markdown page: sizes before and after, certificates, and how long it took. */

import { countOf, numeral } from '#checkers'
import { SIZES } from '../shrink/sizes.ts'
import type { Size } from '../shrink/sizes.ts'

/** One plan that was shrunk. */
export interface ShrunkCase {
  readonly algorithm: string
  readonly promise: string
  readonly before: Size
  readonly after: Size
  readonly tries: number
  readonly tookMs: number
  /** Whether it is 1-minimal: found so by shrinking, and again by running every weaker plan before all judges. */
  readonly minimal: boolean
}

const medianOf = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

const percent = (part: number, whole: number): string =>
  `${numeral(whole === 0 ? 0 : Math.floor((part * 1_000) / whole) / 10)} %`

const wholeMs = (ms: number): string => numeral(Math.ceil(ms))

const rowOf = (name: string, cases: readonly ShrunkCase[]): string => {
  const sizes = SIZES.map(
    (what) =>
      `${numeral(medianOf(cases.map(({ before }) => before[what])))} → ${numeral(medianOf(cases.map(({ after }) => after[what])))}`,
  )
  const times = cases.map(({ tookMs }) => tookMs)
  const cells = [
    name,
    numeral(cases.length),
    numeral(new Set(cases.map(({ algorithm }) => algorithm)).size),
    ...sizes,
    numeral(medianOf(cases.map(({ tries }) => tries))),
    wholeMs(medianOf(times)),
    wholeMs(Math.max(...times)),
    percent(cases.filter(({ minimal }) => minimal).length, cases.length),
  ]
  return `| ${cells.join(' | ')} |`
}

/** How many plans were left with no fault, with one, and so on. */
const faultsLeft = (cases: readonly ShrunkCase[]): string => {
  const most = Math.max(...cases.map(({ after }) => after.faults))
  return Array.from({ length: most + 1 }, (_, faults) => {
    const count = cases.filter(({ after }) => after.faults === faults).length
    return `${numeral(count)} with ${countOf(faults, 'fault')}`
  }).join(', ')
}

const HEAD = ['promise', 'plans', 'locks', ...SIZES, 'tries', 'ms', 'worst ms', '1-minimal']

/** The page. Sizes, tries and times are medians; the row of all plans comes last. */
export const shrinkingMarkdown = (cases: readonly ShrunkCase[]): string => {
  const promises = [...new Set(cases.map(({ promise }) => promise))].sort()
  return [
    '# Plans before and after shrinking',
    '',
    'Made by `npm run shrinking`. Plans that break a promise, drawn under every class of faults and under all of them mixed, were',
    'shrunk while they still broke it. Sizes are medians, before → after; so are tries (plans that were run) and times. A plan counts as',
    '1-minimal if every plan that is one step weaker was run once more, before all judges, and none broke the promise. Times are ms',
    'of the processor, all threads together, on the machine on which the page was made. What a step is:',
    '[shrinking](../shrinking.md).',
    '',
    `| ${HEAD.join(' | ')} |`,
    `|${HEAD.map((_name, index) => (index === 0 ? '---' : '--:')).join('|')}|`,
    ...promises.map((promise) =>
      rowOf(
        promise,
        cases.filter((one) => one.promise === promise),
      ),
    ),
    rowOf('**all**', cases),
    '',
    `What was left: ${faultsLeft(cases)}. A plan without faults breaks its promise`,
    'by the order of events alone, or with clocks that are off from the beginning.',
    '',
  ].join('\n')
}
