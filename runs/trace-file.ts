/** Trace files: JSON Lines with a header, one event a line, and a last line with the outcome. */

import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { LocksimBug } from '#sim'
import type { TraceEvent } from '#sim'
import { InputError } from './errors.ts'
import { asReadFrom, asWrittenIn } from './modules/reference.ts'
import { parsePlan } from './plan.ts'
import type { Plan } from './plan.ts'
import type { RunResult } from './run.ts'
import { CHUNK_CHARACTERS, fileError, linesOf, parseJson, writeAll } from './text-file.ts'
import { eventLine, faultOfEvent } from './trace-shape.ts'
import { VERSION } from './version.ts'

/** The version of the file. A change that makes old traces mean something else gets a new number. */
export const TRACE_FORMAT = 'locksim-trace/1'

/** The last line of a trace. */
export interface TraceEnd {
  readonly hash: string
  /** Events of the simulator, which are more than the lines of the file. */
  readonly events: number
  readonly why: 'finished' | 'horizon' | 'event-budget'
  readonly endedAtMs: number
  readonly idle: boolean
  readonly faultsOverAtMs: number | null
  readonly verdicts: readonly {
    readonly promise: string
    readonly verdict: string
    readonly evidence: string
  }[]
}

/** A whole trace in memory. The event at index 0 is line 2 of the file. */
export interface Trace {
  readonly locksim: string
  readonly plan: Plan
  readonly events: readonly TraceEvent[]
  readonly end: TraceEnd
}

/** Writes a trace as a run goes on. */
export interface TraceWriter {
  event(event: TraceEvent): void
  /** Writes the last line and closes the file. */
  end(result: RunResult): void
  /** Closes the file as it is: a trace without its last line. */
  abandon(): void
}

/** The last line for a result. */
export const endOf = ({
  hash,
  events,
  why,
  endedAtMs,
  idle,
  faultsOverAtMs,
  verdicts,
}: RunResult): TraceEnd => ({
  hash,
  events,
  why,
  endedAtMs,
  idle,
  faultsOverAtMs,
  verdicts: verdicts.map(({ promise, verdict, evidence }) => ({ promise, verdict, evidence })),
})

/**
 * Opens a trace file for a run of this plan and writes its header.
 *
 * @throws InputError when the file cannot be written, now or later
 */
export const openTrace = (path: string, plan: Plan): TraceWriter => {
  const attempt = <Result>(act: () => Result): Result => {
    try {
      return act()
    } catch (error) {
      throw fileError('write the trace', path, error)
    }
  }
  const file = attempt(() => openSync(path, 'w'))
  let pending = ''
  let failure: unknown
  const put = (line: string): void => {
    pending += `${line}\n`
    if (pending.length < CHUNK_CHARACTERS) return
    // Kept for the end: thrown from inside the run it would look like a mistake of the lock's.
    if (failure === undefined) {
      try {
        writeAll(file, pending)
      } catch (error) {
        failure = error
      }
    }
    pending = ''
  }
  const close = (): void => {
    attempt(() => {
      try {
        if (failure !== undefined) throw failure
        writeAll(file, pending)
      } finally {
        closeSync(file)
      }
    })
  }
  const header = { format: TRACE_FORMAT, locksim: VERSION, plan: asWrittenIn(dirname(path), plan) }
  put(JSON.stringify(header))
  return {
    event: (event) => put(eventLine(event)),
    end(result) {
      put(JSON.stringify({ end: endOf(result) }))
      close()
    },
    abandon: close,
  }
}

type JsonObject = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One line of a trace after its header. */
export type TraceLine =
  | { readonly line: number; readonly text: string; readonly event: TraceEvent }
  | { readonly line: number; readonly text: string; readonly end: TraceEnd }

/** A trace that is being read: its header, and its lines when they are asked for. */
export interface TraceReader {
  readonly locksim: string
  readonly plan: Plan
  /**
   * Every line after the header; the last one is the end.
   *
   * @throws InputError naming the line at fault, or saying that the end is missing
   */
  lines(): Generator<TraceLine, void, void>
}

const readHeader = (path: string, text: string | undefined): { locksim: string; plan: Plan } => {
  if (text === undefined || text.trim() === '') throw new InputError(`${path}: the file is empty`)
  const header = parseJson(text, `${path}, line 1`)
  if (!isObject(header) || typeof header['format'] !== 'string') {
    throw new InputError(
      `${path}, line 1: not the header of a trace; expected {"format":"${TRACE_FORMAT}", …}`,
    )
  }
  if (header['format'] !== TRACE_FORMAT) {
    throw new InputError(
      `${path}: written in the format ${header['format'].slice(0, 40)}, this locksim reads ${TRACE_FORMAT}`,
    )
  }
  try {
    const plan = asReadFrom(dirname(path), parsePlan(header['plan']))
    return { locksim: String(header['locksim']).slice(0, 40), plan }
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${path}, line 1: ${error.message}`)
    throw error
  }
}

const readEnd = (value: unknown, where: string): TraceEnd => {
  const whys = ['finished', 'horizon', 'event-budget']
  if (
    !isObject(value) ||
    typeof value['hash'] !== 'string' ||
    typeof value['events'] !== 'number' ||
    typeof value['endedAtMs'] !== 'number' ||
    typeof value['idle'] !== 'boolean' ||
    !(value['faultsOverAtMs'] === null || typeof value['faultsOverAtMs'] === 'number') ||
    !whys.includes(value['why'] as string) ||
    !Array.isArray(value['verdicts'])
  ) {
    throw new InputError(
      `${where}: the end should have hash, events, why, endedAtMs, idle, faultsOverAtMs and verdicts`,
    )
  }
  return value as unknown as TraceEnd
}

function* traceLines(path: string, texts: Iterator<string>): Generator<TraceLine, void, void> {
  let line = 1
  for (let next = texts.next(); next.done !== true; next = texts.next()) {
    line++
    const text = next.value.endsWith('\r') ? next.value.slice(0, -1) : next.value
    const where = `${path}, line ${line}`
    const value = parseJson(text, where)
    if (isObject(value) && Object.hasOwn(value, 'end')) {
      yield { line, text, end: readEnd(value['end'], where) }
      const more = texts.next()
      if (more.done !== true)
        throw new InputError(`${path}, line ${line + 1}: there is more after the end`)
      return
    }
    const fault = faultOfEvent(value)
    if (fault !== undefined) throw new InputError(`${where}: not an event: ${fault}`)
    yield { line, text, event: value as TraceEvent }
  }
  throw new InputError(
    `${path}: the trace is cut off: it has ${line - 1} events and no end, as if the run had been interrupted`,
  )
}

/**
 * Opens a trace file and reads its header.
 *
 * @throws InputError when it is no trace, or one of another format
 */
export const openTraceReader = (path: string): TraceReader => {
  const texts = linesOf(path)
  const first = texts.next()
  const header = readHeader(path, first.done === true ? undefined : first.value)
  return { ...header, lines: () => traceLines(path, texts) }
}

/**
 * Reads a whole trace.
 *
 * @throws InputError naming the line at fault
 */
export const readTrace = (path: string): Trace => {
  const reader = openTraceReader(path)
  const events: TraceEvent[] = []
  let end: TraceEnd | undefined
  for (const line of reader.lines()) {
    if ('end' in line) end = line.end
    else events.push(line.event)
  }
  if (end === undefined) throw new LocksimBug('the lines of a trace ended without its end')
  return { locksim: reader.locksim, plan: reader.plan, events, end }
}

/** Whether a file looks like a trace rather than a plan: its first line is a header. */
export const looksLikeTrace = (path: string): boolean => {
  const texts = linesOf(path)
  const first = texts.next()
  texts.return()
  return first.done !== true && first.value.slice(0, 200).includes('"locksim-trace/')
}
