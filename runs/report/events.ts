/** Every event of a trace, one a line, traffic included. */

import { numeral } from '#checkers'
import type { TraceEvent } from '#sim'
import { eventLine } from '../trace-shape.ts'
import { requestText } from './messages.ts'
import { printable } from './style.ts'
import type { Style } from './style.ts'

const TIME_COLUMNS = 14
const NODE_COLUMNS = 12
const KIND_COLUMNS = 20

const detailsOf = (event: TraceEvent): string => {
  const { atMs: _atMs, node: _node, kind: _kind, wallMs, ...rest } = event
  const own = wallMs === undefined ? '' : `own clock ${numeral(wallMs)} `
  const words = Object.entries(rest).map(([name, value]) =>
    name === 'body'
      ? requestText(value)
      : `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return own + words.join('  ')
}

/** Lists events for a reader. */
export const eventList = (events: readonly TraceEvent[], { paint }: Style): string =>
  events
    .map((event) => {
      const time = numeral(event.atMs).padStart(TIME_COLUMNS)
      const node = printable(event.node).padEnd(NODE_COLUMNS)
      const details = printable(detailsOf(event))
      return `${paint.dim(time)}  ${node} ${event.kind.padEnd(KIND_COLUMNS)} ${paint.dim(details)}`.trimEnd()
    })
    .map((line) => `${line}\n`)
    .join('')

/** Lists events for a machine, one JSON object a line. */
export const eventLines = (events: readonly TraceEvent[]): string =>
  events.map((event) => `${eventLine(event)}\n`).join('')
