/** How far a campaign is: which stretches are handed out, which are done, and when it is enough. */

import type { AnyAlgorithm } from '#algorithms'
import type { PromiseName } from '#checkers'
import { decides } from '../outcome.ts'
import type { FuzzRequest, Stopped } from './request.ts'
import { addSum, emptySum, STRETCH } from './stretch.ts'
import type { Stretch, StretchSum } from './stretch.ts'

/** Threads that died for a lock before it is given up. */
export const DEATHS_MAX = 3

/**
 * The stretches of a campaign. They are done in any order, and taken in the order of their runs: what comes after the
 * end of a campaign is thrown away, so that the number of threads changes nothing.
 */
export class Stretches {
  /** Sum of all stretches from the first on without a gap. */
  readonly whole: StretchSum = emptySum()
  private readonly algorithm: AnyAlgorithm
  private readonly request: FuzzRequest
  private readonly waiting = new Map<number, StretchSum>()
  private handedOut = 0
  private taken = 0
  private ended: Stopped | undefined

  constructor(algorithm: AnyAlgorithm, request: FuzzRequest) {
    this.algorithm = algorithm
    this.request = request
  }

  /** The next stretch to run; undefined when there is none, or it is enough. */
  next(): { readonly index: number; readonly stretch: Stretch } | undefined {
    if (this.ended !== undefined) return undefined
    const { seed, runs } = this.request
    const from = this.handedOut * STRETCH
    if (from >= runs) return undefined
    const index = this.handedOut++
    return { index, stretch: { seed, from, to: Math.min(runs, from + STRETCH) } }
  }

  /** A stretch is done. */
  done(index: number, sum: StretchSum): void {
    this.waiting.set(index, sum)
    while (!this.isFinal) {
      const part = this.waiting.get(this.taken)
      if (part === undefined) break
      this.waiting.delete(this.taken++)
      addSum(this.whole, part)
      if (this.request.until === 'found' && this.endsWith(part)) this.stop('found')
      else if (this.whole.deaths >= DEATHS_MAX) this.stop('mishaps')
    }
  }

  /** No more stretches are handed out; those that were are still taken, unless what ends it lies in its runs. */
  stop(why: Stopped): void {
    if (this.ended === undefined || why === 'found' || why === 'mishaps') this.ended = why
  }

  /** Why it ended. */
  get stopped(): Stopped {
    const isCutShort = this.isFinal || this.whole.runs < this.request.runs
    return isCutShort ? (this.ended ?? 'runs') : 'runs'
  }

  private get isFinal(): boolean {
    return this.ended === 'found' || this.ended === 'mishaps'
  }

  /** Promises that were broken and are looked for. */
  brokenPromises(): readonly PromiseName[] {
    return Object.entries(this.whole.promises)
      .filter(([promise, { smallest }]) => smallest !== undefined && this.isWanted(promise))
      .map(([promise]) => promise as PromiseName)
  }

  private isWanted(promise: string): boolean {
    return this.request.promise === undefined || promise === this.request.promise
  }

  /** Whether this part broke a promise that ends a campaign which looks for the first. */
  private endsWith({ promises }: StretchSum): boolean {
    return Object.entries(promises).some(
      ([promise, { smallest }]) =>
        smallest !== undefined &&
        (this.request.promise === undefined
          ? decides(this.algorithm, promise)
          : promise === this.request.promise),
    )
  }
}
