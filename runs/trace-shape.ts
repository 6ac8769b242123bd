/** What each kind of event looks like in a trace file, so that a file from anywhere can be judged safely. */

import type { EventKind, TraceEvent } from '#sim'

type Field = 'number' | 'string' | 'boolean' | 'any' | 'origin'
type Shape = Readonly<Record<string, Field | `${Field}?`>>

const hold = { hold: 'string' } as const
const owner = { client: 'string', hold: 'string' } as const
const stored = { ...owner, token: 'number?', value: 'number' } as const
const struck = { fault: 'number', what: 'string', text: 'string' } as const
const sent = { message: 'number', to: 'string' } as const
const received = { message: 'number', from: 'string' } as const

const SHAPES: Readonly<Record<EventKind, Shape>> = {
  acquiring: hold,
  granted: { ...hold, token: 'number?', validUntilMs: 'number?', validityClock: 'string?' },
  denied: hold,
  'validity-ended': hold,
  lost: { ...hold, why: 'string' },
  releasing: hold,
  released: { ...hold, outcome: 'string' },
  'write-skipped': { ...hold, why: 'string' },
  'read-returned': { ...hold, value: 'number' },
  'read-failed': { ...hold, why: 'string' },
  'write-sent': { ...hold, value: 'number' },
  'write-acknowledged': { ...hold, value: 'number' },
  'write-refused': { ...hold, why: 'string' },
  'write-unknown': hold,
  finished: {},
  note: { text: 'string' },
  reentering: hold,
  reentered: { ...hold, token: 'number?' },
  'reentry-denied': hold,
  'leaving-inner': hold,
  'left-inner': { ...hold, outcome: 'string' },
  queued: owner,
  unqueued: owner,
  'transaction-began': hold,
  voted: { ...owner, vote: 'string', locked: 'boolean' },
  'pre-committed': owner,
  decided: { ...owner, decision: 'string', cause: 'string' },
  'transaction-ended': { ...hold, outcome: 'string' },
  'service-granted': owner,
  'service-revoked': { ...owner, cause: 'string', by: 'origin?' },
  'store-read': stored,
  'store-written': { ...stored, before: 'number' },
  'store-refused': { ...owner, operation: 'string', token: 'number?', highest: 'number' },
  'fault-began': struck,
  'fault-ended': struck,
  paused: { clocksStop: 'boolean' },
  resumed: {},
  crashed: { silent: 'boolean', losesDisk: 'boolean?' },
  restarted: {},
  'clock-changed': { byMs: 'number', driftPpm: 'number' },
  promoted: { insteadOf: 'string' },
  'request-sent': { ...sent, body: 'any?' },
  'request-arrived': received,
  'reply-sent': { ...sent, body: 'any?' },
  'reply-arrived': received,
  'timed-out': received,
  'message-lost': { ...sent, why: 'string' },
  'message-delayed': { ...sent, byMs: 'number' },
  'message-duplicated': sent,
  'push-arrived': { from: 'string', body: 'any?' },
  'peer-arrived': { from: 'string', body: 'any?' },
  'clock-read': { clock: 'string', valueMs: 'number' },
  slept: { ms: 'any?' },
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const fits = (value: unknown, field: Field): boolean => {
  switch (field) {
    case 'any':
      return true
    case 'origin':
      return (
        isObject(value) && typeof value['client'] === 'string' && typeof value['hold'] === 'string'
      )
    default:
      return typeof value === field
  }
}

const misfit = (event: Readonly<Record<string, unknown>>, shape: Shape): string | undefined => {
  for (const name in shape) {
    const written = shape[name] as string
    const optional = written.endsWith('?')
    const field = (optional ? written.slice(0, -1) : written) as Field
    const value = Object.hasOwn(event, name) ? event[name] : undefined
    if (value === undefined && optional) continue
    if (!fits(value, field)) {
      return `its "${name}" should be ${field === 'origin' ? 'an object with client and hold' : `a ${field}`}`
    }
  }
  return undefined
}

/** What is wrong with a line as an event, in words, or undefined if it is one. */
export const faultOfEvent = (line: unknown): string | undefined => {
  if (!isObject(line)) return 'it is not an object'
  if (typeof line['kind'] !== 'string') return 'it has no "kind"'
  if (typeof line['atMs'] !== 'number' || line['atMs'] < 0)
    return 'its "atMs" should be a number, 0 or more'
  if (typeof line['node'] !== 'string') return 'its "node" should be a string'
  if (line['wallMs'] !== undefined && typeof line['wallMs'] !== 'number') {
    return 'its "wallMs" should be a number'
  }
  const kind = line['kind']
  if (!Object.hasOwn(SHAPES, kind)) return `there is no event of kind "${kind.slice(0, 40)}"`
  return misfit(line, SHAPES[kind as EventKind])
}

/** One event as one line: when, where and what first, then the rest in the order of the simulator. */
export const eventLine = (event: TraceEvent): string => {
  const { atMs, node, kind, wallMs, ...rest } = event
  return JSON.stringify(
    wallMs === undefined ? { atMs, node, kind, ...rest } : { atMs, node, kind, wallMs, ...rest },
  )
}
