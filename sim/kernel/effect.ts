/** Effects: what an active thing asks of the simulated world, one plain object a question. */

import { SimulationError } from './errors.ts'
import type { Mailbox } from './mailbox.ts'
import type { Task } from './process.ts'
import type { Fact, Origin } from './trace.ts'

/** What kind of question an effect is. Numbers, because the kernel switches on them at every step. */
export const Op = {
  sleep: 0,
  clock: 1,
  monotonic: 2,
  call: 3,
  all: 4,
  race: 5,
  spawn: 6,
  stop: 7,
  receive: 8,
  post: 9,
  mark: 10,
  note: 11,
} as const
export type Op = (typeof Op)[keyof typeof Op]

/** The name that a person wrote, for error messages and traces. */
export const opName = (op: Op): string =>
  (Object.keys(Op) as (keyof typeof Op)[]).find((name) => Op[name] === op) ?? `effect ${op}`

/**
 * A running piece of active code: a generator whose `yield*`s are effects.
 * The third parameter must be `unknown`: with `never`, un-annotated generators refuse to delegate.
 */
export type Process<Answer = void> = Generator<Effect<unknown>, Answer, unknown>

// Effects that were built and not yielded yet, as a number: this is counted at every effect of every run.
let unclaimed = 0
/** The first effect that was built when there was none. */
let oldest: Effect<unknown> | undefined
/** What stands in `value` of a part of `all` or `race` until it is asked for. */
const CLAIMED = Symbol('claimed')

const remember = (effect: Effect<unknown>): void => {
  oldest = effect
}

/** Carries out, for the process whose code is running, what needs no waiting. */
export interface Performer {
  /** Whether the effect was carried out and the process goes on with `answer`. If not, it is yielded. */
  goesOn(effect: Effect<unknown>): boolean
  readonly answer: unknown
}

let performer: Performer | undefined

/** Says whose code runs from now on, undefined if nobody's does; gives back whose did before. */
export const setPerformer = (next: Performer | undefined): Performer | undefined => {
  const before = performer
  performer = next
  return before
}

/**
 * A question to the world. `yield*` on it gives back a typed answer.
 *
 * One object is the request, its own one-shot iterator and its own iterator result, so that
 * an effect costs a single allocation. What needs no waiting (a fact, a look at a clock) is answered on the spot:
 * suspending a generator and going back into it would cost more than all the rest.
 */
export class Effect<out Answer> implements Iterator<Effect<unknown>, Answer, unknown> {
  readonly op: Op
  /** Operands; their meaning depends on `op` and only the kernel reads them. */
  readonly first: unknown
  readonly second: unknown
  readonly amount: number

  // The fields of an iterator result. `done` starts as undefined: nobody has asked yet.
  done: boolean | undefined = undefined
  value: unknown = undefined

  constructor(op: Op, amount: number, first: unknown, second: unknown) {
    this.op = op
    this.amount = amount
    this.first = first
    this.second = second
    if (unclaimed++ === 0) remember(this)
  }

  [Symbol.iterator](): Iterator<Effect<unknown>, Answer, unknown> {
    return this
  }

  next(answer?: unknown): IteratorResult<Effect<unknown>, Answer> {
    if (this.done === undefined) {
      if (this.value !== CLAIMED) unclaimed--
      const runs = performer
      if (runs?.goesOn(this) === true) {
        this.done = true
        this.value = runs.answer
      } else {
        this.done = false
        this.value = this
      }
    } else if (this.done) {
      throw new SimulationError(
        `the effect ${opName(this.op)}() was yielded twice; build a new one for each \`yield*\``,
      )
    } else {
      this.done = true
      this.value = answer
    }
    return this as unknown as IteratorResult<Effect<unknown>, Answer>
  }
}

/** Whether an effect was built and not yielded. Asked by the kernel after every step. */
export const hasUnclaimed = (): boolean => unclaimed !== 0

/**
 * Forgets what was built and never yielded, and gives back the oldest such effect. Undefined if there is none, or if
 * others were built before it in the same step and used: then nobody knows which one it is.
 */
export const takeUnclaimed = (): Effect<unknown> | undefined => {
  const found = oldest
  const isForgotten = unclaimed !== 0 && found?.done === undefined && found?.value !== CLAIMED
  unclaimed = 0
  oldest = undefined
  return isForgotten ? found : undefined
}

/** Sleeps for `ms` of the node's own monotonic clock. */
export const sleep = (ms: number): Effect<void> => new Effect(Op.sleep, ms, undefined, undefined)

/** Reads the node's wall clock, in ms. It may have been set wrong, drift, and jump. */
export const clock = (): Effect<number> => new Effect(Op.clock, 0, undefined, undefined)

/** Reads the node's monotonic clock, in ms. It may drift, never jumps, and stands still while the machine is suspended. */
export const monotonic = (): Effect<number> => new Effect(Op.monotonic, 0, undefined, undefined)

/** A part of `all` or `race`: an effect, or a whole process that runs as a child on the same node. */
export type Part<Answer> = Effect<Answer> | Process<Answer>

type Answers<Parts extends readonly unknown[]> = {
  -readonly [Index in keyof Parts]: Parts[Index] extends Effect<infer Answer>
    ? Answer
    : Parts[Index] extends Process<infer Answer>
      ? Answer
      : never
}

const claimParts = (parts: readonly unknown[]): void => {
  for (const part of parts) {
    if (!(part instanceof Effect) || part.value === CLAIMED) continue
    part.value = CLAIMED
    unclaimed--
  }
}

/** Asks for all parts at once and waits for every answer, in the order of the parts. */
export const all = <const Parts extends readonly Part<unknown>[]>(
  parts: Parts,
): Effect<Answers<Parts>> => {
  claimParts(parts)
  return new Effect(Op.all, 0, parts, undefined)
}

/** Asks for all parts at once and waits for the first answer; the others are abandoned, not undone. */
export const race = <const Parts extends readonly Part<unknown>[]>(
  parts: Parts,
): Effect<{ readonly index: number; readonly answer: Answers<Parts>[number] }> => {
  claimParts(parts)
  return new Effect(Op.race, 0, parts, undefined)
}

/** Starts a child process on the same node: a watchdog, a session's heartbeat. It dies with the node. */
export const spawn = (name: string, body: Process<unknown>): Effect<Task> =>
  new Effect(Op.spawn, 0, name, body)

/** Ends a child process where it stands, as a cancelled timer or a killed thread would. */
export const stop = (task: Task): Effect<void> => new Effect(Op.stop, 0, task, undefined)

/** Waits for the next letter in a mailbox of this node; `undefined` when `timeoutMs` passed first. */
export const receive = <Letter>(
  mailbox: Mailbox<Letter>,
  timeoutMs = Infinity,
): Effect<Letter | undefined> => new Effect(Op.receive, timeoutMs, mailbox, undefined)

/** Puts a letter into a mailbox of this node, e.g. to wake another process of the same node. */
export const post = <Letter>(mailbox: Mailbox<Letter>, letter: Letter): Effect<void> =>
  new Effect(Op.post, 0, mailbox, letter)

/** States a fact of the workload (an acquisition began, a lock was granted …) and what the process does from now on. */
export const mark = (fact: Fact, origin?: Origin): Effect<void> =>
  new Effect(Op.mark, 0, fact, origin)

/** Leaves a remark in the story. Takes no time. */
export const note = (text: string): Effect<void> => new Effect(Op.note, 0, text, undefined)
