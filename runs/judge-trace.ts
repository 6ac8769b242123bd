/** Judging a saved trace: the checkers fold its facts as they would have in the run. */

import type { AnyAlgorithm } from '#algorithms'
import type { Checker, PromiseName, RunEnd } from '#checkers'
import { FACT_KINDS } from '#sim'
import type { FactEvent, TraceEvent } from '#sim'
import { judge } from './judge.ts'
import type { Judged } from './judge.ts'
import { judgesByDefault, headerOf } from './run.ts'
import { settle } from './settle.ts'
import type { Trace } from './trace-file.ts'

/** What can be said of a run from its events alone. */
export interface JudgedTrace<Promised extends string = PromiseName> extends Judged<Promised> {
  /** Which faults struck, by their number in the plan. */
  readonly landed: readonly number[]
}

/** Nodes' own clocks are for readers of traces; in a run no judge sees them. */
const asInRun = (event: FactEvent): FactEvent => {
  if (event.wallMs === undefined) return event
  const { wallMs: _wallMs, ...rest } = event
  return rest as FactEvent
}

const kinds: ReadonlySet<string> = new Set(FACT_KINDS)

/** Judges see facts; the traffic of a full trace is for readers. */
const isFact = (event: TraceEvent): event is FactEvent => kinds.has(event.kind)

/** Judges a saved trace, e.g. with a checker that did not exist when it was written, or of a lock in no registry. */
export const judgeTrace = <Promised extends string = PromiseName>(
  { plan, events, end }: Pick<Trace, 'plan' | 'events' | 'end'>,
  checkers?: readonly Checker<Promised>[],
  algorithm?: AnyAlgorithm,
): JudgedTrace<Promised> => {
  const settled = settle(plan, algorithm)
  const facts = events.filter(isFact)
  const landed = new Set<number>()
  for (const fact of facts) if (fact.kind === 'fault-began') landed.add(fact.fault)
  const runEnd: RunEnd = {
    atMs: end.endedAtMs,
    why: end.why,
    idle: end.idle,
    faultsOverAtMs: end.faultsOverAtMs ?? Infinity,
  }
  return {
    ...judge(
      checkers ?? judgesByDefault<Promised>(settled.algorithm),
      headerOf(settled),
      facts.map(asInRun),
      runEnd,
    ),
    landed: [...landed].sort((one, other) => one - other),
  }
}
