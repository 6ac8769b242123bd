/** The event queue: a binary heap on (time, sequence) over events that live in arrays, so that none is allocated. */

/** Whatever can be woken at a time. */
export interface Target {
  /** Handles an event that has come due. `tag` and `payload` are what was given when it was scheduled. */
  fire(tag: number, payload: unknown): void
}

const NOTHING: Target = { fire: () => undefined }
const CAPACITY_AT_FIRST = 256

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
 * Pending events. Each sits in a slot of parallel arrays; the heap orders slot numbers. Moving an event
 * in the heap then moves a small integer, which neither allocates nor concerns the garbage collector.
 */
export class EventQueue {
  /** Number of pending events. */
  size = 0
  private sequence = 0
  private heap = new Int32Array(CAPACITY_AT_FIRST)
  private times = new Float64Array(CAPACITY_AT_FIRST)
  private sequences = new Float64Array(CAPACITY_AT_FIRST)
  private tags = new Int32Array(CAPACITY_AT_FIRST)
  private readonly targets: Target[] = new Array<Target>(CAPACITY_AT_FIRST).fill(NOTHING)
  private readonly payloads: unknown[] = new Array<unknown>(CAPACITY_AT_FIRST).fill(undefined)
  private readonly free: number[] = []
  private used = 0
  /** The slot of the event that `pop` took last. It keeps its parts until the next `push`. */
  private taken = 0

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
    const { heap, times } = this
    times[slot] = atMs
    this.sequences[slot] = this.sequence++
    this.tags[slot] = tag
    this.targets[slot] = target
    this.payloads[slot] = payload
    let hole = this.size++
    // The newest sequence number is the largest, so a tie never moves up: comparing the times is enough.
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = heap[parent] as number
      if ((times[above] as number) <= atMs) break
      heap[hole] = above
      hole = parent
    }
    heap[hole] = slot
  }

  /** Removes the earliest event, leaves its parts to be read and returns its time; -1 when there is none. */
  pop(): number {
    if (this.size === 0) return -1
    const { heap, times } = this
    const first = heap[0] as number
    const size = --this.size
    if (size > 0) this.sink(heap[size] as number, size)
    this.taken = first
    this.free.push(first)
    return times[first] as number
  }

  /** Fills the hole at the top with `last`. */
  private sink(last: number, size: number): void {
    const { heap, times, sequences } = this
    // Walk the hole down to a leaf along the smaller children, then let `last` climb from there:
    // a leaf nearly always belongs near the bottom, so this saves one comparison a level.
    let hole = 0
    let child = 1
    while (child < size) {
      let smaller = heap[child] as number
      if (child + 1 < size) {
        const right = heap[child + 1] as number
        const difference = (times[right] as number) - (times[smaller] as number)
        if (
          difference < 0 ||
          (difference === 0 && (sequences[right] as number) < (sequences[smaller] as number))
        ) {
          smaller = right
          child++
        }
      }
      heap[hole] = smaller
      hole = child
      child = 2 * hole + 1
    }
    const atMs = times[last] as number
    const sequence = sequences[last] as number
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const above = heap[parent] as number
      const aboveMs = times[above] as number
      if (aboveMs < atMs || (aboveMs === atMs && (sequences[above] as number) < sequence)) break
      heap[hole] = above
      hole = parent
    }
    heap[hole] = last
  }

  /** Forgets everything, so that the arrays can serve another run. */
  reset(): void {
    this.targets.fill(NOTHING, 0, this.used)
    this.payloads.fill(undefined, 0, this.used)
    this.free.length = 0
    this.used = 0
    this.size = 0
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
    this.heap = widen(this.heap, new Int32Array(capacity))
    this.tags = widen(this.tags, new Int32Array(capacity))
    this.times = widen(this.times, new Float64Array(capacity))
    this.sequences = widen(this.sequences, new Float64Array(capacity))
    for (let slot = this.used; slot < capacity; slot++) {
      this.targets.push(NOTHING)
      this.payloads.push(undefined)
    }
  }
}
