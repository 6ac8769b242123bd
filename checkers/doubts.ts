/** Doubts: when a live participant had voted yes on a transaction and not decided. */

import type { FactEvent, FactKind } from '#sim'
import { inMs } from './words.ts'

/** A spell of doubt of one live participant on one transaction. A crash or a pause ends it, and it begins anew after. */
export interface Doubt {
  readonly node: string
  readonly client: string
  readonly hold: string
  /** The vote, or the pre-commit that locked the row. */
  readonly since: FactEvent
  readonly fromMs: number
  /** Infinity while it lasts. */
  toMs: number
  /** The decision that ended it. */
  decided: FactEvent | undefined
  /** Whether the row was locked meanwhile. */
  readonly locked: boolean
}

/** What the watch must be shown. */
export const DOUBT_KINDS: readonly FactKind[] = [
  'voted',
  'pre-committed',
  'decided',
  'crashed',
  'restarted',
  'paused',
  'resumed',
]

/** Follows the doubts of a run. */
export interface DoubtWatch {
  /** All of them, oldest first. */
  readonly doubts: readonly Doubt[]
  see(event: FactEvent): void
}

interface Undecided {
  readonly node: string
  readonly client: string
  readonly hold: string
  since: FactEvent
  locked: boolean
  current: Doubt | undefined
}

/** Starts the watch. */
export const watchDoubts = (): DoubtWatch => {
  const doubts: Doubt[] = []
  const undecided = new Map<string, Undecided>()
  /** Reasons why a node does nothing: it is down, and so many pauses. */
  const stopped = new Map<string, number>()

  const begin = (of: Undecided, fromMs: number): void => {
    const { node, client, hold, since, locked } = of
    of.current = { node, client, hold, since, fromMs, toMs: Infinity, decided: undefined, locked }
    doubts.push(of.current)
  }
  const end = (of: Undecided, atMs: number, decided?: FactEvent): void => {
    if (of.current === undefined) return
    of.current.toMs = atMs
    of.current.decided = decided
    of.current = undefined
  }
  const stop = (node: string, atMs: number): void => {
    stopped.set(node, (stopped.get(node) ?? 0) + 1)
    for (const of of undecided.values()) if (of.node === node) end(of, atMs)
  }
  const go = (node: string, atMs: number): void => {
    const left = (stopped.get(node) ?? 0) - 1
    stopped.set(node, left)
    if (left > 0) return
    for (const of of undecided.values()) if (of.node === node) begin(of, atMs)
  }

  return {
    doubts,
    see(event) {
      const { node, atMs } = event
      switch (event.kind) {
        case 'voted': {
          if (event.vote === 'no') return
          const { client, hold, locked } = event
          const of = { node, client, hold, since: event, locked, current: undefined }
          undecided.set(`${node} ${hold}`, of)
          begin(of, atMs)
          return
        }
        case 'pre-committed': {
          const of = undecided.get(`${node} ${event.hold}`)
          if (of === undefined || of.locked) return
          end(of, atMs)
          of.locked = true
          of.since = event
          begin(of, atMs)
          return
        }
        case 'decided': {
          const of = undecided.get(`${node} ${event.hold}`)
          if (of === undefined) return
          undecided.delete(`${node} ${event.hold}`)
          end(of, atMs, event)
          return
        }
        case 'crashed':
          stop(node, atMs)
          // It has forgotten its vote and its lock, but others may go by that vote.
          if (event.losesDisk === true) {
            for (const of of undecided.values()) if (of.node === node) of.locked = false
          }
          return
        case 'paused':
          stop(node, atMs)
          return
        case 'restarted':
        case 'resumed':
          go(node, atMs)
          return
        default:
      }
    },
  }
}

/** The sentence on how a doubt began. */
export const doubtOf = ({ node, hold, since, fromMs, locked }: Doubt): string => {
  const what = since.kind === 'voted' ? 'voted yes on' : 'pre-committed'
  const later = fromMs > since.atMs ? `, and went on from ${inMs(fromMs)}` : ''
  return `${node} ${what} ${hold} at ${inMs(since.atMs)}${locked ? ' and kept its row locked' : ''}${later}.`
}

const CAUSES = {
  votes: ', by the votes',
  unable: ', as it could not do what it had said it could',
  coordinator: ', as the coordinator said',
  timeout: ', on its own, when nobody had told it anything',
  peer: ', as the participants had found out among themselves',
  recovery: ', when it was back',
} as const

/** The sentence on a decision. */
export const decisionOf = (event: FactEvent): string => {
  if (event.kind !== 'decided') return ''
  const verb = event.decision === 'commit' ? 'committed' : 'aborted'
  const cause =
    event.cause === 'votes' && event.node !== event.client
      ? ', having voted no'
      : CAUSES[event.cause]
  return `${event.node} ${verb} ${event.hold} at ${inMs(event.atMs)}${cause}.`
}

/** The last crash of a node up to a time, if it had one. */
export const crashOf = (
  facts: readonly FactEvent[],
  node: string,
  untilMs: number,
): FactEvent | undefined =>
  facts.findLast((fact) => fact.kind === 'crashed' && fact.node === node && fact.atMs <= untilMs)

/** The sentence on a crash. */
export const crashText = (crash: FactEvent): string =>
  `${crash.node} crashed${crash.kind === 'crashed' && crash.losesDisk === true ? ' and lost its disk' : ''} at ${inMs(crash.atMs)}.`
