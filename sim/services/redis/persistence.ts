/** What survives a crash: the append-only file with its fsync policy. */

import { KeySpace } from './key-space.ts'
import type { Change, Entry, RedisState } from './state.ts'

const applyTo = (disk: KeySpace, { key, entry }: Change): void => {
  if (entry === undefined) disk.delete(key)
  else disk.set(key, entry)
}

/** Appends a change to the file. With `always` it is durable before the reply leaves (redis.conf, appendfsync). */
export const journal = (state: RedisState, key: string, entry: Entry | undefined): void => {
  const change = { key, entry }
  if (state.options.persistence === 'always') applyTo(state.disk, change)
  else state.unsynced.push(change)
}

/**
 * `everysec`: an fsync each time that the server's clock enters a new second. A clock that is set back
 * puts the next fsync off until it has caught up, as in aof.c (flushAppendOnlyFile). There the first write
 * after an idle second is synced at once, in the background; here it waits, too: the worse case of what
 * a crash can do. Needs no alarm: whatever is in the journal when a later
 * second is first noticed was written before that second began.
 */
export const syncEverySecond = (state: RedisState): void => {
  const second = Math.floor(state.nowMs / 1000)
  if (second <= state.syncedSecond) return
  state.syncedSecond = second
  if (state.unsynced.length === 0) return
  for (const change of state.unsynced) applyTo(state.disk, change)
  state.unsynced = []
}

/** Replaces the file by what memory holds, as after a full resynchronisation. */
export const rewriteJournal = (state: RedisState): void => {
  if (state.options.persistence === 'none') return
  state.disk = KeySpace.of(state.keys)
  state.unsynced = []
}

/** The process dies: memory is gone, and so is what no fsync has covered. */
export const loseMemory = (state: RedisState): void => {
  state.lostInCrash = false
  for (const [key, entry] of state.keys.all()) {
    if (state.disk.get(key) !== entry) state.lostInCrash = true
  }
  // Whoever has popped an element still has it if the disk knows of it, too.
  const { keys } = state
  if (state.taken.length > 0) {
    const kept = state.taken.filter(({ key }) => state.disk.get(key) === keys.get(key))
    if (state.options.persistence === 'none') kept.length = 0
    if (kept.length < state.taken.length) state.lostInCrash = true
    state.taken = kept
  }
  state.keys = new KeySpace()
  state.unsynced = []
  state.firstExpiryMs = Infinity
}

/** The process starts again with what the disk has. Stamps are absolute: time ran on meanwhile (commands/expire.md). */
export const loadDisk = (state: RedisState): void => {
  state.keys = KeySpace.of(state.disk)
  state.firstExpiryMs = NaN
}
