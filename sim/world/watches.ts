/** Watches: who is to be called when a moment comes, be it a time, a step of a node or a fact. */

import { quantise } from '../kernel/index.ts'
import type { FactKind, Kernel } from '../kernel/index.ts'
import type { Moment } from './moment.ts'
import type { Node } from './node.ts'

interface FactWatch {
  readonly node: string
  left: number
  readonly ring: () => void
}

interface StepWatch {
  readonly step: number
  readonly ring: () => void
}

/** All moments that somebody waits for. */
export class Watches {
  /** Whether any fact is waited for: asked at every fact of every run. */
  any = false
  private readonly kernel: Kernel
  private readonly facts = new Map<FactKind, FactWatch[]>()
  private readonly steps = new Map<Node, readonly StepWatch[]>()

  constructor(kernel: Kernel) {
    this.kernel = kernel
  }

  /** Calls `ring` when the moment comes. `node` is the one that the moment names. */
  add(moment: Moment, node: Node | undefined, ring: () => void): void {
    if (typeof moment === 'number') {
      this.at(Math.max(quantise(moment), this.kernel.nowMs), ring)
      return
    }
    const { afterMs } = moment
    const later =
      afterMs === undefined
        ? ring
        : (): void => this.at(this.kernel.nowMs + quantise(afterMs), ring)
    if ('step' in moment) {
      if (node !== undefined) this.addStep(node, { step: moment.step, ring: later })
      return
    }
    const list = this.facts.get(moment.event) ?? []
    this.facts.set(moment.event, list)
    list.push({ node: moment.node, left: moment.nth ?? 1, ring: later })
    this.any = true
  }

  /** A fact of this kind was stated about a node. */
  stated(node: string, kind: FactKind): void {
    const list = this.facts.get(kind)
    if (list === undefined) return
    for (const watch of list) {
      if (watch.node !== node) continue
      watch.left--
      if (watch.left === 0) watch.ring()
    }
  }

  /** A node is about to take the step that it was aimed at. */
  stepReached(node: Node): void {
    const list = this.steps.get(node) ?? []
    const step = node.aimedStep
    const due = list.filter((watch) => watch.step <= step)
    this.setSteps(
      node,
      list.filter((watch) => watch.step > step),
    )
    for (const watch of due) watch.ring()
  }

  private addStep(node: Node, watch: StepWatch): void {
    const list = [...(this.steps.get(node) ?? []), watch]
    this.setSteps(
      node,
      list.sort((one, other) => one.step - other.step),
    )
  }

  private setSteps(node: Node, list: readonly StepWatch[]): void {
    this.steps.set(node, list)
    node.aimedStep = list[0]?.step ?? -1
  }

  private at(atMs: number, ring: () => void): void {
    this.kernel.at(atMs, { fire: ring }, 0, undefined)
  }
}
