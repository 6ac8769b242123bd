/** The network: a directed link for each pair of nodes, with latency, cuts and rules for single messages. */

import type { Choice, Stream, Target } from '../kernel/index.ts'
import { quantise, ticksToMs, TICKS_PER_MS } from '../kernel/index.ts'
import { streamOfPair } from './names.ts'
import type { Node } from './node.ts'

/** One-way latency, drawn evenly from a range. */
export interface Latency {
  readonly minMs: number
  readonly maxMs: number
}

/** What a rule does to a message that it strikes. */
export type MessageAction =
  | { readonly kind: 'lose' }
  /** Arrives `byMs` late; messages sent after it may overtake it, as on another connection. */
  | { readonly kind: 'delay'; readonly byMs: number }
  /** Arrives twice, the second time `byMs` after the first. */
  | { readonly kind: 'duplicate'; readonly byMs: number }

/** Strikes messages on a link. */
export interface MessageRule {
  /** Operation of the requests that it strikes (or whose replies it strikes); undefined for all messages. */
  readonly operation: string | undefined
  /** How many matching messages to let pass first. */
  skip: number
  /** How many to strike. */
  left: number
  readonly action: MessageAction
  /** Called when it strikes. */
  readonly struck: () => void
}

interface HeldMessage {
  readonly target: Target
  readonly tag: number
  readonly payload: unknown
}

// A run has dozens of links, and hardly any is ever disturbed: what only faults need is made when they come.
const NO_RULES: readonly MessageRule[] = []
const NOTHING_HELD: readonly HeldMessage[] = []

/** One direction between two nodes. Messages arrive in the order in which they were sent, as on a TCP connection. */
export class Link {
  readonly from: Node
  readonly to: Node
  /** Whether anything but latency can happen to a message here now. */
  disturbed = false
  private rules: readonly MessageRule[] = NO_RULES
  private readonly minMs: number
  private readonly span: number
  private readonly stream: Stream | undefined
  private lastArrivalMs = 0
  private cuts = 0
  private holds = 0
  private held: HeldMessage[] | undefined

  constructor(from: Node, to: Node, latency: Latency, stream: Stream | undefined) {
    this.from = from
    this.to = to
    this.minMs = quantise(latency.minMs)
    this.span = Math.round((latency.maxMs - latency.minMs) * TICKS_PER_MS) + 1
    this.stream = stream
  }

  /** Whether messages get lost here now. */
  get cut(): boolean {
    return this.cuts > 0
  }

  /** Whether messages wait here now until the link heals. */
  get holding(): boolean {
    return this.holds > 0
  }

  /** When a message sent now arrives, behind everything sent before it. */
  arrivalMs(nowMs: number): number {
    const travelMs =
      this.stream === undefined ? this.minMs : this.minMs + ticksToMs(this.stream.pick(this.span))
    const atMs = nowMs + travelMs
    if (atMs <= this.lastArrivalMs) return this.lastArrivalMs
    this.lastArrivalMs = atMs
    return atMs
  }

  /** The first rule that strikes a message of this operation, if any. */
  strike(operation: string | undefined): MessageAction | undefined {
    for (const rule of this.rules) {
      if (rule.operation !== undefined && rule.operation !== operation) continue
      if (rule.skip > 0) {
        rule.skip--
        continue
      }
      if (rule.left <= 0) continue
      rule.left--
      rule.struck()
      return rule.action
    }
    return undefined
  }

  /** Begins a cut. `hold`: what is sent meanwhile is kept by the network and delivered at the end. */
  begin(hold: boolean): void {
    if (hold) this.holds++
    else this.cuts++
    this.update()
  }

  /** Ends a cut; gives back what was held. */
  end(hold: boolean): readonly HeldMessage[] {
    if (hold) this.holds--
    else this.cuts--
    this.update()
    if (!hold || this.holds > 0) return NOTHING_HELD
    const released = this.held ?? NOTHING_HELD
    this.held = undefined
    return released
  }

  /** Keeps a message until the link heals. */
  keep(target: Target, tag: number, payload: unknown): void {
    ;(this.held ??= []).push({ target, tag, payload })
  }

  /** Adds a rule for messages that are sent from now on. */
  addRule(rule: MessageRule): void {
    this.rules = [...this.rules, rule]
    this.update()
  }

  /** Takes a rule away. */
  removeRule(rule: MessageRule): void {
    this.rules = this.rules.filter((other) => other !== rule)
    this.update()
  }

  private update(): void {
    this.disturbed = this.cuts > 0 || this.holds > 0 || this.rules.length > 0
  }
}

/** More nodes than any world has: tells pairs of nodes apart by one number. */
const NODES_MAX = 1 << 15

/** The two directions between two nodes, named after the node that was made first. */
interface Pair {
  readonly outward: Link
  readonly homeward: Link
}

/** All links, made when first used: a thousand clients need no million links. */
export class Network {
  private readonly pairs = new Map<number, Pair>()
  private readonly latency: Latency
  private readonly choice: Choice

  constructor(latency: Latency, choice: Choice) {
    this.latency = latency
    this.choice = choice
  }

  /** The link from one node to another. */
  link(from: Node, to: Node): Link {
    return from.id < to.id ? this.between(from, to).outward : this.between(to, from).homeward
  }

  private between(first: Node, second: Node): Pair {
    const key = first.id * NODES_MAX + second.id
    const known = this.pairs.get(key)
    if (known !== undefined) return known
    const { latency } = this
    // One stream for both directions: half the seeding, and still nobody else's draws.
    const stream =
      latency.maxMs > latency.minMs
        ? this.choice.stream(streamOfPair('latency', first.name, second.name))
        : undefined
    const pair = {
      outward: new Link(first, second, latency, stream),
      homeward: new Link(second, first, latency, stream),
    }
    this.pairs.set(key, pair)
    return pair
  }
}
