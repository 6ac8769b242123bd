/** The six wishes that people have of a lock, answered from what was run. */

import { countOf, inMs, numeral } from '#checkers'
import type { PromiseName } from '#checkers'
import { cellsOf } from './cells.ts'
import type { Cell } from './cells.ts'
import type { LockCosts } from './costs.ts'
import type { MatrixRow } from './matrix.ts'

/** A wish of the article 分布式锁看这篇就够了 (zhisheng, 2018), and the answer. */
export interface Wish {
  readonly wish: 'one at a time' | 'reentrant' | 'blocking' | 'fair' | 'highly available' | 'fast'
  readonly answer: 'yes' | 'no' | 'not offered' | 'not tested'
  /** The answer's reason, in numbers. */
  readonly because: string
}

const namesOf = (cells: readonly Cell[]): string => cells.map(({ fault }) => fault).join(', ')

const testedIn = (cells: readonly Cell[]): string =>
  countOf(
    cells.reduce((sum, { tested }) => sum + tested, 0),
    'run',
  )

const promised = (
  wish: Wish['wish'],
  promise: PromiseName,
  cells: readonly Cell[],
  faults?: readonly string[],
): Wish => {
  const mine = cells.filter(
    (cell) => cell.promise === promise && cell.runs > 0 && (faults?.includes(cell.fault) ?? true),
  )
  const broken = mine.filter(({ verdict }) => verdict === 'violated')
  if (broken.length > 0) {
    const calm = broken.some(({ fault }) => fault === 'none')
    return {
      wish,
      answer: 'no',
      because: calm
        ? `${promise} is broken even if nothing goes wrong`
        : `${promise} is broken by ${namesOf(broken)}`,
    }
  }
  if (mine.some(({ verdict }) => verdict === 'held')) {
    return { wish, answer: 'yes', because: `${promise} held in ${testedIn(mine)}` }
  }
  return mine.length > 0 && mine.every(({ verdict }) => verdict === 'not offered')
    ? { wish, answer: 'not offered', because: 'the lock makes no such promise' }
    : { wish, answer: 'not tested', because: 'nothing put it to the test' }
}

const blocking = ({ campaigns }: MatrixRow): Wish => {
  const calm = campaigns.find(({ fault }) => fault.name === 'none')?.result
  if (calm === undefined || calm.contended === 0) {
    return { wish: 'blocking', answer: 'not tested', because: 'nobody competed' }
  }
  const { denials, grants } = calm.sums
  return denials === 0
    ? { wish: 'blocking', answer: 'yes', because: 'whoever asks waits until it has the lock' }
    : {
        wish: 'blocking',
        answer: 'no',
        because: `${numeral(denials)} of ${countOf(denials + grants, 'attempt')} came back without the lock`,
      }
}

const fast = (costs: LockCosts): Wish => {
  const { acquireRoundTrips, acquireRequests, releaseRoundTrips, takeOverMs } = costs
  const gone = takeOverMs === undefined ? 'never' : `${inMs(takeOverMs)} later`
  return {
    wish: 'fast',
    answer: acquireRoundTrips <= 2 ? 'yes' : 'no',
    because: `${countOf(acquireRoundTrips, 'round trip')} and ${countOf(acquireRequests, 'request')} to take it, ${countOf(releaseRoundTrips, 'round trip')} to release it; taken over after a crash of its holder: ${gone}`,
  }
}

/** The answers, from the row of a lock and its costs. */
export const wishesOf = (row: MatrixRow, costs: LockCosts): readonly Wish[] => {
  const cells = cellsOf(row)
  return [
    promised('one at a time', 'exclusion/effect', cells),
    promised('reentrant', 'reentrancy', cells),
    blocking(row),
    promised('fair', 'fairness', cells),
    promised('highly available', 'availability', cells, [
      'server-crash',
      'server-loss',
      'failover',
    ]),
    fast(costs),
  ]
}
