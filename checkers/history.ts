/** What a judge remembers to explain a violation: how a hold came about and why its client went on believing in it. */

import type { FactEvent, FactOf } from '#sim'
import { inMs } from './words.ts'

const revoked = (event: FactOf<'service-revoked'>): string => {
  const at = `at ${inMs(event.atMs)}`
  switch (event.cause) {
    case 'expired':
      return `The lease of ${event.client} was over on ${event.node} ${at}.`
    case 'session-ended':
      return `The session of ${event.client} was over on ${event.node} ${at}.`
    case 'lost':
      return `${event.node} no longer knew of the grant to ${event.client} ${at}.`
    case 'request':
      return `${event.node} took the lock from ${event.client} ${at}, as ${event.by?.client ?? 'somebody'} had asked.`
  }
}

const ending = (event: FactEvent): string => {
  const at = `at ${inMs(event.atMs)}`
  if (event.kind === 'crashed') return `crashed ${at}`
  if (event.kind === 'lost') return `was told of its loss ${at}`
  return `began to release it ${at}`
}

/** Whether the event ends the belief of this client in this hold. */
const endsBelief = (event: FactEvent, client: string, hold: string): boolean =>
  event.kind === 'crashed'
    ? event.node === client
    : (event.kind === 'releasing' || event.kind === 'lost') && event.hold === hold

const standstill = (
  events: readonly FactEvent[],
  client: string,
  fromMs: number,
  untilMs: number,
): string | undefined => {
  let pausedMs = -1
  for (const event of events) {
    if (event.node !== client) continue
    if (event.kind === 'paused') {
      pausedMs = event.atMs
    } else if (event.kind === 'resumed' && pausedMs >= 0) {
      if (event.atMs > fromMs && pausedMs < untilMs) {
        return `${client} stood still from ${inMs(pausedMs)} to ${inMs(event.atMs)}.`
      }
      pausedMs = -1
    }
  }
  return pausedMs >= 0 && pausedMs < untilMs
    ? `${client} stood still from ${inMs(pausedMs)} on.`
    : undefined
}

/**
 * How a hold looked up to an event, in at most four sentences: when it was granted and whether it was given
 * back, when its client stood still, and when its validity and its grant at the servers ended.
 */
export const lifeOf = (
  events: readonly FactEvent[],
  client: string,
  hold: string,
  until: FactEvent,
): string[] => {
  let granted: FactEvent | undefined
  let ended: FactEvent | undefined
  let validityEnded: FactEvent | undefined
  let gone: FactOf<'service-revoked'> | undefined
  for (const event of events) {
    if (event === until || event.atMs > until.atMs) break
    if (event.kind === 'granted' && event.hold === hold) granted ??= event
    else if (granted !== undefined && endsBelief(event, client, hold)) ended ??= event
    else if (event.kind === 'validity-ended' && event.hold === hold) validityEnded ??= event
    else if (event.kind === 'service-revoked' && event.hold === hold) gone ??= event
  }

  const sentences: string[] = []
  if (granted === undefined) sentences.push(`${client} had not been granted the lock (${hold}).`)
  else {
    const grantedText = `${client} was granted the lock at ${inMs(granted.atMs)} (${hold})`
    sentences.push(
      ended === undefined
        ? `${grantedText} and had not released it.`
        : `${grantedText} and ${ending(ended)}.`,
    )
  }
  const still = standstill(events, client, granted?.atMs ?? 0, until.atMs)
  if (still !== undefined) sentences.push(still)
  if (validityEnded !== undefined) {
    sentences.push(`By its own clock its validity ended at ${inMs(validityEnded.atMs)}.`)
  }
  if (gone !== undefined) sentences.push(revoked(gone))
  return sentences
}

/** The sentence that a hold was granted, by its client's account or else the servers'. */
export const grantOf = (events: readonly FactEvent[], client: string, hold: string): string => {
  for (const event of events) {
    if (event.kind === 'granted' && event.hold === hold) {
      return `${client} was granted the lock at ${inMs(event.atMs)} (${hold}).`
    }
  }
  for (const event of events) {
    if (event.kind === 'service-granted' && event.hold === hold) {
      return `${event.node} granted the lock to ${client} at ${inMs(event.atMs)} (${hold}).`
    }
  }
  return `${client} had not been granted the lock (${hold}).`
}

/** When this hold sent its write, if the trace says so. */
export const writeSentMs = (events: readonly FactEvent[], hold: string): number | undefined => {
  for (const event of events) {
    if (event.kind === 'write-sent' && event.hold === hold) return event.atMs
  }
  return undefined
}

/** The sentence that a server granted the lock. */
export const serviceGrantOf = (event: FactEvent): string =>
  event.kind === 'service-granted'
    ? `${event.node} had the lock granted to ${event.client} from ${inMs(event.atMs)} on (${event.hold}).`
    : ''
