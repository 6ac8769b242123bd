/** Verdicts as a table, and for each broken promise the events that clash and the proof. */

import { numeral } from '#checkers'
import type { AnyAlgorithm } from '#algorithms'
import type { Verdict } from '#checkers'
import type { FactEvent } from '#sim'
import { decides } from '../outcome.ts'
import { printable, roomBehind, wrap } from './style.ts'
import type { Style } from './style.ts'

/** What a report on verdicts is made from. */
export interface VerdictsInput {
  readonly algorithm: AnyAlgorithm
  readonly verdicts: readonly Verdict<string>[]
}

const PROMISE_COLUMNS = 21
const VERDICT_COLUMNS = 13

const markOf = (verdict: Verdict<string>, decisive: boolean, { paint, glyphs }: Style): string => {
  switch (verdict.verdict) {
    case 'held':
      return paint.good(glyphs.good)
    case 'violated':
      return decisive ? paint.bad(glyphs.bad) : paint.warn(glyphs.flaw)
    case 'not offered':
      return paint.dim(glyphs.none)
    default:
      return paint.warn(glyphs.unsure)
  }
}

/** One line a promise; a star marks what the lock itself promises. */
export const verdictTable = ({ algorithm, verdicts }: VerdictsInput, style: Style): string => {
  const { paint } = style
  const claimed = new Set<string>(algorithm.claims.map(({ promise }) => promise))
  const indent = 2 + PROMISE_COLUMNS + VERDICT_COLUMNS
  const lines = verdicts.flatMap((verdict) => {
    const name = `${verdict.promise}${claimed.has(verdict.promise) ? ' *' : ''}`.padEnd(
      PROMISE_COLUMNS,
    )
    const [first = '', ...more] = wrap(printable(verdict.evidence), roomBehind(indent, style))
    const faint = verdict.verdict === 'not offered' ? paint.dim : (text: string) => text
    return [
      `${markOf(verdict, decides(algorithm, verdict.promise), style)} ${faint(name)}${faint(
        verdict.verdict.padEnd(VERDICT_COLUMNS),
      )}${paint.dim(first)}`,
      ...more.map((line) => ' '.repeat(indent) + paint.dim(line)),
    ]
  })
  const promised = verdicts.some(({ promise }) => claimed.has(promise))
  const flawed = verdicts.some(
    ({ promise, verdict }) => verdict === 'violated' && !decides(algorithm, promise),
  )
  const notes = [
    promised
      ? `* promised by the documentation of ${algorithm.name}`
      : `the documentation of ${algorithm.name} promises none of these`,
    ...(flawed ? [`${style.glyphs.flaw} violated, but never promised`] : []),
  ].map(paint.dim)
  return [...lines, ...notes].map((line) => `${line}\n`).join('')
}

const clashText = (event: FactEvent): string => {
  const at = `(${numeral(event.atMs)} ms)`
  if (event.kind === 'decided') return `${event.node} ${event.decision}s ${event.hold} ${at}`
  if (event.kind === 'voted') return `${event.node} votes ${event.vote} ${at}`
  const who = 'client' in event ? event.client : event.node
  const what = {
    'store-read': 'reads',
    'store-written': 'writes',
    'store-refused': 'is refused',
    'service-granted': 'gets the grant',
    'service-revoked': 'loses the grant',
    granted: 'has the lock',
  } as Readonly<Record<string, string>>
  const value = 'value' in event ? ` ${event.value}` : ''
  return `${who} ${what[event.kind] ?? event.kind.replaceAll('-', ' ')}${value} ${at}`
}

/** The proofs of what was broken, the decisive ones first. A sentence that was said before is not said again. */
export const proofs = ({ algorithm, verdicts }: VerdictsInput, style: Style): string => {
  const { paint, glyphs, columns } = style
  const violated = verdicts.filter(({ witness }) => witness !== undefined)
  const ordered = [
    ...violated.filter(({ promise }) => decides(algorithm, promise)),
    ...violated.filter(({ promise }) => !decides(algorithm, promise)),
  ]
  const said = new Set<string>()
  const paragraphs = ordered.map(({ promise, witness }) => {
    const decisive = decides(algorithm, promise)
    const title = `${decisive ? glyphs.bad : glyphs.flaw} ${promise}`
    const clash = wrap(
      `clash: ${(witness?.events ?? []).map((event) => clashText(event).replaceAll(' ', '\u00a0')).join(', ')}`,
      columns - 4,
    ).map((line) => printable(line.replaceAll('\u00a0', ' ')))
    const fresh = (witness?.proof ?? []).filter((sentence) => !said.has(sentence))
    const repeated = fresh.length < (witness?.proof ?? []).length
    for (const sentence of fresh) said.add(sentence)
    const sentences = (repeated ? ['As above.', ...fresh] : fresh).flatMap((sentence) => {
      const last = sentence === witness?.proof.at(-1)
      return wrap(printable(sentence), columns - 4).map((line) =>
        last ? paint.strong(line) : line,
      )
    })
    return [
      (decisive ? paint.bad : paint.warn)(title),
      ...clash.map((line, index) => `  ${index === 0 ? '' : '  '}${paint.dim(line)}`),
      ...sentences.map((line) => `  ${line}`),
    ]
      .map((line) => `${line}\n`)
      .join('')
  })
  return paragraphs.join('\n')
}
