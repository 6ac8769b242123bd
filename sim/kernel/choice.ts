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

/** Where alea stands: three fractions in units of 2^-32, and a carry. */
interface AleaState {
  readonly c: number
  readonly s0: number
  readonly s1: number
  readonly s2: number
}

const UNIT = 2 ** -32
const UNITS = 2 ** 32
const MULTIPLIER = 2_091_639

/**
 * The recurrence of seedrandom's alea (Johannes Baagøe), which a test compares draw by draw. Every product and sum
 * is a whole number below 2^53, so every engine draws the same. It stands here because a call through one of thirty
 * closures costs more than the draw itself. The fractions are kept as 32-bit integers: an engine keeps those inside
 * the object, and every fraction in a box of its own.
 */
class AleaStream implements Stream {
  private carry: number
  private s0: number
  private s1: number
  private s2: number

  constructor(carry: number, s0: number, s1: number, s2: number) {
    this.carry = carry
    this.s0 = s0 | 0
    this.s1 = s1 | 0
    this.s2 = s2 | 0
  }

  pick(count: number): number {
    const sum = MULTIPLIER * (this.s0 >>> 0) + this.carry
    const carry = (sum * UNIT) | 0
    const drawn = sum - carry * UNITS
    this.s0 = this.s1
    this.s1 = this.s2
    this.carry = carry
    this.s2 = drawn | 0
    // A draw is a multiple of 2^-32 below 1, so that the product stays below `count`.
    return Math.floor(drawn * UNIT * count)
  }
}

/** A stream from an alea state, as `seedrandom.alea(seed, { state: true }).state()` gives it. */
export const aleaStream = ({ c, s0, s1, s2 }: AleaState): Stream =>
  new AleaStream(c, s0 * UNITS, s1 * UNITS, s2 * UNITS)

// One serves all streams: each begins anew from where its run's seed stands.
const mixing = new RollingHash()

const nextWord = (): number => {
  mixing.mix(0x9e3779b9)
  return mixing.word()
}

/** What a seed and a name give: mixed well enough to need no warming up. */
const newStream = (seeded: RollingHash, name: string): Stream => {
  mixing.become(seeded)
  mixing.mixText(name)
  return new AleaStream(1, nextWord(), nextWord(), nextWord())
}

/** The state in which a seed leaves seedrandom's alea, mixed. */
const mixedSeed = (seed: number): RollingHash => {
  const { s0, s1, s2 } = seedrandom.alea(String(seed), { state: true }).state() as AleaState
  const hash = new RollingHash()
  hash.mix(s0 * UNITS)
  hash.mix(s1 * UNITS)
  hash.mix(s2 * UNITS)
  return hash
}

class RandomChoice implements Choice {
  private readonly seeded: RollingHash
  private readonly streams = new Map<string, Stream>()

  constructor(seed: number) {
    this.seeded = mixedSeed(seed)
  }

  stream(name: string): Stream {
    const known = this.streams.get(name)
    if (known !== undefined) return known
    const stream = newStream(this.seeded, name)
    this.streams.set(name, stream)
    return stream
  }
}

/** Draws by seed: seedrandom's alea takes the seed in, and each stream goes on from there by its name. */
export const randomChoice = (seed: number): Choice => new RandomChoice(seed)

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
