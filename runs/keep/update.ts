/** Writing down how things are now: what has changed, line by line, and nothing if nothing has. */

import { existsSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { countOf } from '#checkers'
import { fileError } from '../text-file.ts'
import type { LockCheck } from './check-lock.ts'
import type { Counterexample } from './counterexample.ts'
import { fileNamesOf, writeCounterexample } from './file.ts'
import { slashed } from './folder.ts'
import type { KeptLock } from './folder.ts'
import { VERDICTS_FILE, writeVerdicts } from './verdicts-file.ts'
import type { LockRecord } from './verdicts-file.ts'

/** One thing that was written or removed. */
export interface Change {
  readonly what: 'rewritten' | 'removed' | 'added' | 'recorded'
  readonly path: string
  /** In words, for people. */
  readonly why: string
}

const remove = (path: string): void => {
  try {
    rmSync(path)
  } catch (error) {
    throw fileError('remove', path, error)
  }
}

/** Where a new counterexample goes: beside those of its lock if they have a folder of their own. No file is replaced. */
const placeOf = (
  folder: string,
  counterexample: Counterexample,
): { readonly home: string; readonly name: string } => {
  const { lock, promise } = fileNamesOf(counterexample)
  const own = join(folder, lock)
  const [home, stem] = existsSync(own) ? [own, promise] : [folder, `${lock}.${promise}`]
  let name = `${stem}.json`
  for (let number = 2; existsSync(join(home, name)); number++) name = `${stem}.${number}.json`
  return { home, name }
}

const changesOfFiles = (folder: string, { update }: LockCheck): readonly Change[] => {
  if (update === undefined) return []
  const { removed, rewritten, added } = update
  return [
    ...removed.map(({ path, why }): Change => {
      remove(path)
      return { what: 'removed', path, why }
    }),
    ...rewritten.map(({ path, counterexample, why }): Change => {
      writeCounterexample(dirname(path), counterexample, basename(path))
      return { what: 'rewritten', path, why }
    }),
    ...added.map((counterexample): Change => {
      const { home, name } = placeOf(folder, counterexample)
      const path = slashed(writeCounterexample(home, counterexample, name))
      return { what: 'added', path, why: counterexample.sentence }
    }),
  ]
}

const recordChanges = (was: LockRecord | undefined, now: LockRecord): readonly string[] => {
  const { algorithm, runs, seed, locksim, promises } = now
  if (was === undefined) {
    const broken = Object.values(promises).filter((verdict) => verdict === 'violated')
    return [
      `${algorithm}: ${countOf(Object.keys(promises).length, 'promise')}, of which ${broken.length} violated`,
    ]
  }
  const names = [...new Set([...Object.keys(was.promises), ...Object.keys(promises)])]
  return [
    ...names
      .filter((name) => was.promises[name] !== promises[name])
      .map(
        (name) =>
          `${algorithm}: ${name} was ${was.promises[name] ?? 'not recorded'} and is ${promises[name] ?? 'not judged any more'}`,
      ),
    ...(was.runs === runs && was.seed === seed
      ? []
      : [`${algorithm}: ${countOf(runs, 'run')} from seed ${seed}`]),
    ...(was.locksim === locksim ? [] : [`${algorithm}: by locksim ${locksim}, was ${was.locksim}`]),
  ]
}

/**
 * Writes what checking with `update` came to, and says what was changed.
 *
 * @throws InputError when a file cannot be written
 */
export const applyUpdates = (
  folder: string,
  known: readonly KeptLock[],
  checks: readonly LockCheck[],
): readonly Change[] => {
  const changes = checks.flatMap((one) => changesOfFiles(folder, one))
  const records = new Map<string, LockRecord>()
  for (const { algorithm, record } of known)
    if (record !== undefined) records.set(algorithm, record)
  const before = new Map(records)
  const path = slashed(join(folder, VERDICTS_FILE))
  for (const { algorithm, update } of checks) {
    if (update === undefined) continue
    const was = before.get(algorithm)
    records.set(algorithm, update.record)
    for (const why of recordChanges(was, update.record))
      changes.push({ what: 'recorded', path, why })
  }
  if (!isDeepStrictEqual(before, records)) {
    const sorted = [...records.values()].sort((one, other) =>
      one.algorithm < other.algorithm ? -1 : 1,
    )
    writeVerdicts(folder, sorted)
  }
  return changes
}
