/** Replay: runs the plan of a plan file or a trace file again; a trace must come out the same, event by event. */

import type { TraceEvent } from '#sim'
import { isSameLine, tellDifference } from './difference.ts'
import { InputError } from './errors.ts'
import type { Plan } from './plan.ts'
import { readPlan } from './plan-file.ts'
import { run } from './run.ts'
import type { RunOptions, RunResult } from './run.ts'
import { endOf, looksLikeTrace, openTraceReader } from './trace-file.ts'
import type { TraceLine, TraceReader } from './trace-file.ts'
import { eventLine } from './trace-shape.ts'
import { VERSION } from './version.ts'

/** The first place where a trace and the run of its own plan part. */
export interface Difference {
  /** Line of the file, counted from 1. */
  readonly line: number
  /** What the file has there, and what the run gives; undefined where one of them is over. */
  readonly trace: string | undefined
  readonly run: string | undefined
}

/** What came of a replay. */
export interface Replay {
  readonly result: RunResult
  readonly source: 'plan' | 'trace'
  readonly difference?: Difference
}

/** Compares what a run gives with a trace, line by line, and keeps the first difference. */
const comparing = (reader: TraceReader) => {
  const lines = reader.lines()
  let difference: Difference | undefined
  let unreadable: unknown
  let number = 1
  const expect = (text: string): void => {
    if (difference !== undefined || unreadable !== undefined) return
    let next: IteratorResult<TraceLine, void>
    try {
      next = lines.next()
    } catch (error) {
      // Kept for later: thrown from inside the run it would look like a mistake of the lock's.
      unreadable = error
      return
    }
    number++
    if (next.done === true) difference = { line: number, trace: undefined, run: text }
    else if (!isSameLine(next.value.text, text)) {
      difference = { line: number, trace: next.value.text, run: text }
    }
  }
  return {
    event: (event: TraceEvent) => expect(eventLine(event)),
    end(result: RunResult): Difference | undefined {
      expect(JSON.stringify({ end: endOf(result) }))
      if (unreadable !== undefined) throw unreadable
      if (difference !== undefined) lines.return()
      // Asks for what follows the end: a complete trace has nothing there.
      else lines.next()
      return difference
    },
  }
}

/**
 * Runs the plan of a trace again and compares.
 *
 * @throws InputError when the file is not a trace, is cut off, or has a line that is no event
 */
const replayTrace = (path: string, options: RunOptions): Replay => {
  const reader = openTraceReader(path)
  const comparison = comparing(reader)
  const result = run(reader.plan, {
    ...options,
    record(event) {
      comparison.event(event)
      options.record?.(event)
    },
  })
  const difference = comparison.end(result)
  return { result, source: 'trace', ...(difference === undefined ? {} : { difference }) }
}

/** The plan of a plan file or of the header of a trace file. */
export const planOf = (path: string): Plan =>
  looksLikeTrace(path) ? openTraceReader(path).plan : readPlan(path)

/** Runs a plan file, or a trace file, again. */
export const replay = (path: string, options: RunOptions = {}): Replay =>
  looksLikeTrace(path)
    ? replayTrace(path, options)
    : { result: run(readPlan(path), options), source: 'plan' }

/** Says what a difference means: the file is at fault, or was written by another locksim. */
export const differenceError = (
  path: string,
  { line, trace, run: given }: Difference,
): InputError =>
  new InputError(
    [
      `${path}: running its plan again gives another trace, from line ${line} on:`,
      tellDifference('the trace has', trace),
      tellDifference('the run gives', given),
      `the file was edited, or written by another version of locksim or of the lock (this is ${VERSION})`,
    ].join('\n'),
  )
