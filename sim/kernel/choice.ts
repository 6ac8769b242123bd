/** The one door through which all chance enters a run, with named streams and interchangeable strategies. */

import seedrandom from 'seedrandom'

/** One named stream of choices. Adding a fault or a client never shifts the draws of another stream. */
export interface Stream {
  /** A whole number in [0, count). `count` is a positive whole number below 2^32. */
  pick(count: number): number
}

/** A strategy of choosing. The simulated world never sees which one is plugged in. */
export interface Choice {
  /** The stream of this name, e.g. `latency:client-1~redis-3`; the same name gives the same stream. */
  stream(name: string): Stream
}

class RandomStream implements Stream {
  private readonly next: () => number

  constructor(seed: string) {
    // alea rather than seedrandom's default generator: a tenth of the cost of seeding, and its
    // it uses only additions, multiplications and truncations, so every engine draws the same.
    this.next = seedrandom.alea(seed)
  }

  pick(count: number): number {
    // A draw is a multiple of 2^-32 below 1, so that the product stays below `count`.
    return Math.floor(this.next() * count)
  }
}

/** Draws by seed: the stream `name` of seed `s` is alea seeded with `s/name`. */
export const randomChoice = (seed: number | string): Choice => {
  const streams = new Map<string, Stream>()
  return {
    stream(name) {
      let stream = streams.get(name)
      if (stream === undefined) {
        stream = new RandomStream(`${seed}/${name}`)
        streams.set(name, stream)
      }
      return stream
    },
  }
}

/** What a recording holds: for each stream, the numbers it gave, in order. */
export type Recording = Readonly<Record<string, readonly number[]>>

/** Wraps a strategy and keeps what it chose, to be replayed, shrunk or enumerated. */
export const recordingChoice = (inner: Choice): { choice: Choice; recording: () => Recording } => {
  const given = new Map<string, number[]>()
  return {
    choice: {
      stream(name) {
        const stream = inner.stream(name)
        const list = given.get(name) ?? []
        given.set(name, list)
        return {
          pick(count) {
            const picked = stream.pick(count)
            list.push(picked)
            return picked
          },
        }
      },
    },
    recording: () => Object.fromEntries([...given].map(([name, list]) => [name, [...list]])),
  }
}

/**
 * Gives back a recording. Past its end, or where a recorded number no longer fits the question (the
 * algorithm was edited), it falls back to `otherwise`, by default the smallest choice.
 */
export const replayingChoice = (
  recording: Recording,
  otherwise: Choice = { stream: () => ({ pick: () => 0 }) },
): Choice => {
  const streams = new Map<string, Stream>()
  return {
    stream(name) {
      const known = streams.get(name)
      if (known !== undefined) return known
      const list = recording[name] ?? []
      const fallback = otherwise.stream(name)
      let position = 0
      const stream: Stream = {
        pick(count) {
          const picked = list[position++]
          return picked !== undefined && picked < count ? picked : fallback.pick(count)
        },
      }
      streams.set(name, stream)
      return stream
    },
  }
}
