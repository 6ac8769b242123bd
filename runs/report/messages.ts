/** Messages in a story: what was asked of whom, and what came back, in one line for a whole volley. */

import type { TraceEvent } from '#sim'
import { nodesText } from './nodes-text.ts'

type Sent = Extract<TraceEvent, { readonly kind: 'request-sent' }>

/** What became of a request that timed out. */
export const NO_ANSWER = 'no answer in time'

/** What became of each request, by its number. */
export type Answers = ReadonlyMap<number, string>

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Random values say nothing to a reader: `client-1.1.90203396` becomes `client-1`. */
const withoutNoise = (text: string): string => text.replace(/\.\d+\.[0-9a-f]{8}/g, '')

/** Of a path its last part: where it lies is in the list of events. */
const lastOf = (text: string): string =>
  text.startsWith('/') ? text.slice(text.lastIndexOf('/') + 1) : text

const valueText = (value: unknown): string => {
  if (typeof value === 'string') return shorten(lastOf(withoutNoise(value)))
  if (Array.isArray(value)) return value.map((item) => valueText(item)).join(' ')
  if (isObject(value)) {
    return shorten(
      Object.entries(value)
        .map(([name, inner]) => `${name} ${valueText(inner)}`)
        .join(', '),
    )
  }
  return String(value)
}

// What only the judges or the stub read.
const SILENT = new Set(['op', 'kind', 'type', 'number', 'after', 'asBoolean', 'ownedIf', 'origin'])

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text)

const operationOf = (body: Readonly<Record<string, unknown>>): string => {
  const name = body['op'] ?? body['kind'] ?? body['type']
  return typeof name === 'string' ? shorten(name) : 'request'
}

/** Requests by which a client library keeps its session alive, and which say nothing while they work. */
export const isUpkeep = (body: unknown): boolean =>
  isObject(body) && ['ping', 'line'].includes(operationOf(body))

const SAID_BY_PARTICIPANTS = ['prepare', 'can-commit', 'pre-commit', 'commit', 'abort', 'stage']

/** Messages of a commit protocol that came through: what the participant does about them is told instead. */
export const isToldByParticipant = (node: string, body: unknown): boolean =>
  node.startsWith('participant') &&
  isObject(body) &&
  SAID_BY_PARTICIPANTS.includes(operationOf(body))

/** A request in a few words: `set lock client-1 NX pxMs 10000`. */
export const requestText = (body: unknown): string => {
  if (!isObject(body)) return valueText(body)
  const words = [operationOf(body)]
  for (const [name, value] of Object.entries(body)) {
    if (SILENT.has(name) || value === undefined || value === false || value === '') continue
    if (value === true) words.push(name)
    else if (typeof value === 'number') words.push(`${name} ${value}`)
    else words.push(valueText(value))
  }
  return words.join(' ')
}

// What tells one request from another of its kind; the rest is in the list of events.
const TELLING = ['script', 'condition', 'path', 'mode', 'watch', 'name', 'statement']

/** A request in as few words as tell it apart: `set NX`. */
const briefText = (body: unknown): string => {
  if (!isObject(body)) return valueText(body)
  const words = TELLING.filter((name) => typeof body[name] === 'string').map((name) =>
    valueText(body[name]),
  )
  return [operationOf(body), ...words].join(' ')
}

/** ZooKeeper puts every answer into an envelope with its zxid. */
const answerText = (value: unknown): string => {
  if (value === undefined) return 'ok'
  if (Array.isArray(value) && value.length > 1) return `${value.length} of them`
  if (!isObject(value) || Array.isArray(value)) return valueText(value)
  if (!('zxid' in value)) return typeof value['path'] === 'string' ? valueText(value['path']) : 'ok'
  return typeof value['code'] === 'string' ? value['code'] : answerText(value['value'])
}

const replyText = (body: unknown): string => {
  if (!isObject(body)) return valueText(body)
  if (body['ok'] === true) return answerText(body['value'])
  return body['why'] === 'timeout' ? 'no answer' : valueText(body['code'])
}

/** Reads all answers off a trace. */
export const answersOf = (events: readonly TraceEvent[]): Answers => {
  const sent = new Map<number, string>()
  const answers = new Map<number, string>()
  for (const event of events) {
    if (event.kind === 'reply-sent') sent.set(event.message, replyText(event.body))
    else if (event.kind === 'reply-arrived') {
      if (!answers.has(event.message))
        answers.set(event.message, sent.get(event.message) ?? 'an answer')
    } else if (event.kind === 'timed-out') answers.set(event.message, NO_ANSWER)
  }
  return answers
}

/** A volley: the same request to several servers at one instant. */
export const volleyText = (volley: readonly Sent[], answers: Answers): string => {
  const byAnswer = new Map<string, string[]>()
  for (const { message, to } of volley) {
    const answer = answers.get(message) ?? 'no answer'
    const nodes = byAnswer.get(answer)
    if (nodes === undefined) byAnswer.set(answer, [to])
    else nodes.push(to)
  }
  const asked = `${briefText(volley[0]?.body)} → ${nodesText(volley.map(({ to }) => to))}`
  const outcomes = [...byAnswer]
  if (outcomes.length === 1) {
    const [answer] = outcomes[0] as [string, string[]]
    return `${asked}: ${volley.length === 1 ? '' : 'all '}${answer}`
  }
  return `${asked}: ${outcomes.map(([answer, nodes]) => `${answer} (${nodesText(nodes)})`).join(', ')}`
}
