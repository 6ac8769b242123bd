/** The one door through which all chance enters a run, with named streams and interchangeable strategies. */

import seedrandom from 'seedrandom'
import { RollingHash } from './hash.ts'

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

  constructor(seed: number, name: string) {
    // alea rather than seedrandom's default generator: a tenth of the cost of seeding, and it uses only
    // additions, multiplications and truncations, so every engine draws the same. Its state is given instead
    // of a text: alea's own hashing of a text costs more than most streams ever draw.
    this.next = seedrandom.alea('', { state: stateOf(seed, name) })
    // alea's first outputs still show its state.
    for (let draw = 0; draw < WARM_UP; draw++) this.next()
  }

  pick(count: number): number {
    // A draw is a multiple of 2^-32 below 1, so that the product stays below `count`.
    return Math.floor(this.next() * count)
  }
}

const WARM_UP = 4
const UNIT = 2 ** -32

/** A state of alea from a seed and a name: three words in units of 2^-32 and a carry. */
const stateOf = (seed: number, name: string): { c: number; s0: number; s1: number; s2: number } => {
  const hash = new RollingHash()
  hash.mix(seed)
  hash.mix(Math.floor(seed * UNIT))
  hash.mixText(name)
  const word = (): number => {
    hash.mix(0x9e3779b9)
    return hash.word() * UNIT
  }
  return { c: 1, s0: word(), s1: word(), s2: word() }
}

/** Draws by seed: each stream is alea with a state hashed from the seed and the stream's name. */
export const randomChoice = (seed: number): Choice => {
  const streams = new Map<string, Stream>()
  return {
    stream(name) {
      let stream = streams.get(name)
      if (stream === undefined) {
        stream = new RandomStream(seed, name)
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
