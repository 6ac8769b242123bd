/** Mailboxes: how something that arrives at a node (a watch event, a published message) wakes a process there. */

import type { Target } from './queue.ts'

/** A target that can say whether it still waits for what it asked. */
export interface Waiter extends Target {
  accepts(tag: number): boolean
}

/** What a mailbox needs of the kernel. */
export interface Soon {
  /** Fires the target at this instant, after everything that is due already. */
  soon(target: Target, tag: number, payload: unknown): void
}

/** Letters in order of arrival, and at most one process that waits for the next. Lost with the node's memory. */
export class Mailbox<Letter> implements Target {
  private readonly kernel: Soon
  private readonly letters: Letter[] = []
  private waiter: Waiter | undefined
  private waiterTag = 0
  private due = false

  constructor(kernel: Soon) {
    this.kernel = kernel
  }

  /** Letters that nobody has taken yet. */
  get waiting(): number {
    return this.letters.length
  }

  /** Adds a letter; the process that waits, if any, gets it at this instant but not inside this call. */
  put(letter: Letter): void {
    this.letters.push(letter)
    this.ring()
  }

  /** Takes the oldest letter at once, or undefined. */
  take(): Letter | undefined {
    return this.letters.shift()
  }

  /** Throws away all letters. */
  clear(): void {
    this.letters.length = 0
  }

  /** Registers who is to get the next letter. A second waiter replaces the first. */
  await(waiter: Waiter, tag: number): void {
    this.waiter = waiter
    this.waiterTag = tag
    if (this.letters.length > 0) this.ring()
  }

  fire(): void {
    this.due = false
    const { waiter } = this
    // A waiter whose time ran out must not swallow the letter: it stays for the next one.
    if (waiter === undefined || this.letters.length === 0 || !waiter.accepts(this.waiterTag)) return
    this.waiter = undefined
    waiter.fire(this.waiterTag, this.letters.shift())
  }

  private ring(): void {
    if (this.due || this.waiter === undefined) return
    this.due = true
    this.kernel.soon(this, 0, undefined)
  }
}
