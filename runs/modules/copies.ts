/** How many locksims there are in this thread: a lock that is written with one cannot be run by another. */

import { VERSION } from '../version.ts'

// Global, as two copies of this file share nothing else.
const key = Symbol.for('locksim.copies')
const host = globalThis as { [key]?: Map<string, string> }
const copies = (host[key] ??= new Map())
copies.set(import.meta.url, VERSION)

/** The versions of all copies of locksim in this thread, this one first, by where they are. */
export const copiesOfLocksim = (): ReadonlyMap<string, string> => new Map(copies)
