/** The lock that a reference means, loaded in a thread that is guarded: the traps are set for good before a user's module is. */

import type { AnyAlgorithm } from '#algorithms'
import { LocksimBug, wordsOf } from '#sim'
import { InputError } from '../errors.ts'
import { loadAlgorithms } from '../modules/load.ts'
import { isPathReference } from '../modules/reference.ts'
import { canGuard } from './pool.ts'
import { armLastingTraps, whileLoading } from '../traps.ts'

/** A lock, and what its module asked the host for when it was loaded. */
export interface LoadedLock {
  readonly lock: AnyAlgorithm
  readonly calls: ReadonlyMap<string, string>
}

const load = async (reference: string): Promise<AnyAlgorithm> => {
  const [lock] = await loadAlgorithms([reference])
  if (lock === undefined) throw new LocksimBug(`nothing was loaded for ${reference}`)
  return lock
}

const loaded = new Map<string, Promise<LoadedLock>>()

const loadGuarded = async (reference: string): Promise<LoadedLock> => {
  // Where locksim runs on its sources, it shares the thread with whoever tests it.
  if (canGuard) armLastingTraps()
  const { result, calls } = await whileLoading(() => load(reference))
  return { lock: result, calls }
}

/**
 * The lock of a reference, once for each thread, so that every task in it meets the same module.
 *
 * @throws InputError when the module cannot be loaded, or exports no lock
 */
export const lockOf = async (reference: string): Promise<LoadedLock> => {
  if (!isPathReference(reference)) return { lock: await load(reference), calls: new Map() }
  const before = loaded.get(reference)
  if (before !== undefined) return before
  const now = loadGuarded(reference).catch((error: unknown) => {
    if (error instanceof InputError) throw error
    throw new InputError(`${reference}: threw ${wordsOf(error)} when it was loaded`)
  })
  loaded.set(reference, now)
  return now
}
