/** A node's clock: a line against true time that can be set, bent and stopped. */

import { quantiseDown, quantiseUp } from '../kernel/index.ts'

/** Shows `local = baseLocal + (true − baseTrue) × rate`, in multiples of 1/8 ms, rounded down. */
export class Clock {
  private baseTrueMs = 0
  private baseLocalMs: number
  private rateNow: number

  constructor(offsetMs: number, driftPpm: number) {
    this.baseLocalMs = offsetMs
    this.rateNow = rateOf(driftPpm)
  }

  /** Local ms per true ms; 0 while stopped. */
  get rate(): number {
    return this.rateNow
  }

  /** What it shows at true time `nowMs`. */
  read(nowMs: number): number {
    return quantiseDown(this.exact(nowMs))
  }

  /** Sets it `byMs` ahead (or back): a step, as `ntpdate`, an operator or a leap second makes. */
  jump(nowMs: number, byMs: number): void {
    this.rebase(nowMs)
    this.baseLocalMs += byMs
  }

  /** Changes its rate from now on; 0 stops it. */
  setRate(nowMs: number, rate: number): void {
    this.rebase(nowMs)
    this.rateNow = rate
  }

  /** The first true instant, not before `nowMs`, at which it shows `localMs` or more if nobody touches it; Infinity if never. */
  whenShows(localMs: number, nowMs: number): number {
    if (this.exact(nowMs) >= localMs) return nowMs
    if (this.rateNow === 0 || localMs === Infinity) return Infinity
    return Math.max(
      nowMs,
      quantiseUp(this.baseTrueMs + (localMs - this.baseLocalMs) / this.rateNow),
    )
  }

  private exact(nowMs: number): number {
    return this.baseLocalMs + (nowMs - this.baseTrueMs) * this.rateNow
  }

  private rebase(nowMs: number): void {
    this.baseLocalMs = this.exact(nowMs)
    this.baseTrueMs = nowMs
  }
}

/** The rate of a clock that gains `driftPpm` microseconds in each second. */
export const rateOf = (driftPpm: number): number => 1 + driftPpm / 1_000_000
