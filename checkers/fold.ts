/** Judging: runs a set of checkers over the events of one run, live or from a saved trace. */

import type { EventKind, FactEvent, FactKind, TraceEvent } from '#sim'
import type { Checker, Judgement, RunEnd, RunHeader, Verdict } from './checker.ts'

/** A set of checkers at work on one run. */
export interface Judging {
  /** Shows one event to the checkers that want its kind. Traffic of a full trace concerns none of them. */
  see(event: TraceEvent): void
  /** The verdicts, in the order of the checkers. */
  end(end: RunEnd): Verdict[]
}

type Table = ReadonlyMap<EventKind, readonly number[]>

// Campaigns judge thousands of runs a second with one set of checkers, so its table is made once.
const tables = new WeakMap<readonly Checker[], Table>()

const tableOf = (checkers: readonly Checker[]): Table => {
  const known = tables.get(checkers)
  if (known !== undefined) return known
  const table = new Map<FactKind, number[]>()
  checkers.forEach((checker, index) => {
    for (const kind of new Set(checker.sees)) {
      const positions = table.get(kind)
      if (positions === undefined) table.set(kind, [index])
      else positions.push(index)
    }
  })
  tables.set(checkers, table)
  return table
}

/** Starts the checkers on a run. */
export const startJudging = (checkers: readonly Checker[], header: RunHeader): Judging => {
  const table = tableOf(checkers)
  const judgements: Judgement[] = []
  for (const checker of checkers) judgements.push(checker.start(header))
  return {
    see(event) {
      const positions = table.get(event.kind)
      if (positions === undefined) return
      // Only kinds of facts are in the table.
      const fact = event as FactEvent
      for (let index = 0; index < positions.length; index++) {
        judgements[positions[index] as number]?.see(fact)
      }
    },
    end: (end) => judgements.map((judgement) => judgement.end(end)),
  }
}
