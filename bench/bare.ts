/** The yardstick: a bare event loop, a binary heap on (time, sequence) that does nothing else. */

interface BareEvent {
  readonly atMs: number
  readonly sequence: number
  /** An event loop calls somebody; the yardstick's handlers only schedule the next event. */
  readonly handler: (atMs: number) => void
}

const before = (one: BareEvent, other: BareEvent): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.sequence < other.sequence)

class BareHeap {
  private readonly events: BareEvent[] = []

  push(event: BareEvent): void {
    const { events } = this
    let index = events.length
    events.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(event, events[parent] as BareEvent)) break
      events[index] = events[parent] as BareEvent
      index = parent
    }
    events[index] = event
  }

  pop(): BareEvent | undefined {
    const { events } = this
    const first = events[0]
    const last = events.pop()
    if (first === undefined || last === undefined || events.length === 0) return first
    const size = events.length
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= size) break
      if (child + 1 < size && before(events[child + 1] as BareEvent, events[child] as BareEvent))
        child++
      if (!before(events[child] as BareEvent, last)) break
      events[index] = events[child] as BareEvent
      index = child
    }
    events[index] = last
    return first
  }
}

/** Handles `count` events with `pending` of them outstanding at any time, each scheduling its successor. */
export const bareLoop = (count: number, pending: number): void => {
  const heap = new BareHeap()
  let sequence = 0
  const handler = (atMs: number): void => {
    heap.push({ atMs: atMs + delayOf(sequence), sequence: sequence++, handler })
  }
  for (let index = 0; index < pending; index++) handler(0)
  for (let handled = 0; handled < count; handled++) {
    const event = heap.pop() as BareEvent
    event.handler(event.atMs)
  }
}

/** The same delays for the yardstick and for what is measured: 1 to 997 eighths of a ms, well mixed. */
export const delayOf = (index: number): number => (((index * 7_919) % 997) + 1) / 8
