/** The locks that were loaded from modules, in this thread. Each is known by where it is. */

import { algorithms } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { withoutTraps } from '../traps.ts'
import { absoluteReference, relativeReference } from './reference.ts'

const byReference = new Map<string, AnyAlgorithm>()
const references = new WeakMap<AnyAlgorithm, string>()

/** Remembers a lock under a path reference. The first one is what it is called from then on. */
export const remember = (reference: string, algorithm: AnyAlgorithm): void => {
  const absolute = absoluteReference(reference)
  byReference.set(absolute, algorithm)
  if (!references.has(algorithm)) references.set(algorithm, absolute)
}

/** The lock that was loaded by this path reference, if it was. */
export const loadedAlgorithm = (reference: string): AnyAlgorithm | undefined =>
  byReference.get(absoluteReference(reference))

/** Whether this very lock came out of a module that was loaded by its path. */
export const isLoaded = (algorithm: AnyAlgorithm): boolean => references.has(algorithm)

/** Whether it is one of ours, which never hangs and takes no thread with it. */
export const isTrusted = (algorithm: AnyAlgorithm): boolean => algorithms.includes(algorithm)

/** Whether another thread can find this very lock by its reference. */
export const isReachable = (algorithm: AnyAlgorithm): boolean =>
  isTrusted(algorithm) || isLoaded(algorithm)

/**
 * By what a lock can be named in a plan or on the command line: a lock of the registry by its name, one that was loaded
 * by the path of its module, relative to where we are. One that is in no file has but a name, which leads to nobody.
 */
export const referenceOf = (algorithm: AnyAlgorithm): string => {
  const absolute = references.get(algorithm)
  // Asked also in the middle of a campaign's runs, where the folder that we are in is trapped.
  return absolute === undefined ? algorithm.name : withoutTraps(() => relativeReference(absolute))
}
