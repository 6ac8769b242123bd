/** How a lock gets into a thread: by a reference that can be sent there. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { algorithms } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { LocksimBug } from '#sim'
import { loadAlgorithms } from '../modules/load.ts'
import { splitReference } from '../modules/reference.ts'
import { isLoaded, referenceOf } from '../modules/registry.ts'

/** Whether it is one of ours: it never takes a thread with it. */
export const isTrusted = (algorithm: AnyAlgorithm): boolean => algorithms.includes(algorithm)

/** Whether a thread can find this very lock by its reference. */
export const isReachable = (algorithm: AnyAlgorithm): boolean =>
  isTrusted(algorithm) || isLoaded(algorithm)

/** The lock of a reference. */
export const loadLock = async (reference: string): Promise<AnyAlgorithm> => {
  const [algorithm] = await loadAlgorithms([reference])
  if (algorithm === undefined) throw new LocksimBug(`nothing was loaded for ${reference}`)
  return algorithm
}

/**
 * What changes when the lock is edited: the text of its module, though not of what that imports. Those of the registry
 * change with the version of locksim.
 */
export const fingerprintOf = (algorithm: AnyAlgorithm): string => {
  if (!isLoaded(algorithm)) return algorithm.name
  const text = readFileSync(splitReference(referenceOf(algorithm)).path)
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
