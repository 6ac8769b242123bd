/** Simpler numbers: the default before all others, whole before broken, round before exact, then small before large. */

/** How simple a number is, most telling first. Two numbers compare as these lists do. */
export type NumberRank = readonly [number, number, number, number]

/** Below this many digits a number is as round as it need be: 15,000 says no more than 10,000. */
const DIGITS_ROUND = 2

/** Mantissa and exponent of a positive number, as it is written. */
const written = (magnitude: number): { readonly digits: number; readonly exponent: number } => {
  const [mantissa = '', exponent = ''] = magnitude.toExponential().split('e')
  return { digits: mantissa.replace('.', '').length, exponent: Number(exponent) }
}

/** The rank of a number that has a simplest value: its default, or 0. */
export const rankOfNumber = (value: number, simplest = 0): NumberRank => {
  if (value === simplest) return [0, 0, 0, 0]
  // Between two fractions there is always a third: of them none is simpler than another.
  if (!Number.isInteger(value)) return [1, 1, 0, 0]
  const magnitude = Math.abs(value)
  return [1, 0, Math.max(written(magnitude).digits, DIGITS_ROUND), magnitude]
}

/** Compares two lists number by number. */
export const isLess = (one: readonly number[], other: readonly number[]): boolean => {
  for (let index = 0; index < one.length; index++) {
    const difference = (one[index] as number) - (other[index] ?? Number.NEGATIVE_INFINITY)
    if (difference !== 0) return difference < 0
  }
  return false
}

const unitOf = (magnitude: number, digits: number): number =>
  Math.max(1, 10 ** (written(magnitude).exponent - digits + 1))

const floorTo = (magnitude: number, digits: number): number => {
  const unit = unitOf(magnitude, digits)
  return Math.floor(magnitude / unit) * unit
}

const ceilTo = (magnitude: number, digits: number): number => {
  const unit = unitOf(magnitude, digits)
  return Math.ceil(magnitude / unit) * unit
}

/** The next smaller number that is no longer than this one. */
const below = (magnitude: number): number => {
  const { digits, exponent } = written(magnitude)
  // One less than 1,000, in two digits, is 990.
  const wanted =
    Math.max(digits, DIGITS_ROUND) +
    (exponent > 0 && digits === 1 && 10 ** exponent === magnitude ? 1 : 0)
  return magnitude - Math.max(1, 10 ** (exponent - wanted + 1))
}

/** Powers of ten from which one is chosen outright. */
const POWERS_MAX = 9

/** What a number is replaced by. */
export interface Ladder {
  /** Its default, if it has one. */
  readonly simplest?: number
  /** Nothing smaller is offered. */
  readonly least?: number
}

/** Simpler numbers of the same sign, the boldest first. Finitely many, and each of them has a smaller rank. */
export const simplerNumbers = (
  value: number,
  { simplest, least = 0 }: Ladder = {},
): readonly number[] => {
  const magnitude = Math.abs(value)
  const sign = value < 0 ? -1 : 1
  const found = new Set<number>()
  if (magnitude > 0) {
    found.add(least)
    for (let power = 0; power <= POWERS_MAX && 10 ** power < magnitude; power++) {
      found.add(10 ** power)
    }
    const { digits } = written(magnitude)
    for (const wanted of [1, 2, digits - 1]) {
      if (wanted < 1) continue
      found.add(floorTo(magnitude, wanted))
      found.add(ceilTo(magnitude, wanted))
    }
    found.add(floorTo(magnitude / 2, DIGITS_ROUND))
    found.add(floorTo((magnitude * 3) / 4, DIGITS_ROUND))
    found.add(below(magnitude))
  }
  const rank = rankOfNumber(value, simplest)
  const ladder = [...found]
    .filter((one) => one >= least && Number.isSafeInteger(one))
    .map((one) => (one === 0 ? 0 : sign * one))
  return [...(simplest === undefined ? [] : [simplest]), ...ladder].filter(
    (one, index, all) => all.indexOf(one) === index && isLess(rankOfNumber(one, simplest), rank),
  )
}

/** Round numbers larger than this one, the nearest first: 1, 2 or 5 and noughts. */
export const rounderAbove = (value: number, count: number): readonly number[] => {
  const found: number[] = []
  for (let power = 1; found.length < count && power < Number.MAX_SAFE_INTEGER; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power > value) found.push(digit * power)
  }
  return found.slice(0, count)
}
