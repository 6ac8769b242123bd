/** The rows of a story: one for each event that matters, volleys of messages and vain attempts drawn together. */

import type { TraceEvent } from '#sim'
import type { Plan } from '../plan.ts'
import { startBoard } from './board.ts'
import type { Snapshot } from './board.ts'
import {
  answersOf,
  isToldByParticipant,
  isUpkeep,
  NO_ANSWER,
  requestText,
  volleyText,
} from './messages.ts'
import type { Answers } from './messages.ts'
import { PROMPT_MS, sentenceOf } from './sentences.ts'
import type { Context, Sentence, Tone } from './sentences.ts'

/** One line of a story. */
export interface Row {
  readonly atMs: number
  /** The wall clock of the node, where it differs. */
  readonly wallMs: number | undefined
  /** Who acts, and what it does. */
  readonly actor: string
  readonly text: string
  readonly tone: Tone
  readonly event: TraceEvent
  readonly board: Snapshot
  /** Rows of one key between two rows without one are drawn together. */
  readonly key: string | undefined
  /** How often, and until when, if drawn together. */
  readonly times: number
  readonly untilMs: number
}

const promptWritesOf = (events: readonly TraceEvent[]): ReadonlySet<string> => {
  const sentMs = new Map<string, number>()
  const prompt = new Set<string>()
  for (const event of events) {
    if (event.kind === 'write-sent') sentMs.set(event.hold, event.atMs)
    else if (
      event.kind === 'store-written' ||
      (event.kind === 'store-refused' && event.operation === 'write')
    ) {
      const atMs = sentMs.get(event.hold)
      if (atMs !== undefined && event.atMs - atMs < PROMPT_MS) prompt.add(event.hold)
    }
  }
  return prompt
}

/** What befalls a message as it is sent, and so stands between those of one volley. */
const FATES: readonly TraceEvent['kind'][] = [
  'message-lost',
  'message-delayed',
  'message-duplicated',
]

/** The volleys of a trace: the first message of each stands for all. */
const volleysOf = (
  events: readonly TraceEvent[],
  answers: Answers,
): ReadonlyMap<TraceEvent, string> => {
  const texts = new Map<TraceEvent, string>()
  let volley: Extract<TraceEvent, { kind: 'request-sent' }>[] = []
  const flush = (): void => {
    const [first] = volley
    if (first !== undefined) texts.set(first, volleyText(volley, answers))
    volley = []
  }
  for (const event of events) {
    const [first] = volley
    if (event.kind === 'request-sent' && event.to !== 'store') {
      const isQuiet = isUpkeep(event.body) || isToldByParticipant(event.to, event.body)
      if (isQuiet && answers.get(event.message) !== NO_ANSWER) continue
      const together =
        first !== undefined &&
        first.node === event.node &&
        first.atMs === event.atMs &&
        requestText(first.body) === requestText(event.body)
      if (!together) flush()
      volley.push(event)
    } else if (first !== undefined && event.node === first.node && !FATES.includes(event.kind))
      flush()
  }
  flush()
  return texts
}

const BLOWS: readonly TraceEvent['kind'][] = ['paused', 'crashed', 'promoted', 'clock-changed']

const isBlow = (fault: TraceEvent, next: TraceEvent | undefined): next is TraceEvent =>
  fault.kind === 'fault-began' &&
  next !== undefined &&
  next.atMs === fault.atMs &&
  BLOWS.includes(next.kind)

/** All rows of a run, before vain repetitions are drawn together. */
const allRows = (plan: Plan, events: readonly TraceEvent[]): Row[] => {
  const volleys = volleysOf(events, answersOf(events))
  const context: Context = {
    board: startBoard(plan),
    promptWrites: promptWritesOf(events),
    pausedSinceMs: new Map(),
  }
  const rows: Row[] = []
  let seen = 0
  const see = (event: TraceEvent): void => {
    context.board.see(event)
    seen++
  }
  events.forEach((event, index) => {
    if (index >= seen) see(event)
    // A fault is announced before it strikes; its row shows the node as struck.
    for (let next = events[seen]; isBlow(event, next); next = events[seen]) see(next)
    if (event.kind === 'paused') context.pausedSinceMs.set(event.node, event.atMs)
    const volley = volleys.get(event)
    const sentence: Sentence | undefined =
      volley === undefined
        ? sentenceOf(event, context)
        : { actor: event.node, text: volley, tone: 'quiet', mergeable: true }
    if (sentence === undefined) return
    const { actor, text, tone = 'plain', mergeable = false } = sentence
    rows.push({
      atMs: event.atMs,
      wallMs: event.wallMs,
      actor,
      text,
      tone,
      event,
      board: context.board.snapshot(),
      key: mergeable ? `${actor} ${text}` : undefined,
      times: 1,
      untilMs: event.atMs,
    })
  })
  return rows
}

/** Draws together what repeats itself without anything else happening in between. */
const merged = (rows: readonly Row[]): Row[] => {
  const result: Row[] = []
  const known = new Map<string, number>()
  for (const row of rows) {
    if (row.key === undefined) {
      known.clear()
      result.push(row)
      continue
    }
    const position = known.get(row.key)
    const first = position === undefined ? undefined : result[position]
    if (position === undefined || first === undefined) {
      known.set(row.key, result.length)
      result.push(row)
    } else {
      result[position] = { ...first, times: first.times + 1, untilMs: row.atMs }
    }
  }
  return result
}

/** Tells each attempt in one line: what was asked of whom, and whether it was in vain. */
const attempts = (rows: readonly Row[]): Row[] => {
  const gone = new Set<Row>()
  const told = rows.map((row, index) => {
    if (row.event.kind !== 'acquiring') return row
    const { actor } = row
    const volleys: Row[] = []
    let denied: Row | undefined
    for (let later = index + 1; later < rows.length; later++) {
      const next = rows[later] as Row
      if (next.actor !== actor) continue
      if (next.event.kind === 'request-sent') volleys.push(next)
      else if (next.event.kind !== 'note' && next.event.kind !== 'push-arrived') {
        denied = next.event.kind === 'denied' ? next : undefined
        break
      }
    }
    const [first, ...more] = volleys
    if (denied === undefined) {
      if (first?.atMs !== row.atMs) return row
      gone.add(first)
      return { ...row, text: `asks for it: ${first.text}`, key: undefined }
    }
    for (const other of [...volleys, denied]) gone.add(other)
    const asked = first === undefined ? '' : `: ${first.text}`
    const rest = more.length === 0 ? '' : `, and so on`
    const text = `asks in vain${asked}${rest}`
    return { ...row, text, tone: 'quiet' as const, key: `${actor} ${text}` }
  })
  return told.filter((_row, index) => !gone.has(rows[index] as Row))
}

/** The rows of a story. */
export const rowsOf = (plan: Plan, events: readonly TraceEvent[]): Row[] =>
  merged(attempts(allRows(plan, events)))
