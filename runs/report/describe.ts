/** A lock on one page: its steps, what it claims, the six wishes, what breaks it, what it costs, and when to use it. */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { countOf, inMs } from '#checkers'
import type { TraceEvent } from '#sim'
import { drawClassPlan } from '../draw.ts'
import { cellsOf } from '../matrix/cells.ts'
import type { Cell } from '../matrix/cells.ts'
import { commitCostsOf, costsOf } from '../matrix/costs.ts'
import type { CommitCosts, LockCosts } from '../matrix/costs.ts'
import type { MatrixRow } from '../matrix/matrix.ts'
import { wishesOf } from '../matrix/wishes.ts'
import type { Wish } from '../matrix/wishes.ts'
import type { Plan } from '../plan.ts'
import { run } from '../run.ts'
import { settle } from '../settle.ts'
import { exampleLine, matrixOfLock } from './matrix-text.ts'
import { story } from './story.ts'
import { wrap } from './style.ts'
import type { Style } from './style.ts'

const NAME_COLUMNS = 20

const entry = (name: string, text: string, { columns, paint }: Style): string[] => {
  const [first = '', ...more] = wrap(text, columns - NAME_COLUMNS - 2)
  return [
    `  ${paint.dim(name.padEnd(NAME_COLUMNS))}${first}`,
    ...more.map((line) => `  ${' '.repeat(NAME_COLUMNS)}${line}`),
  ]
}

const list = (items: readonly string[], style: Style, numbered = false): string[] =>
  items.flatMap((item, index) => {
    const mark = numbered ? `${index + 1}. ` : '- '
    const [first = '', ...more] = wrap(item, style.columns - mark.length - 2)
    return [`  ${mark}${first}`, ...more.map((line) => `  ${' '.repeat(mark.length)}${line}`)]
  })

const wishLine = ({ wish, answer, because }: Wish, style: Style): string[] => {
  const { paint } = style
  const tint = answer === 'yes' ? paint.good : answer === 'no' ? paint.bad : paint.dim
  const text = because === '' ? answer : `${answer}: ${because}`
  const [first = '', ...more] = entry(wish, text, style)
  return [first.replace(answer, tint(answer)), ...more]
}

const costLines = (costs: LockCosts, style: Style): string[] => {
  const after = (ms: number | undefined): string =>
    ms === undefined ? 'nobody gets it any more' : inMs(ms)
  return [
    ...entry(
      'to take it',
      `${countOf(costs.acquireRequests, 'request')} in ${countOf(costs.acquireRoundTrips, 'round trip')}${costs.peerMessages > 0 ? `; ${countOf(costs.peerMessages, 'message')} among the servers for each grant` : ''}`,
      style,
    ),
    ...entry(
      'to release it',
      `${countOf(costs.releaseRequests, 'request')} in ${countOf(costs.releaseRoundTrips, 'round trip')}`,
      style,
    ),
    ...entry(
      'in a crowd of 10',
      `${countOf(costs.crowdWakeUps, 'client')} woken by a release, ${countOf(costs.crowdRequests, 'request')} of all for each grant`,
      style,
    ),
    ...entry('holder crashes', `taken over after ${after(costs.takeOverMs)}`, style),
    ...entry('holder loses power', `taken over after ${after(costs.takeOverSilentMs)}`, style),
  ]
}

const commitCostLines = (costs: CommitCosts, style: Style): string[] => [
  ...entry(
    'a transaction',
    `${countOf(costs.requests, 'request')}${costs.peerMessages > 0 ? `, ${countOf(costs.peerMessages, 'message')} among the participants` : ''}; decided after ${inMs(costs.decidedMs)}, at 1 ms a way`,
    style,
  ),
  ...entry(
    'coordinator dies',
    costs.blockedMs === undefined
      ? 'rows stay locked until it is back'
      : `rows stay locked for ${inMs(costs.blockedMs)}`,
    style,
  ),
]

/** The smallest run that breaks what decides; of what does not, if nothing does. */
export const shortestOf = (cells: readonly Cell[]): Cell | undefined => {
  const broken = cells.filter(({ example }) => example !== undefined)
  const deciding = broken.filter((cell) => cell.decides)
  const [first, ...others] = deciding.length > 0 ? deciding : broken
  return others.reduce<Cell | undefined>((best, cell) => {
    const one = best?.example?.size ?? []
    const other = cell.example?.size ?? []
    const place = one.findIndex((value, index) => value !== other[index])
    return place >= 0 && (other[place] ?? 0) < (one[place] ?? 0) ? cell : best
  }, first)
}

const storyOf = (algorithm: AnyAlgorithm, plan: Plan, style: Style): string => {
  const events: TraceEvent[] = []
  const { verdicts } = run(plan, { algorithm, record: (event) => events.push(event) })
  const { clients } = settle(plan, algorithm)
  const marked = verdicts.filter(({ verdict }) => verdict === 'violated')
  return story({ plan, clients, events, marked }, style)
}

const commitNumbers = (algorithm: AnyAlgorithm) => {
  const costs = commitCostsOf(algorithm)
  return { costs: { ...costs, blockedMs: costs.blockedMs ?? null } }
}

const lockNumbers = (row: MatrixRow) => {
  const costs = costsOf(row.algorithm)
  return {
    wishes: wishesOf(row, costs),
    costs: {
      ...costs,
      takeOverMs: costs.takeOverMs ?? null,
      takeOverSilentMs: costs.takeOverSilentMs ?? null,
    },
  }
}

/** All of it as one value, for machines. */
export const describeJson = (row: MatrixRow) => {
  const { algorithm } = row
  const cells = cellsOf(row)
  return {
    algorithm: algorithm.name,
    summary: algorithm.summary,
    sources: algorithm.sources,
    steps: algorithm.steps ?? [],
    useWhen: algorithm.useWhen ?? null,
    claims: algorithm.claims,
    ...(isProtocol(algorithm) ? commitNumbers(algorithm) : lockNumbers(row)),
    breaks: cells
      .filter(({ verdict }) => verdict === 'violated')
      .map(({ promise, fault, violated, runs, example }) => ({
        promise,
        fault,
        violated,
        runs,
        seed: example?.seed ?? null,
      })),
  }
}

const section = (title: string, lines: readonly string[], { paint }: Style): string =>
  [paint.strong(title), ...lines, ''].map((text) => `${text}\n`).join('')

const lockSections = (row: MatrixRow, style: Style): readonly string[] => {
  const costs = costsOf(row.algorithm)
  const wishes = wishesOf(row, costs).flatMap((wish) => wishLine(wish, style))
  return [
    section('The six wishes', wishes, style),
    section('What it costs', costLines(costs, style), style),
  ]
}

/** The page. */
export const describeReport = (row: MatrixRow, style: Style): string => {
  const { algorithm } = row
  const { paint } = style
  const shortest = shortestOf(cellsOf(row))
  const told = row.campaigns.find(({ fault }) => fault.name === shortest?.fault)
  const plan =
    shortest?.example === undefined || told === undefined
      ? undefined
      : drawClassPlan(algorithm, told.fault, shortest.example.seed)
  const line = shortest === undefined ? undefined : exampleLine(algorithm, shortest)
  const part = (title: string, lines: readonly string[]): string => section(title, lines, style)
  return [
    part(algorithm.name, [
      ...wrap(algorithm.summary, style.columns - 2).map((text) => `  ${text}`),
    ]),
    part('Steps', list(algorithm.steps ?? ['not told'], style, true)),
    part('Sources', list(algorithm.sources, style)),
    part(
      'Claims',
      algorithm.claims.length === 0
        ? ['  nothing']
        : list(
            algorithm.claims.map(({ promise, from }) => `${promise}: ${from}`),
            style,
          ),
    ),
    ...(isProtocol(algorithm)
      ? [part('What it costs', commitCostLines(commitCostsOf(algorithm), style))]
      : lockSections(row, style)),
    part(
      'When to use it',
      wrap(algorithm.useWhen ?? 'Not told.', style.columns - 2).map((text) => `  ${text}`),
    ),
    `${paint.strong('What breaks it')}\n${matrixOfLock(row, style).split('\n').slice(1).join('\n')}\n`,
    ...(plan === undefined || 'skip' in plan || line === undefined
      ? []
      : [
          `${paint.strong(`The shortest story: ${shortest?.promise}, under ${shortest?.fault}`)}\n\n${storyOf(algorithm, plan, style)}\n${paint.dim('again:')} ${line}\n`,
        ]),
  ].join('')
}
