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

/** Collects an option that may be given several times. */
export const collected = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]
