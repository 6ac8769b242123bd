/** The story of a run: one line an event that matters, with what each client believes beside what the servers say. */

import { numeral } from '#checkers'
import type { TraceEvent } from '#sim'
import type { Verdict } from '#checkers'
import type { Plan } from '../plan.ts'
import type { Belief, Health } from './board.ts'
import { rowsOf } from './rows.ts'
import type { Row } from './rows.ts'
import { printable, roomBehind, wrap } from './style.ts'
import type { Glyphs, Style } from './style.ts'

/** What a story is told from. */
export interface StoryInput {
  readonly plan: Plan
  readonly clients: readonly string[]
  readonly events: readonly TraceEvent[]
  /** Verdicts whose clashing events are marked. */
  readonly marked: readonly Verdict<string>[]
}

const COLUMNS_MAX = 8
const ROWS_MAX = 160
const ROWS_AROUND = 10
const FRACTION_COLUMNS = 4

/** Node columns: all clients, or those that matter most, and every server that a fault strikes or that decides. */
const nodeColumns = ({ clients, events, marked }: StoryInput): readonly string[] => {
  const struck = new Set<string>()
  for (const event of events) {
    // Participants of a commit protocol each decide for themselves.
    if (['paused', 'crashed', 'promoted', 'voted', 'decided'].includes(event.kind))
      struck.add(event.node)
  }
  const involved = marked.flatMap(({ witness }) =>
    (witness?.events ?? []).map((event) => ('client' in event ? event.client : event.node)),
  )
  const wanted = [...involved.filter((node) => clients.includes(node)), ...clients]
  const shown = new Set(wanted.slice(0, COLUMNS_MAX + involved.length))
  const chosen = clients.filter((node) => shown.has(node)).slice(0, COLUMNS_MAX)
  const servers = [...struck]
    .filter((node) => !clients.includes(node))
    .sort((one, other) => one.length - other.length || (one < other ? -1 : 1))
  return [...chosen, ...servers.slice(0, COLUMNS_MAX - Math.min(chosen.length, COLUMNS_MAX - 3))]
}

/** `client-12` is `c12`, `redis-3` is `r3`, `store` is `st`. */
const heading = (node: string): string => {
  const match = /^(.).*-(\d+)$/.exec(node)
  return printable(match === null ? node.slice(0, 2) : `${match[1]}${match[2]}`).slice(0, 3)
}

const beliefGlyph = (belief: Belief, glyphs: Glyphs): string => {
  switch (belief) {
    case 'holds':
      return glyphs.believes
    case 'none':
      return glyphs.idle
    default:
      return glyphs[belief]
  }
}

const healthGlyph = (health: Health, glyphs: Glyphs): string => {
  switch (health) {
    case 'paused':
      return glyphs.paused
    case 'cut':
      return glyphs.cut
    default:
      return ' '
  }
}

const cell = (row: Row, node: string, index: number, isClient: boolean, style: Style): string => {
  const { glyphs, paint } = style
  const health = row.board.health(node)
  if (health === 'down') return paint.bad(`${glyphs.down}  `)
  if (health === 'gone') return '   '
  const line = beliefGlyph(row.board.belief(node), glyphs)
  const acting =
    row.actor === node && health !== 'paused' ? glyphs.acts : healthGlyph(health, glyphs)
  return isClient ? paint.client(index, `${line}${acting} `) : `${line}${acting} `
}

const clockText = (ms: number, wholeColumns: number): string => {
  const [whole = '', fraction] = numeral(ms).split('.')
  return (
    whole.padStart(wholeColumns) +
    (fraction === undefined ? '' : `.${fraction}`).padEnd(FRACTION_COLUMNS)
  )
}

/** Who has the lock, or what was decided. */
const grantedText = (row: Row, clients: readonly string[]): string => {
  if (row.board.decided.length > 0) return row.board.decided.join('+')
  const numbers = row.board.granted.map((client) => {
    const index = clients.indexOf(client)
    return index < 0 ? '?' : `c${index + 1}`
  })
  return numbers.join('+')
}

const eventKey = (event: {
  readonly atMs: number
  readonly node: string
  readonly kind: string
}): string =>
  `${event.atMs} ${event.node} ${event.kind} ${'hold' in event ? String(event.hold) : ''}`

/** Keeps what surrounds faults and clashes when there are too many rows; the number is how many were left out. */
const abridged = (rows: readonly Row[], isMarked: (row: Row) => boolean): (Row | number)[] => {
  if (rows.length <= ROWS_MAX) return [...rows]
  const keep = new Set<number>()
  const around = (center: number): void => {
    for (let index = center - ROWS_AROUND; index <= center + ROWS_AROUND; index++) keep.add(index)
  }
  around(0)
  rows.forEach((row, index) => {
    if (keep.size < ROWS_MAX && isMarked(row)) around(index)
  })
  rows.forEach((row, index) => {
    if (keep.size < ROWS_MAX && row.tone === 'fault') around(index)
  })
  around(rows.length - 1)
  const result: (Row | number)[] = []
  let left = 0
  rows.forEach((row, index) => {
    if (keep.has(index)) {
      if (left > 0) result.push(left)
      left = 0
      result.push(row)
    } else left++
  })
  return result
}

const LEGEND = [
  ['believes', 'believes that it holds the lock'],
  ['expired', 'believes so after its validity'],
  ['doubt', 'has voted yes and is in doubt'],
  ['paused', 'stands still'],
  ['cut', 'cut off'],
  ['down', 'down'],
] as const

/** Whether it is the story of a commit protocol. */
const isCommit = (rows: readonly Row[]): boolean =>
  rows.some(({ event }) => event.kind === 'transaction-began')

/** The signs that occur, and what they mean. */
const legend = (rows: readonly Row[], nodes: readonly string[], style: Style): string[] => {
  const { glyphs, paint, columns } = style
  const shown = new Set<string>()
  for (const { board } of rows) {
    for (const node of nodes) {
      const belief = board.belief(node)
      shown.add(board.health(node)).add(belief === 'holds' ? 'believes' : belief)
    }
  }
  const meanings = LEGEND.filter(([name]) => shown.has(name)).map(
    ([name, meaning]) => `${glyphs[name]} ${meaning}`,
  )
  const parts = [
    ...meanings,
    isCommit(rows)
      ? 'decided: on the transaction of the last decision'
      : 'servers: who has the lock by their data',
  ]
  return wrap(
    parts.map((part) => part.replaceAll(' ', '\u00a0')).join('\u00a0\u00a0 '),
    columns,
  ).map((line) => paint.dim(line.replaceAll('\u00a0', ' ').trimEnd()))
}

/** Tells a story. */
export const story = (input: StoryInput, style: Style): string => {
  const { paint, glyphs } = style
  const { plan, clients, events, marked } = input
  const rows = rowsOf(plan, events)
  if (rows.length === 0) return 'nothing happened\n'

  const clashes = new Set(marked.flatMap(({ witness }) => (witness?.events ?? []).map(eventKey)))
  const isMarked = (row: Row): boolean => clashes.has(eventKey(row.event))
  const nodes = nodeColumns(input)
  const lastMs = Math.max(...rows.map((row) => Math.max(row.atMs, Math.abs(row.wallMs ?? 0))))
  const wholeColumns = Math.max(
    4,
    numeral(Math.floor(lastMs)).length + (rows.some((row) => (row.wallMs ?? 0) < 0) ? 1 : 0),
  )
  const timeColumns = wholeColumns + FRACTION_COLUMNS
  const ownClocks = rows.some(({ wallMs }) => wallMs !== undefined)
  const grantColumns = Math.max(7, ...rows.map((row) => grantedText(row, clients).length))

  const lead = (row: Row): string => {
    const time = clockText(row.atMs, wholeColumns)
    const own = !ownClocks
      ? ''
      : `${row.wallMs === undefined ? ' '.repeat(timeColumns) : clockText(row.wallMs, wholeColumns)}  `
    return `${time}  ${paint.dim(own)}`
  }
  const gutter = (row: Row): string => {
    const cells = nodes
      .map((node, index) => cell(row, node, index, clients.includes(node), style))
      .join('')
    const who = grantedText(row, clients)
    const padded = (who === '' ? glyphs.nobody : who).padEnd(grantColumns)
    const painted =
      row.board.granted.length > 1 || row.board.decided.length > 1
        ? paint.bad(padded)
        : who === ''
          ? paint.dim(padded)
          : padded
    return `${cells}${painted} `
  }
  const leadColumns = timeColumns + 2 + (ownClocks ? timeColumns + 2 : 0)
  const actorColumns = Math.min(16, Math.max(...rows.map(({ actor }) => actor.length)) + 2)
  const boardColumns = nodes.length * 3 + grantColumns + 3
  const textColumns = roomBehind(leadColumns + boardColumns + actorColumns, style)

  const tell = (row: Row): string => {
    const mark = isMarked(row)
      ? paint.bad(`${glyphs.bad} `)
      : row.tone === 'fault'
        ? paint.warn(`${glyphs.fault} `)
        : '  '
    const repeated =
      row.times === 1 ? '' : ` (${numeral(row.times)} times, until ${numeral(row.untilMs)})`
    const actor = printable(row.actor)
    const [first = '', ...more] = wrap(
      `${printable(row.text)}${repeated}`,
      row.actor === '' ? textColumns + actorColumns : textColumns,
    )
    const index = clients.indexOf(row.actor)
    const tint = (text: string): string =>
      row.tone === 'fault'
        ? paint.warn(text)
        : row.tone === 'quiet'
          ? paint.dim(text)
          : isMarked(row)
            ? paint.strong(text)
            : text
    const name = actor.padEnd(actorColumns)
    const told =
      row.actor === ''
        ? tint(first)
        : `${index >= 0 ? paint.client(index, name) : tint(name)}${tint(first)}`
    const indent = row.actor === '' ? '' : ' '.repeat(actorColumns)
    const quietBoard = gutter({ ...row, actor: '' })
    return [
      `${lead(row)}${gutter(row)}${mark}${told}`,
      ...more.map((line) => `${' '.repeat(leadColumns)}${quietBoard}  ${indent}${tint(line)}`),
    ].join('\n')
  }

  const head = [
    'true ms'.padStart(timeColumns),
    ...(ownClocks ? ['  ', 'own clock'.padStart(timeColumns)] : []),
    '  ',
    ...nodes.map((node) => heading(node).padEnd(3)),
    (isCommit(rows) ? 'decided' : 'servers').padEnd(grantColumns),
  ].join('')
  const body = abridged(rows, isMarked).map((row) =>
    typeof row === 'number'
      ? paint.dim(`${' '.repeat(leadColumns)}… ${numeral(row)} lines left out …`)
      : tell(row),
  )
  const text = body.join('\n')
  return [paint.dim(head), text, '', ...legend(rows, nodes, style)]
    .map((line) => `${line}\n`)
    .join('')
}
