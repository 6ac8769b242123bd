/** The kernel: virtual time, and the loop that takes the earliest event and lets its target act. */

import { opName, setPerformer, takeUnclaimed } from './effect.ts'
import type { Effect, Process } from './effect.ts'
import { LocksimBug, SimulationError, wordsOf } from './errors.ts'
import type { Place } from './errors.ts'
import { RollingHash } from './hash.ts'
import type { Soon, Waiter } from './mailbox.ts'
import { Runner } from './process.ts'
import { giveBackQueue, takeQueue } from './queue.ts'
import type { Target } from './queue.ts'
import type { Site } from './site.ts'
import type { Fact, Origin, Traffic } from './trace.ts'

/** What the kernel asks of the world around it. */
export interface Host {
  /** The site's wall clock now, in ms. */
  wallMs(site: Site): number
  /** The site's monotonic clock now, in ms. */
  monotonicMs(site: Site): number
  /** Sends a request; the reply fires `waiter` with `tag`. */
  call(site: Site, effect: Effect<unknown>, origin: Origin, waiter: Waiter, tag: number): void
  /** A process states a fact. A fault may strike before this returns. */
  state(site: Site, fact: Fact): void
  /** The step that a fault is aimed at is about to be taken. */
  stepReached(site: Site): void
  /** Something that only a full trace keeps. Called only while `recording`. */
  traffic(site: Site, traffic: Traffic): void
}

/** Why the loop stopped. */
export type StopReason = 'halted' | 'idle' | 'horizon' | 'event-budget'

/** One simulation. */
export class Kernel implements Soon {
  readonly queue = takeQueue()
  readonly hash = new RollingHash()
  readonly host: Host
  /** True time, in ms. */
  nowMs = 0
  /** Events handled so far. */
  events = 0
  /** Whether the host wants traffic. */
  recording = false
  /** The process that took the last step within the event that is being handled, to be named in errors. */
  current: Runner | undefined
  stepsAtThisInstant = 0
  private halted = false
  private ran = false

  constructor(host: Host) {
    this.host = host
  }

  /** Schedules an event at true time `atMs`, a multiple of 1/8 that must not lie in the past. */
  at(atMs: number, target: Target, tag: number, payload: unknown): void {
    if (!(atMs >= this.nowMs)) {
      throw new LocksimBug(`an event was scheduled for ${atMs} ms at ${this.nowMs} ms`)
    }
    if (atMs !== Infinity) this.queue.push(atMs, target, tag, payload)
  }

  soon(target: Target, tag: number, payload: unknown): void {
    this.queue.push(this.nowMs, target, tag, payload)
  }

  /** Starts a process on a site. */
  start(site: Site, name: string, body: Process<unknown>, origin: Origin): Runner {
    const runner = new Runner(this, site, name, body, origin)
    runner.start()
    return runner
  }

  /** Ends the loop after the event that is being handled. */
  halt(): void {
    this.halted = true
  }

  /**
   * Handles events in order until `halt`, until none is left, until the next lies after `horizonMs`, or
   * until `eventsMax` have been handled.
   *
   * @throws SimulationError naming node, process and effect, when an active thing broke the rules or threw
   */
  run(horizonMs: number, eventsMax: number): StopReason {
    if (this.ran) throw new LocksimBug('a kernel runs only once')
    this.ran = true
    const { queue } = this
    takeUnclaimed()
    // Who watches a run may well start another in the middle of it.
    const outer = setPerformer(undefined)
    try {
      while (!this.halted) {
        const atMs = queue.pop()
        if (atMs !== this.nowMs) {
          if (atMs < 0) return 'idle'
          if (atMs > horizonMs) {
            this.nowMs = horizonMs
            return 'horizon'
          }
          this.nowMs = atMs
          this.stepsAtThisInstant = 0
        }
        if (++this.events > eventsMax) return 'event-budget'
        this.current = undefined
        queue.target.fire(queue.tag, queue.payload)
      }
      return 'halted'
    } catch (error) {
      throw this.explain(error)
    } finally {
      setPerformer(outer)
      giveBackQueue(queue)
    }
  }

  /** Whose code runs now, and what it asked for last, for error messages. */
  place(): Place {
    const { current } = this
    if (current === undefined) return { atMs: this.nowMs }
    const { site, name, waitsFor } = current
    return {
      node: site.name,
      process: name,
      ...(waitsFor === undefined ? {} : { effect: opName(waitsFor) }),
      atMs: this.nowMs,
    }
  }

  private explain(error: unknown): unknown {
    takeUnclaimed()
    if (error instanceof LocksimBug || this.current === undefined) return error
    const place = this.place()
    if (error instanceof SimulationError) return error.at(place)
    return new SimulationError(`threw ${wordsOf(error)}`, place, error)
  }
}
