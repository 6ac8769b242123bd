/** The rolling trace hash: 64 bits in two 32-bit lanes, the same on every machine. */

import { tickWord } from './time.ts'

const { imul } = Math

const bits = new DataView(new ArrayBuffer(8))

/** How many UTF-16 units of a string `mixEnd` looks at. */
const END_UNITS = 8

const LOW_AT_FIRST = 0x811c9dc5 | 0
const HIGH_AT_FIRST = 0x9e3779b9 | 0

/** Mixes integers and strings, in order, into 64 bits. Not cryptographic: it tells runs apart, nothing more. */
export class RollingHash {
  private low = LOW_AT_FIRST
  private high = HIGH_AT_FIRST

  /** Stands from now on where the other one stands. */
  become({ low, high }: RollingHash): void {
    this.low = low
    this.high = high
  }

  /** Mixes one 32-bit integer. */
  mix(word: number): void {
    this.mixPair(word, word)
  }

  /** Mixes an instant and one word in a single round: this happens at every step. */
  mixAt(ms: number, word: number): void {
    this.mixPair(tickWord(ms), word)
  }

  /** Mixes any number: small integers as they are, others by the bits of a double, which are the same everywhere. */
  mixNumber(value: number): void {
    if ((value | 0) === value) {
      this.mix(value)
      return
    }
    // Little-endian by request, so that the order of the halves does not depend on the machine.
    bits.setFloat64(0, value, true)
    this.mix(bits.getInt32(0, true))
    this.mix(bits.getInt32(4, true))
  }

  /** Mixes the end of a string and its length: names differ in their last digits, and this happens with every message. */
  mixEnd(text: string): void {
    const { length } = text
    let folded = length
    for (let index = Math.max(0, length - END_UNITS); index < length; index++) {
      folded = imul(folded ^ text.charCodeAt(index), 0x01000193)
    }
    this.mix(folded)
  }

  /** Mixes a string by its UTF-16 units and its length. */
  mixText(text: string): void {
    let folded = text.length
    for (let index = 0; index < text.length; index++) {
      folded = imul(folded ^ text.charCodeAt(index), 0x01000193)
    }
    this.mix(folded)
  }

  /** 32 bits of what was mixed so far, as a whole number from 0. */
  word(): number {
    let word = imul(this.low ^ (this.high >>> 16), 0x7feb352d)
    word ^= word >>> 15
    return (word ^ this.high) >>> 0
  }

  /** Sixteen hexadecimal digits. The hash may go on rolling afterwards. */
  digest(): string {
    const last = this.lastWord()
    return hex(this.firstWord(last)) + hex(last)
  }

  /** The first thirteen digits of the digest as a whole number: 52 bits. */
  number52(): number {
    const last = this.lastWord()
    return (this.firstWord(last) >>> 0) * 2 ** 20 + (last >>> 12)
  }

  private mixPair(one: number, other: number): void {
    let low = imul(this.low ^ one, 0x85ebca6b)
    low ^= low >>> 15
    this.low = low
    this.high = imul(this.high + other, 0xc2b2ae35) ^ low
  }

  private lastWord(): number {
    const last = imul(this.low ^ (this.high >>> 16), 0x7feb352d)
    return last ^ (last >>> 13)
  }

  private firstWord(last: number): number {
    return this.high ^ imul(last, 0x846ca68b)
  }
}

/** The two digits of every byte: a run prints sixteen, and toString(16) takes ten times as long. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const byteOf = (word: number, shift: number): string => BYTES[(word >>> shift) & 0xff] as string

const hex = (word: number): string =>
  byteOf(word, 24) + byteOf(word, 16) + byteOf(word, 8) + byteOf(word, 0)

/**
 * The seed of run `index` of a campaign: a hash of both, never their sum, so that campaigns
 * with neighbouring seeds share no runs. 52 bits, so that it prints as a whole number.
 */
export const seedOfRun = (campaignSeed: number | string, index: number): number => {
  const hash = new RollingHash()
  hash.mixText(String(campaignSeed))
  hash.mix(index)
  return hash.number52()
}
