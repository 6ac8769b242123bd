/** The rolling trace hash: 64 bits in two 32-bit lanes, the same on every machine. */

import { TICKS_PER_MS } from './time.ts'

const bits = new DataView(new ArrayBuffer(8))

/** How many UTF-16 units of a string `mixEnd` looks at. */
const END_UNITS = 8

const LOW_AT_FIRST = 0x811c9dc5 | 0
const HIGH_AT_FIRST = 0x9e3779b9 | 0

/** Mixes integers and strings, in order, into 64 bits. Not cryptographic: it tells runs apart, nothing more. */
export class RollingHash {
  private low = LOW_AT_FIRST
  private high = HIGH_AT_FIRST

  /** Forgets everything, to serve again. */
  reset(): void {
    this.low = LOW_AT_FIRST
    this.high = HIGH_AT_FIRST
  }

  /** Mixes one 32-bit integer. */
  mix(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x85ebca6b)
    this.low ^= this.low >>> 15
    this.high = Math.imul(this.high + word, 0xc2b2ae35) ^ this.low
  }

  /** Mixes an instant and one word in a single round: this happens at every step. */
  mixAt(ms: number, word: number): void {
    this.low = Math.imul(this.low ^ ((ms * TICKS_PER_MS) | 0), 0x85ebca6b)
    this.low ^= this.low >>> 15
    this.high = Math.imul(this.high + word, 0xc2b2ae35) ^ this.low
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
      folded = Math.imul(folded ^ text.charCodeAt(index), 0x01000193)
    }
    this.mix(folded)
  }

  /** Mixes a string by its UTF-16 units and its length. */
  mixText(text: string): void {
    let folded = text.length
    for (let index = 0; index < text.length; index++) {
      folded = Math.imul(folded ^ text.charCodeAt(index), 0x01000193)
    }
    this.mix(folded)
  }

  /** 32 bits of what was mixed so far, as a whole number from 0. */
  word(): number {
    let word = Math.imul(this.low ^ (this.high >>> 16), 0x7feb352d)
    word ^= word >>> 15
    return (word ^ this.high) >>> 0
  }

  /** Sixteen hexadecimal digits. The hash may go on rolling afterwards. */
  digest(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
    let last = Math.imul(this.low ^ (this.high >>> 16), 0x7feb352d)
    last ^= last >>> 13
    return hex(this.high ^ Math.imul(last, 0x846ca68b)) + hex(last)
  }
}

/**
 * The seed of run `index` of a campaign: a hash of both, never their sum, so that campaigns
 * with neighbouring seeds share no runs. 52 bits, so that it prints as a whole number.
 */
export const seedOfRun = (campaignSeed: number | string, index: number): number => {
  const hash = new RollingHash()
  hash.mixText(String(campaignSeed))
  hash.mix(index)
  return Number.parseInt(hash.digest().slice(0, 13), 16)
}
