/** Judging: runs a set of checkers over the events of one run, as they happen or when it is over. */

import type { FactEvent, FactKind } from '#sim'
import type { Checker, Judgement, RunEnd, RunHeader, Verdict } from './checker.ts'
import { newHistory } from './shared-history.ts'

/** A set of checkers at work on one run. */
export interface Judging<Promised extends string> {
  /** Keeps a fact in the history and shows it to the checkers that want its kind. */
  see(fact: FactEvent): void
  /** The verdicts, in the order of the checkers. */
  end(end: RunEnd): Verdict<Promised>[]
}

type Table = ReadonlyMap<FactKind, readonly number[]>

// Campaigns judge thousands of runs a second with one set of checkers, so its table is made once.
const tables = new WeakMap<readonly Checker<string>[], Table>()

const tableOf = (checkers: readonly Checker<string>[]): Table => {
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
export const startJudging = <Promised extends string>(
  checkers: readonly Checker<Promised>[],
  header: RunHeader,
): Judging<Promised> => {
  const table = tableOf(checkers)
  const history = newHistory()
  const judgements: Judgement<Promised>[] = []
  for (const checker of checkers) judgements.push(checker.start(header, history))
  return {
    see(fact) {
      history.see(fact)
      const positions = table.get(fact.kind)
      if (positions === undefined) return
      for (let index = 0; index < positions.length; index++) {
        judgements[positions[index] as number]?.see(fact)
      }
    },
    end: (end) => judgements.map((judgement) => judgement.end(end)),
  }
}
