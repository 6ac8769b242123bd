/** A node: a machine with its own clocks, one process image in memory, and alarms that follow its clocks. */

import { Site } from '../kernel/index.ts'
import type { Kernel, Target } from '../kernel/index.ts'
import { Clock, rateOf } from './clock.ts'

/** How a node's clocks start. */
export interface ClockConfig {
  /** How far the wall clock is ahead of true time at the start, in ms. */
  readonly offsetMs: number
  /** How much both clocks gain, in parts per million: one oscillator drives them. */
  readonly driftPpm: number
}

/** What a service or a client runs on. */
export class Node extends Site {
  readonly wall: Clock
  readonly monotonic: Clock
  /** False while its process is dead. */
  up = true
  /** False after a death without a word: whatever else runs on the machine is gone as well. */
  powered = true
  /** Starts of the process so far: connections of an earlier life mean nothing to a later one. */
  incarnation = 0
  /** Pauses and suspends that are in force now. */
  pauses = 0
  /** Suspends among them. */
  suspends = 0
  /** True time at which the monotonic clock stopped. */
  frozenAtMs = 0
  driftPpm: number
  readonly alarms: Alarm[] = []
  /** True time at which its process last sent a request to a server of the lock; -1 if never. */
  volleyAtMs = -1

  constructor(id: number, name: string, config: ClockConfig) {
    super(id, name)
    this.driftPpm = config.driftPpm
    this.wall = new Clock(config.offsetMs, config.driftPpm)
    this.monotonic = new Clock(0, config.driftPpm)
    this.monotonicRate = rateOf(config.driftPpm)
  }

  /** Tells the alarms that a clock was touched. */
  clocksChanged(): void {
    for (const alarm of this.alarms) alarm.rearm()
  }
}

/** Rings when a clock of a node shows a given time, whatever happens to that clock meanwhile. */
export class Alarm implements Target {
  private readonly kernel: Kernel
  private readonly clock: Clock
  private readonly onRing: () => void
  private version = 0
  private localMs = Infinity
  private armedForMs = Infinity

  constructor(kernel: Kernel, node: Node, which: 'wall' | 'monotonic', onRing: () => void) {
    this.kernel = kernel
    this.clock = node[which]
    this.onRing = onRing
    node.alarms.push(this)
  }

  /** Sets or moves it; Infinity turns it off. */
  set(localMs: number): void {
    this.localMs = localMs
    // An event that is pending for an earlier instant finds out there that it was early, and costs less than a second event.
    if (localMs === Infinity) return
    const atMs = this.clock.whenShows(localMs, this.kernel.nowMs)
    if (atMs < this.armedForMs) this.arm(atMs)
  }

  /** Looks again when to ring: the clock was touched. */
  rearm(): void {
    this.armedForMs = Infinity
    this.version++
    this.set(this.localMs)
  }

  fire(tag: number): void {
    if (tag !== this.version) return
    this.armedForMs = Infinity
    if (this.localMs === Infinity) return
    if (this.clock.read(this.kernel.nowMs) < this.localMs) {
      // Rounding can leave the clock a tick short of what whenShows promised.
      this.arm(
        Math.max(this.clock.whenShows(this.localMs, this.kernel.nowMs), this.kernel.nowMs + 1 / 8),
      )
      return
    }
    this.localMs = Infinity
    this.onRing()
  }

  private arm(atMs: number): void {
    this.armedForMs = atMs
    this.kernel.at(atMs, this, ++this.version, undefined)
  }
}
