/** Judging a run: all of its facts, once they are known, before every judge. */

import { countAttempts, measureOrphansAndPhantoms, startJudging } from '#checkers'
import type {
  Checker,
  OrphanPhantom,
  PromiseName,
  RunEnd,
  RunHeader,
  Tally,
  Verdict,
} from '#checkers'
import type { FactEvent } from '#sim'

/** What the judges make of a run. */
export interface Judged<Promised extends string = PromiseName> {
  readonly verdicts: readonly Verdict<Promised>[]
  /** Measured beside the promises. */
  readonly measures: OrphanPhantom
  readonly tally: Tally
}

/**
 * Shows the facts of a run to the judges, in order. They come after the run, not in the middle of it: there they cannot
 * disturb it, a judge that fails is not taken for a lock that does, and they keep out of the simulator's caches.
 */
export const judge = <Promised extends string>(
  checkers: readonly Checker<Promised>[],
  header: RunHeader,
  facts: readonly FactEvent[],
  end: RunEnd,
): Judged<Promised> => {
  const judging = startJudging(checkers, header)
  const spells = measureOrphansAndPhantoms()
  const tally = countAttempts()
  for (const fact of facts) {
    judging.see(fact)
    spells.see(fact)
    tally.see(fact)
  }
  return { verdicts: judging.end(end), measures: spells.end(end.atMs), tally: tally.end() }
}
