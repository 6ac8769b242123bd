/** By what a campaign knows that it is about the same lock as before. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AnyAlgorithm } from '#algorithms'
import { splitReference } from '../modules/reference.ts'
import { isLoaded, referenceOf } from '../modules/registry.ts'

/**
 * What changes when the lock is edited: the text of its module, though not of what that imports. Those of the registry
 * change with the version of locksim.
 */
export const fingerprintOf = (algorithm: AnyAlgorithm): string => {
  if (!isLoaded(algorithm)) return algorithm.name
  const text = readFileSync(splitReference(referenceOf(algorithm)).path)
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
