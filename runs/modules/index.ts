/** A user's own locks: loaded from modules by their path, and named by it wherever a lock is named. */

export { loadAlgorithms } from './load.ts'
export { asReadFrom, asWrittenIn, isPathReference, rebaseReference } from './reference.ts'
export { isReachable, isTrusted, referenceOf } from './registry.ts'
