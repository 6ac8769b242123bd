/** The lock that a reference means, loaded in a thread that is guarded: the traps are set for good before a user's module is. */

import { pathToFileURL } from 'node:url'
import { algorithms } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { wordsOf } from '#sim'
import { InputError } from '../errors.ts'
import { armLastingTraps, whileLoading } from '../traps.ts'

/** A lock, and what its module asked the host for when it was loaded. */
export interface LoadedLock {
  readonly lock: AnyAlgorithm
  readonly calls: ReadonlyMap<string, string>
}

/** Loads a module. The one place that knows how. */
const load = async (reference: string): Promise<AnyAlgorithm> => {
  const known = algorithms.find(({ name }) => name === reference)
  if (known !== undefined) return known
  const module = (await import(pathToFileURL(reference).href)) as Readonly<Record<string, unknown>>
  const lock = Object.values(module).find(
    (value): value is AnyAlgorithm =>
      typeof value === 'object' && value !== null && ('acquire' in value || 'coordinate' in value),
  )
  if (lock === undefined) throw new InputError(`${reference}: exports no lock`)
  return lock
}

const loaded = new Map<string, Promise<LoadedLock>>()

const loadGuarded = async (reference: string): Promise<LoadedLock> => {
  armLastingTraps()
  const { result, calls } = await whileLoading(() => load(reference))
  return { lock: result, calls }
}

/**
 * The lock of a reference, once for each thread, so that every task in it meets the same module.
 *
 * @throws InputError when the module cannot be loaded, or exports no lock
 */
export const lockOf = (reference: string): Promise<LoadedLock> => {
  const before = loaded.get(reference)
  if (before !== undefined) return before
  const now = loadGuarded(reference).catch((error: unknown) => {
    if (error instanceof InputError) throw error
    throw new InputError(`${reference}: threw ${wordsOf(error)} when it was loaded`)
  })
  loaded.set(reference, now)
  return now
}
