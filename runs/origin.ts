/** Where a lock of one's own was written: remembered when it is defined, for the line that repeats a run of it. */

import { relative } from 'node:path'
import { cwd } from 'node:process'
import { fileURLToPath } from 'node:url'
import {
  algorithms,
  defineAlgorithm as defineLock,
  defineProtocol as defineCommit,
} from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { isLoaded, referenceOf } from './modules/registry.ts'

// The stack as it was, which is only put into words when somebody asks.
const places = new WeakMap<object, Error>()

const remembered = <Defined extends object>(defined: Defined, by: (...args: never) => unknown) => {
  const place = new Error('defined here')
  Error.captureStackTrace(place, by)
  places.set(defined, place)
  return defined
}

/** Checks an algorithm's shape and infers the types of `me`, `held` and `parameters` for its methods. */
export const defineAlgorithm: typeof defineLock = (algorithm) =>
  remembered(defineLock(algorithm), defineAlgorithm)

/** Checks a protocol's shape and infers the types of `me` and `parameters` for its methods. */
export const defineProtocol: typeof defineCommit = (protocol) =>
  remembered(defineCommit(protocol), defineProtocol)

/** Test files cannot be loaded outside of their runner. */
const TEST_FILE = /\.(test|spec)\.[cm]?[jt]sx?$/

/** The file in the first line of a stack, if it says one. */
const fileIn = (stack: string): string | undefined => {
  const [, place] = /^\s*at (?:.*? \()?(.+?)(?:\?[^:]*)?:\d+:\d+\)?$/m.exec(stack) ?? []
  if (place === undefined) return undefined
  if (place.startsWith('file:')) return fileURLToPath(place)
  return /^(\/|[a-z]:[/\\])/i.test(place) ? place : undefined
}

/**
 * What a lock is called on the command line: its name if it is one of ours, the path of its module if it is one's own.
 * Undefined if nobody knows, or if it was defined inside of a test, where no command can load it.
 */
export const commandNameOf = (algorithm: AnyAlgorithm): string | undefined => {
  if (algorithms.includes(algorithm) || isLoaded(algorithm)) return referenceOf(algorithm)
  const file = fileIn(places.get(algorithm)?.stack ?? '')
  if (file === undefined || TEST_FILE.test(file)) return undefined
  const path = relative(cwd(), file).replaceAll('\\', '/')
  return path.startsWith('../') ? path : `./${path}`
}
