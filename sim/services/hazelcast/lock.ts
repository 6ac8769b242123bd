/** The state of one FencedLock: owner, count, queue, and the results that are remembered so that a retry changes nothing. */

// cp/internal/datastructures/lock/Lock.java and spi/blocking/BlockingResource.java.

import type { Origin } from '../../kernel/index.ts'
import { INVALID_FENCE } from './requests.ts'
import type { Invocation, Ownership } from './requests.ts'

/** A call that acquires, or waits to. */
export interface LockKey extends Invocation {
  /** Where its command stands in the log: the fence of the hold. */
  readonly fence: number
  readonly origin: Origin
  /** When a wait is over, by this member's clock; Infinity for never. */
  readonly untilMs: number
}

/** What became of a call to acquire: a fence, none, or `queued`. */
export type Acquired = number | 'queued'

/** What a change has brought about beside its own answer. */
export interface Outcome<Answer> {
  readonly answer: Answer
  /** Calls that wait no more because they have the lock now. */
  readonly granted: readonly LockKey[]
  /** Calls that wait no more because their callers have moved on. */
  readonly cancelled: readonly LockKey[]
}

const NO_KEYS: readonly LockKey[] = []

const isSameEndpoint = (one: Invocation, other: Invocation): boolean =>
  one.session === other.session && one.thread === other.thread

/** One lock. */
export class FencedLockState {
  owner: LockKey | undefined
  count = 0
  queue: LockKey[] = []
  private readonly limit: number
  /** Results of calls by endpoint and uid. */
  private memo: { readonly of: Invocation; readonly fence: number; readonly count: number }[] = []

  constructor(limit: number) {
    this.limit = limit > 0 ? limit : Infinity
  }

  /** Assigns the lock, counts one more for its owner, or queues the call; a retry gets what the first try got. */
  acquire(key: LockKey, wait: boolean): Outcome<Acquired> {
    const known = this.remembered(key)
    if (known !== undefined) return this.only(known.fence)
    this.owner ??= key
    if (isSameEndpoint(this.owner, key)) {
      if (this.count === this.limit) {
        this.remember(key, INVALID_FENCE, 0)
        return this.only(INVALID_FENCE)
      }
      this.count++
      this.remember(key, this.owner.fence, this.count)
      return this.only(this.owner.fence)
    }
    const cancelled = this.cancelWaits(key)
    if (!wait) {
      this.remember(key, INVALID_FENCE, 0)
      return { answer: INVALID_FENCE, granted: NO_KEYS, cancelled }
    }
    if (!this.queue.some(({ uid }) => uid === key.uid)) this.queue.push(key)
    return { answer: 'queued', granted: NO_KEYS, cancelled }
  }

  /** Counts one less; at none the lock goes to the first of the queue. Undefined if it is not the caller's. */
  release(caller: Invocation): Outcome<boolean | undefined> {
    const known = this.remembered(caller)
    if (known !== undefined) return this.only(known.count > 0)
    if (this.owner === undefined || !isSameEndpoint(this.owner, caller)) {
      // Who unlocks has stopped waiting for its lock.
      return { answer: undefined, granted: NO_KEYS, cancelled: this.cancelWaits(caller) }
    }
    if (--this.count > 0) {
      this.remember(caller, this.owner.fence, this.count)
      return this.only(true)
    }
    this.forget((of) => isSameEndpoint(of, caller))
    const granted = this.passOn()
    this.remember(caller, INVALID_FENCE, 0)
    return { answer: false, granted, cancelled: NO_KEYS }
  }

  /** Sessions are over: their waits are, and what one of them held goes to the first of the queue. */
  closeSessions(sessions: readonly number[]): Outcome<boolean> {
    const isOver = ({ session }: Invocation): boolean => sessions.includes(session)
    // All waits first. Otherwise the lock would pass through the hands of a session that ends in the same instant.
    const cancelled = this.queue.filter(isOver)
    if (cancelled.length > 0) this.queue = this.queue.filter((key) => !isOver(key))
    this.forget(isOver)
    if (this.owner === undefined || !isOver(this.owner)) {
      return { answer: false, granted: NO_KEYS, cancelled }
    }
    return { answer: true, granted: this.passOn(), cancelled }
  }

  /** Waits that took too long end without the lock. */
  expireWaits(uids: readonly string[]): readonly LockKey[] {
    const expired = this.queue.filter(({ uid }) => uids.includes(uid))
    this.queue = this.queue.filter(({ uid }) => !uids.includes(uid))
    for (const key of expired) this.remember(key, INVALID_FENCE, 0)
    return expired
  }

  ownership(): Ownership | undefined {
    const { owner, count } = this
    if (owner === undefined) return undefined
    const { fence, session, thread } = owner
    return { fence, lockCount: count, session, thread }
  }

  private passOn(): readonly LockKey[] {
    this.owner = this.queue.shift()
    this.count = this.owner === undefined ? 0 : 1
    if (this.owner === undefined) return NO_KEYS
    this.remember(this.owner, this.owner.fence, 1)
    return [this.owner]
  }

  /** Another call of the same thread means that it does not wait for the earlier one any more. */
  private cancelWaits(caller: Invocation): readonly LockKey[] {
    const cancelled = this.queue.filter(
      (key) => isSameEndpoint(key, caller) && key.uid !== caller.uid,
    )
    if (cancelled.length === 0) return NO_KEYS
    this.queue = this.queue.filter((key) => !cancelled.includes(key))
    return cancelled
  }

  private remembered(call: Invocation) {
    return this.memo.find(({ of }) => of.uid === call.uid && isSameEndpoint(of, call))
  }

  private remember(of: Invocation, fence: number, count: number): void {
    this.memo.push({ of, fence, count })
  }

  private forget(isOver: (of: Invocation) => boolean): void {
    this.memo = this.memo.filter(({ of }) => !isOver(of))
  }

  private only<Answer>(answer: Answer): Outcome<Answer> {
    return { answer, granted: NO_KEYS, cancelled: NO_KEYS }
  }
}
