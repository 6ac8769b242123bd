/** How a lock gets into a thread: by a reference that can be sent there. */

import { algorithms } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { algorithmNamed } from '../settle.ts'

/** What a plan and a thread name a lock by. */
export const referenceOf = (algorithm: AnyAlgorithm): string => algorithm.name

/** Whether a thread can find this very lock by its reference. */
export const isReachable = (algorithm: AnyAlgorithm): boolean => algorithms.includes(algorithm)

/** Whether it is one of ours: it never takes a thread with it. */
export const isTrusted = (algorithm: AnyAlgorithm): boolean => algorithms.includes(algorithm)

/** The lock of a reference. */
export const loadLock = async (reference: string): Promise<AnyAlgorithm> =>
  algorithmNamed(reference)

/** What changes when the lock is edited. Those of the registry change with the version of locksim. */
export const fingerprintOf = (algorithm: AnyAlgorithm): string => algorithm.name
