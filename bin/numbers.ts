/** Numbers on the command line. */

import { InvalidArgumentError } from 'commander'

/** Reads a whole number in a range. */
export const wholeNumber =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= minimum && value <= maximum) {
      return value
    }
    const range =
      maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `${minimum} to ${maximum}`
    throw new InvalidArgumentError(`Expected a whole number, ${range}.`)
  }

/** Reads a duration in ms. */
export const milliseconds = (text: string): number => {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a number of ms, 0 or more.')
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** Reads a duration with its unit, in ms: `500ms`, `30s`, `5m`, `2h`. */
export const duration = (text: string): number => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const value = Number(number) * (UNITS[unit ?? ''] ?? NaN)
  if (value > 0) return value
  throw new InvalidArgumentError('Expected a time such as 500ms, 30s, 5m or 2h.')
}

/** Collects an option that may be given several times. */
export const collected = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]
