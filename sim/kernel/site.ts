/** A site: the place where processes run. It runs, stands still, or is down, and counts its steps. */

import type { Runner } from './process.ts'
import type { Target } from './queue.ts'

interface Deferred {
  readonly target: Target
  readonly tag: number
  readonly payload: unknown
}

/** What the kernel knows of a node. The world's nodes extend it with clocks. */
export class Site {
  readonly id: number
  readonly name: string
  /** Whether its processes can take a step now: up, and not paused. */
  running = true
  /** Steps so far, from an answer to the next effect, of all its processes together. */
  steps = 0
  /** The host is asked before this step is taken; -1 for none. */
  aimedStep = -1
  /** How long the monotonic clock has stood still so far, in ms of true time. */
  frozenMs = 0
  /** Rate of the monotonic clock against true time. */
  monotonicRate = 1
  /** The processes that live here, in order of birth. */
  readonly runners: Runner[] = []
  private deferred: Deferred[] = []

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }

  /** Keeps what arrives while the node stands still (a message in its socket buffer, a timer that rang). */
  defer(target: Target, tag: number, payload: unknown): void {
    this.deferred.push({ target, tag, payload })
  }

  /** Takes out what was deferred, in order of arrival. */
  takeDeferred(): readonly Deferred[] {
    const taken = this.deferred
    this.deferred = []
    return taken
  }
}
