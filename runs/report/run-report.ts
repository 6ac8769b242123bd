/** The report on one run: what it was, its story, the verdicts with their proofs, what was measured, how to repeat it. */

import { countOf, numeral } from '#checkers'
import { isProtocol } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import type { OrphanPhantom, Verdict } from '#checkers'
import { faults } from '#sim'
import type { TraceEvent } from '#sim'
import { decides, EXIT, outcomeOf } from '../outcome.ts'
import type { Plan } from '../plan.ts'
import { scenarios } from '../scenarios/index.ts'
import { isShown, sections } from '../sequences/index.ts'
import { settle } from '../settle.ts'
import { withNumerals } from './sentences.ts'
import { story } from './story.ts'
import { printable, wrap } from './style.ts'
import type { Style } from './style.ts'
import { proofs, verdictTable } from './verdicts.ts'

/** What a report is made from: a run that has just been, or a saved trace. */
export interface RunReportInput {
  readonly plan: Plan
  readonly algorithm: AnyAlgorithm
  readonly events: readonly TraceEvent[]
  readonly verdicts: readonly Verdict<string>[]
  readonly landed: readonly number[]
  readonly measures: OrphanPhantom
  readonly hash: string
  readonly endedAtMs: number
  readonly why: 'finished' | 'horizon' | 'event-budget'
  /** The command that repeats it. */
  readonly repeat: string
}

const castText = ({ plan, algorithm }: Pick<RunReportInput, 'plan' | 'algorithm'>): string => {
  const { groups, fencing } = settle(plan, algorithm)
  const servers = groups.map(({ service, nodes }) =>
    nodes.length === 1 ? service : `${nodes.length} × ${service}`,
  )
  const checks = {
    off: 'a store that checks no tokens',
    writes: 'a store that checks the tokens of writes',
    all: 'a store that checks all tokens',
    compare: 'a store that compares and sets',
  }
  return isProtocol(algorithm)
    ? [countOf(plan.clients, 'coordinator'), ...servers].join(', ')
    : [countOf(plan.clients, 'client'), ...servers, checks[fencing]].join(', ')
}

const indented = (text: string, style: Style): string[] =>
  wrap(text, style.columns - 2).map((line) => `  ${line}`)

/** What happens in the published sequence that the plan came from, and what was mended. */
const sequenceOf = ({ sequence }: Plan): string | undefined => {
  const [row, repaired] = sequence?.split('/') ?? []
  const found = sections.flatMap(({ sequences }) => sequences).find((one) => one.row === row)
  if (found === undefined) return undefined
  return repaired !== undefined && isShown(found) && found.repaired !== undefined
    ? `${found.tells}; repaired: ${found.repaired.how}`
    : found.tells
}

/** What was run, against what. */
export const runTitle = (
  input: Pick<RunReportInput, 'plan' | 'algorithm' | 'landed'>,
  style: Style,
): string => {
  const { plan, algorithm, landed } = input
  const { paint } = style
  const scenario = scenarios.find(({ name }) => name === plan.scenario)
  const sequence = sequenceOf(plan)
  const under = [
    ...(plan.scenario === undefined ? [] : [` under ${plan.scenario}`]),
    ...(plan.sequence === undefined ? [] : [`, sequence ${plan.sequence}`]),
  ].join('')
  const struck = plan.faults.map((fault, index) => {
    const text = withNumerals(`${fault.kind}: ${faults[fault.kind].text(fault)}`)
    return landed.includes(index) ? text : `${text} (never struck)`
  })
  const faultLines = scenario === undefined ? struck.flatMap((text) => indented(text, style)) : []
  return [
    paint.strong(printable(`${algorithm.name}${under}, seed ${plan.seed}`)),
    ...indented(castText(input), style),
    ...(scenario === undefined ? [] : indented(scenario.summary, style)),
    ...(sequence === undefined ? [] : indented(sequence, style)),
    ...(faultLines.length > 0 ? faultLines : scenario === undefined ? ['  no faults'] : []).map(
      (line) => printable(line),
    ),
  ]
    .map((line, index) => `${index === 0 ? line : paint.dim(line)}\n`)
    .join('')
}

const END_TEXT = {
  finished: 'ended',
  horizon: 'stopped at its horizon, with somebody still waiting,',
  'event-budget': 'stopped at its limit of events',
} as const

/** What was measured beside the promises. */
const measured = (input: RunReportInput, style: Style): string => {
  const { algorithm, measures, endedAtMs, why, hash } = input
  const { orphanMs, phantomMs } = measures
  const spells = [
    `phantom ${numeral(phantomMs)} ms (a client believed, the servers had granted nothing)`,
    `orphan ${numeral(orphanMs)} ms (the servers had granted, no client believed)`,
  ]
  return [
    ...(isProtocol(algorithm) ? [] : spells),
    `the run ${END_TEXT[why]} at ${numeral(endedAtMs)} ms, hash ${hash}`,
  ]
    .flatMap((line) => wrap(line, style.columns))
    .map((line) => `${style.paint.dim(line)}\n`)
    .join('')
}

const conclusion = (input: RunReportInput, { paint, glyphs, columns }: Style): string => {
  const { algorithm, plan, verdicts, landed } = input
  const { exitCode, broken, untested } = outcomeOf(algorithm, plan, verdicts, landed)
  switch (exitCode) {
    case EXIT.broken: {
      const names = broken.map(({ promise }) => promise).join(', ')
      const text = `${glyphs.bad} ${algorithm.name} broke ${names}`
      return `${paint.bad(text)}\n`
    }
    case EXIT.inconclusive:
      return wrap(
        `${glyphs.unsure} nothing was broken, but this run proves little: ${untested.join('; ')}`,
        columns,
      )
        .map((line) => `${paint.warn(line)}\n`)
        .join('')
    default:
      return `${paint.good(`${glyphs.good} held in this run, which is evidence and no proof`)}\n`
  }
}

/** The whole report. */
export const runReport = (input: RunReportInput, style: Style): string => {
  const { plan, algorithm, verdicts, events } = input
  const { clients } = settle(plan, algorithm)
  const violated = verdicts.filter(({ verdict }) => verdict === 'violated')
  const decisive = violated.filter(({ promise }) => decides(algorithm, promise))
  const marked = decisive.length > 0 ? decisive : violated
  const proof = proofs({ algorithm, verdicts }, style)
  return [
    runTitle(input, style),
    story({ plan, clients, events, marked }, style),
    verdictTable({ algorithm, verdicts }, style),
    ...(proof === '' ? [] : [proof]),
    measured(input, style),
    `${conclusion(input, style)}${style.paint.dim('again:')} ${input.repeat}\n`,
  ].join('\n')
}
