/** The sentences of a story: what an event means, in words. */

import { numeral } from '#checkers'
import type { TraceEvent } from '#sim'
import type { Board } from './board.ts'
import { requestText } from './messages.ts'

/** How loud a sentence is. */
export type Tone = 'plain' | 'quiet' | 'fault'

/** One sentence of a story. */
export interface Sentence {
  /** Who acts; nobody for the announcement of a fault. */
  readonly actor: string
  readonly text: string
  readonly tone?: Tone
  /** Whether it may be told once for many times. */
  readonly mergeable?: boolean
}

/** A write that reaches the store within this time needs no line of its own for its sending. */
export const PROMPT_MS = 100

/** The text with its numbers written as everywhere else. */
export const withNumerals = (text: string): string =>
  text.replace(/\b\d{4,}(\.\d+)?\b/g, (digits) => numeral(Number(digits)))

/** What the teller of the story knows beyond the event at hand. */
export interface Context {
  readonly board: Board
  /** Holds whose write reached the store soon after it was sent. */
  readonly promptWrites: ReadonlySet<string>
  readonly pausedSinceMs: Map<string, number>
}

const revokedText = (event: Extract<TraceEvent, { kind: 'service-revoked' }>): string => {
  const { client, cause, by } = event
  switch (cause) {
    case 'expired':
      return `the lease of ${client} is over`
    case 'session-ended':
      return `the session of ${client} is over`
    case 'lost':
      return `the grant to ${client} is forgotten`
    case 'request':
      return by === undefined || by.client === client
        ? `the lock is free again`
        : `${by.client} took the lock away from ${client}`
  }
}

const releasedText = {
  ok: '',
  'not-held': 'learns that it had nothing to release',
  unknown: 'does not learn whether its release worked',
} as const

const grantedSentence = (
  event: Extract<TraceEvent, { kind: 'granted' }>,
  board: Board,
): Sentence => {
  const { node, token, validUntilMs } = event
  const others = board.believers().filter((name) => name !== node)
  const parts = [
    'has the lock',
    ...(token === undefined ? [] : [`token ${token}`]),
    ...(validUntilMs === undefined ? [] : [`valid until ${numeral(validUntilMs)}`]),
  ]
  const too =
    others.length === 0
      ? ''
      : `; ${others.join(' and ')} still ${others.length === 1 ? 'believes it has' : 'believe they have'} it`
  return { actor: node, text: parts.join(', ') + too }
}

const DECIDED = {
  votes: '',
  unable: ': it said that it could, and now it cannot',
  coordinator: '',
  timeout: ' on its own: nobody told it anything in time',
  peer: ' as the participants found out among themselves',
  recovery: ', back after a crash',
} as const

const decidedSentence = (event: Extract<TraceEvent, { kind: 'decided' }>): Sentence | undefined => {
  const { node, client, hold, decision, cause } = event
  // Its vote said so.
  if (cause === 'votes' && node !== client) return undefined
  const verb = node === client ? `decides to ${decision}` : `${decision}s`
  return { actor: node, text: `${verb} ${hold}${DECIDED[cause]}` }
}

const faultSentence = (
  event: Extract<TraceEvent, { kind: 'fault-began' | 'fault-ended' }>,
): Sentence | undefined => {
  if (event.kind === 'fault-began')
    return { actor: '', text: withNumerals(event.text), tone: 'fault' }
  // The node itself tells the end of these.
  if (['pause', 'suspend', 'crash'].includes(event.what)) return undefined
  return {
    actor: '',
    text: `over: ${withNumerals(event.text.replace(/ for [\d.]+ ms$/, ''))}`,
    tone: 'fault',
  }
}

/** The sentence for an event, or undefined for one that another line tells. */
export const sentenceOf = (
  event: TraceEvent,
  { board, promptWrites, pausedSinceMs }: Context,
): Sentence | undefined => {
  const { node } = event
  switch (event.kind) {
    case 'acquiring':
      return { actor: node, text: 'asks for the lock', mergeable: true }
    case 'denied':
      return { actor: node, text: 'does not get it', tone: 'quiet', mergeable: true }
    case 'granted':
      return grantedSentence(event, board)
    case 'validity-ended': {
      const still = board.snapshot().health(node) === 'paused'
      return {
        actor: node,
        text: `its validity is over${still ? '; it stands still and cannot tell' : ''}`,
      }
    }
    case 'lost':
      return { actor: node, text: `is told that it has lost the lock: ${event.why}` }
    case 'releasing':
      return { actor: node, text: 'releases the lock' }
    case 'released': {
      const text = releasedText[event.outcome] ?? ''
      return text === '' ? undefined : { actor: node, text }
    }
    case 'write-skipped':
      return { actor: node, text: `does not write: ${event.why}` }
    case 'read-failed':
      return { actor: node, text: `cannot read: ${event.why}` }
    case 'write-sent':
      return promptWrites.has(event.hold)
        ? undefined
        : { actor: node, text: `sends its write of ${event.value}` }
    case 'write-unknown':
      return { actor: node, text: 'does not learn whether its write happened' }
    case 'note':
      return { actor: node, text: event.text, tone: 'quiet' }
    case 'service-granted':
      return { actor: node, text: `the lock is now granted to ${event.client}` }
    case 'service-revoked':
      return { actor: node, text: revokedText(event) }
    case 'store-read':
      return { actor: event.client, text: `reads ${event.value}` }
    case 'store-written': {
      const values = `${event.value} over ${event.before}`
      const prompt = promptWrites.has(event.hold)
      return {
        actor: event.client,
        text: prompt ? `writes ${values}` : `its late write arrives: ${values}`,
      }
    }
    case 'store-refused': {
      const why =
        event.token === undefined
          ? 'no token'
          : `token ${event.token} is older than ${event.highest}`
      return { actor: event.client, text: `is refused its ${event.operation} by the store: ${why}` }
    }
    case 'fault-began':
    case 'fault-ended':
      return faultSentence(event)
    case 'transaction-began':
      return { actor: node, text: `begins ${event.hold}` }
    case 'voted':
      return {
        actor: node,
        text:
          event.vote === 'no'
            ? `votes no on ${event.hold}, which is aborted there`
            : `votes yes on ${event.hold}${event.locked ? ' and locks its row' : ''}`,
      }
    case 'pre-committed':
      return { actor: node, text: `pre-commits ${event.hold}` }
    case 'decided':
      return decidedSentence(event)
    case 'transaction-ended':
      return { actor: node, text: `tells its application: ${event.hold} is ${event.outcome}` }
    case 'resumed': {
      const since = pausedSinceMs.get(node)
      const after = since === undefined ? '' : ` after ${numeral(event.atMs - since)} ms`
      return { actor: node, text: `runs on${after} as if nothing had happened`, tone: 'fault' }
    }
    case 'restarted':
      return { actor: node, text: 'is back', tone: 'fault' }
    case 'push-arrived':
      return {
        actor: node,
        text: `hears from ${event.from}: ${requestText(event.body)}`,
        tone: 'quiet',
        mergeable: true,
      }
    default:
      return undefined
  }
}
