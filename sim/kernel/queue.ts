/** The event queue: events in order of (time, sequence), in arrays, so that none is allocated. */

/** Whatever can be woken at a time. */
export interface Target {
  /** Handles an event that has come due. `tag` and `payload` are what was given when it was scheduled. */
  fire(tag: number, payload: unknown): void
}

const NOTHING: Target = { fire: () => undefined }
const CAPACITY_AT_FIRST = 256
/** How many of the earliest events are kept sorted. */
const NEAR_MAX = 32

/**
 * A queue that no run uses. One is enough: runs in one thread come one after the other, and typed arrays
 * are dear to allocate a thousand times a second.
 */
let spare: EventQueue | undefined

/** An empty queue. */
export const takeQueue = (): EventQueue => {
  const queue = spare ?? new EventQueue()
  spare = undefined
  return queue
}

/** Gives a queue back after its run. */
export const giveBackQueue = (queue: EventQueue): void => {
  queue.reset()
  spare = queue
}

/**
 * Pending events. Each sits in a slot of parallel arrays; what is ordered are slot numbers. Moving an event
 * then moves a small integer, which neither allocates nor concerns the garbage collector.
 *
 * The earliest few are kept sorted, the others in a binary heap. Most events of a run are due within a
 * few ms and never see the heap: putting one among the first of a sorted handful is cheaper than any tree.
 */
export class EventQueue {
  private sequence = 0
  /** Slots of the earliest events, latest first, so that the next one is taken from the end. */
  private readonly near = new Int32Array(NEAR_MAX)
  private nearSize = 0
  /** A heap of all others; none of them is earlier than any in `near`. */
  private far = new Int32Array(CAPACITY_AT_FIRST)
  private farSize = 0
  private times = new Float64Array(CAPACITY_AT_FIRST)
  private sequences = new Float64Array(CAPACITY_AT_FIRST)
  private tags = new Int32Array(CAPACITY_AT_FIRST)
  private readonly targets: Target[] = new Array<Target>(CAPACITY_AT_FIRST).fill(NOTHING)
  private readonly payloads: unknown[] = new Array<unknown>(CAPACITY_AT_FIRST).fill(undefined)
  private readonly free: number[] = []
  private used = 0
  /** The slot of the event that `pop` took last. It keeps its parts until the next `push`. */
  private taken = 0

  /** Number of pending events. */
  get size(): number {
    return this.nearSize + this.farSize
  }

  /** Of the event that `pop` took last, until the next `push`. Copying it into a field would cost a write barrier. */
  get target(): Target {
    return this.targets[this.taken] as Target
  }

  get tag(): number {
    return this.tags[this.taken] as number
  }

  get payload(): unknown {
    return this.payloads[this.taken]
  }

  /** Adds an event. `atMs` must already be quantised. */
  push(atMs: number, target: Target, tag: number, payload: unknown): void {
    const slot = this.free.length > 0 ? (this.free.pop() as number) : this.newSlot()
    this.times[slot] = atMs
    this.sequences[slot] = this.sequence++
    this.tags[slot] = tag
    this.targets[slot] = target
    this.payloads[slot] = payload
    if (this.belongsNear(atMs)) this.insertNear(slot, atMs)
    else this.pushFar(slot)
  }

  /** Removes the earliest event, leaves its parts to be read and returns its time; -1 when there is none. */
  pop(): number {
    if (this.nearSize === 0 && !this.refill()) return -1
    const first = this.near[--this.nearSize] as number
    this.taken = first
    this.free.push(first)
    return this.times[first] as number
  }

  private belongsNear(atMs: number): boolean {
    if (this.farSize === 0) {
      if (this.nearSize === NEAR_MAX) this.moveLateHalf()
      if (this.farSize === 0) return true
    }
    if (this.nearSize === 0 || atMs >= (this.times[this.near[0] as number] as number)) return false
    if (this.nearSize === NEAR_MAX) this.moveLateHalf()
    return atMs < (this.times[this.near[0] as number] as number)
  }

  private insertNear(slot: number, atMs: number): void {
    const { near, times } = this
    let hole = this.nearSize++
    // The newest sequence number is the largest, so at a tie the new event goes behind: comparing the times is enough.
    while (hole > 0) {
      const earlier = near[hole - 1] as number
      if ((times[earlier] as number) > atMs) break
      near[hole] = earlier
      hole--
    }
    near[hole] = slot
  }

  private moveLateHalf(): void {
    const half = NEAR_MAX / 2
    for (let index = 0; index < half; index++) this.pushFar(this.near[index] as number)
    this.near.copyWithin(0, half)
    this.nearSize = half
  }

  private refill(): boolean {
    const count = Math.min(this.farSize, NEAR_MAX / 2)
    for (let index = count - 1; index >= 0; index--) this.near[index] = this.popFar()
    this.nearSize = count
    return count > 0
  }

  private isBefore(one: number, other: number): boolean {
    const difference = (this.times[one] as number) - (this.times[other] as number)
    return (
      difference < 0 ||
      (difference === 0 && (this.sequences[one] as number) < (this.sequences[other] as number))
    )
  }

  private pushFar(slot: number): void {
    this.climb(slot, this.farSize++)
  }

  private popFar(): number {
    const { far } = this
    const first = far[0] as number
    const size = --this.farSize
    if (size === 0) return first
    // Walk the hole down to a leaf along the earlier children, then let the last one climb from there:
    // a leaf nearly always belongs near the bottom, so this saves one comparison a level.
    let hole = 0
    let child = 1
    while (child < size) {
      if (child + 1 < size && this.isBefore(far[child + 1] as number, far[child] as number)) child++
      far[hole] = far[child] as number
      hole = child
      child = 2 * hole + 1
    }
    this.climb(far[size] as number, hole)
    return first
  }

  private climb(slot: number, from: number): void {
    const { far } = this
    let hole = from
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = far[parent] as number
      if (!this.isBefore(slot, above)) break
      far[hole] = above
      hole = parent
    }
    far[hole] = slot
  }

  /** Forgets everything, so that the arrays can serve another run. */
  reset(): void {
    this.targets.fill(NOTHING, 0, this.used)
    this.payloads.fill(undefined, 0, this.used)
    this.free.length = 0
    this.used = 0
    this.nearSize = 0
    this.farSize = 0
    this.sequence = 0
  }

  private newSlot(): number {
    if (this.used === this.times.length) this.grow()
    return this.used++
  }

  private grow(): void {
    const capacity = this.times.length * 2
    const widen = <Numbers extends Int32Array | Float64Array>(
      from: Numbers,
      to: Numbers,
    ): Numbers => {
      to.set(from)
      return to
    }
    this.far = widen(this.far, new Int32Array(capacity))
    this.tags = widen(this.tags, new Int32Array(capacity))
    this.times = widen(this.times, new Float64Array(capacity))
    this.sequences = widen(this.sequences, new Float64Array(capacity))
    for (let slot = this.used; slot < capacity; slot++) {
      this.targets.push(NOTHING)
      this.payloads.push(undefined)
    }
  }
}
