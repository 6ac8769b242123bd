/** The story of a counterexample: its key facts, one short line each, without times, so that a run of an edited lock can be laid beside it. */

import type { Verdict } from '#checkers'
import type { FactEvent, FactKind } from '#sim'

/** Stands for lines that were left out. */
const ELLIPSIS = '…'
/** A longer story is not read by anybody; its beginning and its end are what matters. */
const LINES_MAX = 40
const LINES_FIRST = 16

/** Facts of which the first in a row says all: a client that is refused asks again until it is let in. */
const REPEATED: ReadonlySet<FactKind> = new Set([
  'acquiring',
  'denied',
  'reentering',
  'reentry-denied',
])
/** Facts after which a client that asks again is news. */
const NEWS: ReadonlySet<FactKind> = new Set(['granted', 'released', 'crashed', 'restarted', 'lost'])

interface Line {
  /** Whom it is about. */
  readonly who: string
  /** What happened, beginning with the kind of the fact. */
  readonly what: string
}

/** Whom a fact is about, and what it says; undefined for what another fact tells, or what differs from run to run. */
const lineOf = (event: FactEvent): Line | undefined => {
  const { node, kind } = event
  switch (kind) {
    case 'note':
    case 'finished':
    case 'read-returned':
    case 'clock-changed':
    case 'paused':
    case 'resumed':
      return undefined
    case 'service-granted':
    case 'queued':
    case 'unqueued':
    case 'store-read':
    case 'store-written':
      // Which of five servers made the majority is a matter of latencies.
      return { who: event.client, what: kind }
    case 'store-refused':
      return { who: event.client, what: `${kind}: ${event.operation}` }
    case 'service-revoked': {
      const by =
        event.by === undefined || event.by.client === event.client ? '' : ` of ${event.by.client}`
      return { who: event.client, what: `${kind}: ${event.cause}${by}` }
    }
    case 'released':
    case 'left-inner':
      return { who: node, what: event.outcome === 'ok' ? kind : `${kind}: ${event.outcome}` }
    case 'voted':
      return { who: node, what: `${kind}: ${event.vote}` }
    case 'decided':
      return { who: node, what: `${kind}: ${event.decision}` }
    case 'transaction-ended':
      return { who: node, what: `${kind}: ${event.outcome}` }
    case 'fault-began':
    case 'fault-ended':
      return { who: node, what: `${kind}: ${event.what}` }
    default:
      return { who: node, what: kind }
  }
}

/** `2nd`, `11th`, `23rd`. */
const ordinal = (number: number): string => {
  const isTeen = number % 100 >= 11 && number % 100 <= 13
  const ending = isTeen ? undefined : (['th', 'st', 'nd', 'rd'] as const)[number % 10]
  return `${number}${ending ?? 'th'}`
}

/** Every line of a story, however long. */
export const linesOf = (facts: readonly FactEvent[]): readonly string[] => {
  const lines: string[] = []
  const counts = new Map<string, number>()
  const repeating = new Map<string, Set<FactKind>>()
  for (const event of facts) {
    const line = lineOf(event)
    if (line === undefined) continue
    const { who, what } = line
    const text = `${who} ${what}`
    if (NEWS.has(event.kind)) repeating.delete(who)
    if (REPEATED.has(event.kind)) {
      const said = repeating.get(who) ?? new Set()
      repeating.set(who, said)
      if (!said.has(event.kind)) lines.push(text)
      said.add(event.kind)
      continue
    }
    const nth = (counts.get(text) ?? 0) + 1
    counts.set(text, nth)
    lines.push(nth === 1 ? text : `${text} (${ordinal(nth)})`)
  }
  return lines
}

/** The facts up to the last one that the verdict cites; all of them, if it cites none of these. */
const upToWitness = (
  facts: readonly FactEvent[],
  witness: Verdict['witness'],
): readonly FactEvent[] => {
  const cited = new Set(witness?.events)
  const last = facts.findLastIndex((event) => cited.has(event))
  return last === -1 ? facts : facts.slice(0, last + 1)
}

/** The story of a broken promise, up to what breaks it. Of a long one the middle is left out. */
export const storyOf = (
  facts: readonly FactEvent[],
  witness: Verdict['witness'],
): readonly string[] => {
  const lines = linesOf(upToWitness(facts, witness))
  if (lines.length <= LINES_MAX) return lines
  const kept = LINES_MAX - LINES_FIRST - 1
  return [...lines.slice(0, LINES_FIRST), ELLIPSIS, ...lines.slice(-kept)]
}

/** A line of a recorded story, and its number, counted from 1. */
export interface Step {
  readonly step: number
  readonly line: string
}

/**
 * The first line of a recorded story that does not come in a run, though all before it came, in this order and with
 * anything in between. Undefined if all of them came.
 */
export const firstMissing = (
  recorded: readonly string[],
  lines: readonly string[],
): Step | undefined => {
  let from = 0
  for (const [index, line] of recorded.entries()) {
    if (line === ELLIPSIS) continue
    const found = lines.indexOf(line, from)
    if (found === -1) return { step: index + 1, line }
    from = found + 1
  }
  return undefined
}

/** The first line in which two stories differ; undefined if they are the same. */
export const firstDifference = (
  recorded: readonly string[],
  story: readonly string[],
): Step | undefined => {
  const length = Math.max(recorded.length, story.length)
  for (let index = 0; index < length; index++) {
    if (recorded[index] !== story[index]) {
      return { step: index + 1, line: story[index] ?? recorded[index] ?? '' }
    }
  }
  return undefined
}

const LINE = /^(\S+) ([\w-]+)(?:: (.+?))?(?: \((\d+\w\w)\))?$/

/** What a kind of fact is called, and what joins it to whom it is about. */
const NOUNS: Readonly<Record<string, string>> = {
  acquiring: 'request by',
  granted: 'grant to',
  denied: 'refusal of',
  lost: 'loss told to',
  releasing: 'release begun by',
  released: 'release by',
  'service-granted': 'grant by the servers to',
  'service-revoked': 'end of the grant by the servers to',
  'store-read': 'read by',
  'store-written': 'write by',
  'store-refused': 'refusal by the store of',
  'fault-began': 'fault at',
  'fault-ended': 'end of the fault at',
  crashed: 'crash of',
  restarted: 'restart of',
  decided: 'decision of',
  voted: 'vote of',
}

/** A line of a story as something that is expected: `the 2nd grant to client-1`. */
export const inWords = (line: string): string => {
  const [, who, kind = '', detail, nth] = LINE.exec(line) ?? []
  const noun = Object.hasOwn(NOUNS, kind) ? NOUNS[kind] : undefined
  if (who === undefined || noun === undefined) return `"${line}"`
  return `the ${nth === undefined ? '' : `${nth} `}${noun} ${who}${detail === undefined ? '' : ` (${detail})`}`
}
