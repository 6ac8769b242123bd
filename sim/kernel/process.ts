/** Processes: generators driven step by step, and the joins behind `all` and `race`. */

import { Effect, hasUnclaimed, Op, opName, setPerformer, takeUnclaimed } from './effect.ts'
import type { Process } from './effect.ts'
import { SimulationError } from './errors.ts'
import type { Kernel } from './kernel.ts'
import type { Mailbox, Waiter } from './mailbox.ts'
import type { Target } from './queue.ts'
import type { Site } from './site.ts'
import { quantise } from './time.ts'
import type { Fact, Origin } from './trace.ts'

/** A child process as its parent sees it. */
export interface Task {
  readonly name: string
  /** Whether it returned, was stopped, or died with its node. */
  readonly ended: boolean
}

/** Steps that all processes together may take at one instant before somebody is said to be running in circles. */
const STEPS_AT_ONE_INSTANT = 100_000

/** What needs no waiting. */
type AtOnce = typeof Op.mark | typeof Op.clock | typeof Op.monotonic | typeof Op.note

const isAtOnce = (op: Op): op is AtOnce =>
  op === Op.mark || op === Op.clock || op === Op.monotonic || op === Op.note

/** One generator and where it stands. */
export class Runner implements Waiter, Task {
  readonly name: string
  readonly site: Site
  ended = false
  /** On whose behalf it acts now; children inherit it. */
  origin: Origin
  /** The effect that it asked for last, for error messages. */
  waitsFor: Op | undefined

  /** What the last effect that needed no waiting was answered. */
  answer: unknown = undefined
  /** Whether such an effect was carried out and yielded all the same, because something came in between. */
  private hasPerformed = false
  private failure: unknown = undefined
  private readonly kernel: Kernel
  private readonly generator: Process<unknown>
  private readonly done: Target | undefined
  private readonly doneTag: number
  // Each wait has a number, so that an answer that comes too late is recognised.
  private wait = 0
  // A sleep ends by the node's monotonic clock, which may have stood still meanwhile.
  private sleepDueMs = -1
  private frozenBeforeMs = 0
  /** The `all` or `race` that it waits for, or waited for last. */
  private joined: Join | undefined

  constructor(
    kernel: Kernel,
    site: Site,
    name: string,
    generator: Process<unknown>,
    origin: Origin,
    done?: Target,
    doneTag = 0,
  ) {
    this.kernel = kernel
    this.site = site
    this.name = name
    this.generator = generator
    this.origin = origin
    this.done = done
    this.doneTag = doneTag
    site.runners.push(this)
  }

  /** Takes the first step at this instant, after everything that is due already. */
  start(): void {
    this.kernel.soon(this, ++this.wait, undefined)
  }

  /** Ends it where it stands. `finally` blocks do not run: a killed process gets no last words. */
  kill(): void {
    this.ended = true
    const { runners } = this.site
    const position = runners.indexOf(this)
    if (position >= 0) runners.splice(position, 1)
    this.joined?.abandon()
  }

  accepts(tag: number): boolean {
    return !this.ended && tag === this.wait
  }

  fire(tag: number, payload: unknown): void {
    if (this.ended || tag !== this.wait) return
    if (!this.site.running) {
      this.site.defer(this, tag, payload)
      return
    }
    if (this.sleepDueMs >= 0) {
      const dueMs = this.sleepDueMs + (this.site.frozenMs - this.frozenBeforeMs)
      if (dueMs > this.kernel.nowMs) {
        this.kernel.queue.push(dueMs, this, tag, payload)
        return
      }
      this.sleepDueMs = -1
    }
    this.run(payload)
  }

  private run(first: unknown): void {
    const { kernel, site, generator } = this
    const { hash } = kernel
    let answer = first
    for (;;) {
      if (site.steps + 1 === site.aimedStep) {
        kernel.host.stepReached(site)
        if (this.standsStill(answer)) return
      }
      site.steps++
      kernel.current = this
      if (++kernel.stepsAtThisInstant > STEPS_AT_ONE_INSTANT) throw this.stuck()

      setPerformer(this)
      const result = generator.next(answer)
      if (this.failure !== undefined) throw this.failure
      if (hasUnclaimed()) throw this.forgotten()
      if (result.done === true) {
        this.finish(result.value)
        return
      }
      if (this.hasPerformed) {
        this.hasPerformed = false
        answer = this.answer
        // A fault may be aimed at the fact that was just stated.
        if (this.standsStill(answer)) return
        continue
      }
      const effect = result.value
      const op = (effect as Effect<unknown> | null | undefined)?.op as Op
      this.waitsFor = op
      hash.mixAt(kernel.nowMs, (site.id << 4) | op)

      switch (op) {
        case Op.sleep: {
          const ms = effect.amount
          if (!(ms >= 0))
            throw new SimulationError(`sleep(${ms}): a duration is a number of ms, 0 or more`)
          const dueMs = quantise(kernel.nowMs + ms / site.monotonicRate)
          this.sleepDueMs = dueMs
          this.frozenBeforeMs = site.frozenMs
          if (kernel.recording) kernel.host.traffic(site, { kind: 'slept', ms })
          // Sleeping for ever is legal, and needs no alarm.
          ++this.wait
          if (dueMs !== Infinity) kernel.queue.push(dueMs, this, this.wait, undefined)
          return
        }
        case Op.call:
          kernel.host.call(site, effect, this.origin, this, ++this.wait)
          return
        case Op.all:
        case Op.race:
          if (this.join(effect)) return
          answer = []
          continue
        case Op.spawn: {
          const child = new Runner(
            kernel,
            site,
            effect.first as string,
            effect.second as Process<unknown>,
            this.origin,
          )
          child.start()
          answer = child
          continue
        }
        case Op.stop:
          ;(effect.first as Runner).kill()
          if (this.ended) return
          answer = undefined
          continue
        case Op.receive: {
          const mailbox = effect.first as Mailbox<unknown>
          const letter = mailbox.take()
          if (letter !== undefined) {
            answer = letter
            continue
          }
          mailbox.await(this, ++this.wait)
          if (effect.amount !== Infinity) {
            kernel.queue.push(
              quantise(kernel.nowMs + effect.amount / site.monotonicRate),
              this,
              this.wait,
              undefined,
            )
          }
          return
        }
        case Op.post:
          ;(effect.first as Mailbox<unknown>).put(effect.second)
          answer = undefined
          continue
        default:
          throw new SimulationError(
            `yielded ${describe(effect)}, which is not an effect; write \`yield*\` before an effect such as sleep(), clock() or a call`,
          )
      }
    }
  }

  goesOn(effect: Effect<unknown>): boolean {
    const { op } = effect
    if (!isAtOnce(op)) return false
    const { kernel, site } = this
    this.waitsFor = op
    kernel.hash.mixAt(kernel.nowMs, (site.id << 4) | op)
    try {
      this.answer = this.perform(effect, op)
    } catch (error) {
      // Thrown from here, it would run through the lock's own code, which might catch it.
      this.failure = error
      return false
    }
    const isDisturbed = this.ended || !site.running || site.steps + 1 === site.aimedStep
    if (isDisturbed || kernel.stepsAtThisInstant >= STEPS_AT_ONE_INSTANT) {
      this.hasPerformed = true
      return false
    }
    site.steps++
    kernel.stepsAtThisInstant++
    return true
  }

  private perform(effect: Effect<unknown>, op: AtOnce): unknown {
    const { host, recording } = this.kernel
    switch (op) {
      case Op.clock: {
        const wallMs = host.wallMs(this.site)
        if (recording) this.readClock('wall', wallMs)
        return wallMs
      }
      case Op.monotonic: {
        const monotonicMs = host.monotonicMs(this.site)
        if (recording) this.readClock('monotonic', monotonicMs)
        return monotonicMs
      }
      case Op.mark:
        if (effect.second !== undefined) this.origin = effect.second as Origin
        return host.state(this.site, effect.first as Fact)
      case Op.note:
        return host.state(this.site, { kind: 'note', text: String(effect.first) })
    }
  }

  /** Whether it cannot take its next step now: it was killed, or is to go on with `answer` when its node runs again. */
  private standsStill(answer: unknown): boolean {
    if (this.ended) return true
    if (this.site.running) return false
    this.site.defer(this, ++this.wait, answer)
    return true
  }

  /** Starts the parts of `all` or `race`; false if there is nothing to wait for. */
  private join(effect: Effect<unknown>): boolean {
    const parts = effect.first as readonly unknown[]
    if (parts.length === 0 && effect.op === Op.all) return false
    const join = new Join(this, ++this.wait, parts.length, effect.op === Op.race)
    this.joined = join
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] as Effect<unknown> | Process<unknown>
      if (part instanceof Effect && part.op === Op.call) {
        this.kernel.host.call(this.site, part, this.origin, join, index)
        continue
      }
      const child = new Runner(
        this.kernel,
        this.site,
        `${this.name}/${index + 1}`,
        part instanceof Effect ? only(part) : part,
        this.origin,
        join,
        index,
      )
      join.adopt(child)
      child.start()
    }
    return true
  }

  private finish(value: unknown): void {
    this.kill()
    this.done?.fire(this.doneTag, value)
  }

  private readClock(which: 'wall' | 'monotonic', valueMs: number): void {
    this.kernel.host.traffic(this.site, { kind: 'clock-read', clock: which, valueMs })
  }

  private forgotten(): SimulationError {
    const effect = takeUnclaimed()
    if (effect === undefined) {
      return new SimulationError(
        'built an effect and never yielded it, so it did nothing; write `yield*` before every effect',
      )
    }
    const name = opName(effect.op)
    return new SimulationError(
      `built the effect ${name}() and never yielded it, so it did nothing; write \`yield* ${name}(…)\``,
      { effect: name },
    )
  }

  private stuck(): SimulationError {
    return new SimulationError(
      `took ${STEPS_AT_ONE_INSTANT} steps without virtual time moving on; a loop that waits must sleep() or receive()`,
    )
  }
}

/** Collects the answers of the parts of `all`, or the first one of `race`. */
class Join implements Waiter {
  /** The parts that are processes; most are calls and need none. */
  private children: Runner[] | undefined
  private readonly parent: Runner
  private readonly parentTag: number
  private readonly answers: unknown[]
  private left: number
  private readonly first: boolean

  constructor(parent: Runner, parentTag: number, parts: number, first: boolean) {
    this.parent = parent
    this.parentTag = parentTag
    this.left = parts
    this.first = first
    this.answers = new Array<unknown>(parts)
  }

  adopt(child: Runner): void {
    ;(this.children ??= []).push(child)
  }

  accepts(): boolean {
    return this.left > 0 && this.parent.accepts(this.parentTag)
  }

  fire(index: number, answer: unknown): void {
    if (!this.accepts()) return
    if (this.first) {
      this.abandon()
      this.parent.fire(this.parentTag, { index, answer })
      return
    }
    this.answers[index] = answer
    if (--this.left === 0) this.parent.fire(this.parentTag, this.answers)
  }

  /** Ends the parts that are still under way: nobody waits for them any more. */
  abandon(): void {
    this.left = 0
    for (const child of this.children ?? []) if (!child.ended) child.kill()
  }
}

/** An effect as a process of its own. */
function* only(effect: Effect<unknown>): Process<unknown> {
  return yield* effect
}

const describe = (value: unknown): string =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'
    ? 'a promise'
    : typeof value === 'object' && value !== null
      ? `an object with the fields ${Object.keys(value).slice(0, 5).join(', ') || '(none)'}`
      : String(value)
