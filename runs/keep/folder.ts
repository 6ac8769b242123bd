/** A folder of counterexamples with its recorded verdicts: everything in it is read before anything is run. */

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { InputError } from '../errors.ts'
import { checkersOf } from '../run.ts'
import { algorithmNamed } from '../settle.ts'
import { fileError } from '../text-file.ts'
import type { Counterexample } from './counterexample.ts'
import { formatOf, readCounterexample } from './file.ts'
import { loadWarily } from '../guard/load.ts'
import { readVerdicts, VERDICTS_FILE } from './verdicts-file.ts'
import type { LockRecord } from './verdicts-file.ts'

/** A counterexample and its file. */
export interface Kept {
  /** Where it is, with forward slashes, as a report names it. */
  readonly path: string
  readonly counterexample: Counterexample
}

/** What a folder holds of one lock. */
export interface KeptLock {
  /** Name of the lock, or the path of its module. */
  readonly algorithm: string
  readonly files: readonly Kept[]
  readonly record: LockRecord | undefined
}

const MISTAKES_TOLD = 10

/** A path as a report names it, on any system. */
export const slashed = (path: string): string => (sep === '/' ? path : path.replaceAll(sep, '/'))

/** Files that may be counterexamples, in the order of their names. What begins with a dot is nobody's business. */
const listed = (folder: string): readonly string[] => {
  try {
    if (!statSync(folder).isDirectory())
      throw new InputError(`${folder} is a file; expected a folder of counterexamples`)
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/(^|[\\/])(\.|node_modules)/.test(relative(folder, path)))
      .filter((path) => path !== join(folder, VERDICTS_FILE))
      .sort((one, other) => (one < other ? -1 : 1))
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read the folder', folder, error)
  }
}

/** Does something for each of a list, and tells all mistakes of the user's at once. */
const forEach = async <Item>(
  items: readonly Item[],
  act: (item: Item) => void | Promise<void>,
): Promise<void> => {
  const mistakes: string[] = []
  for (const item of items) {
    try {
      await act(item)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      mistakes.push(error.message)
    }
  }
  if (mistakes.length === 0) return
  const more = mistakes.length - MISTAKES_TOLD
  throw new InputError(
    [...mistakes.slice(0, MISTAKES_TOLD), ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
  )
}

/** A lock and a commit protocol promise different things. */
const refuseForeignPromise = ({ path, counterexample: { algorithm, promise } }: Kept): void => {
  const judged = checkersOf(algorithmNamed(algorithm)).map((checker) => checker.promise as string)
  if (judged.includes(promise)) return
  throw new InputError(
    `${path}: promise: found "${promise}", which is no promise of ${algorithm}; expected one of ${judged.join(', ')}`,
  )
}

/** Documents of locksim that are no counterexamples may lie in the folder too: plans, the state of a campaign. */
const isOther = (path: string): boolean => {
  const format = formatOf(path)
  return format !== undefined && /^locksim-(?!counterexample)/.test(format)
}

/**
 * Reads a folder, and loads the locks that it names.
 *
 * @throws InputError naming every file that is wrong, and why
 */
export const readFolder = async (folder: string): Promise<readonly KeptLock[]> => {
  const files: Kept[] = []
  await forEach(listed(folder), (path) => {
    if (!isOther(path)) {
      files.push({ path: slashed(path), counterexample: readCounterexample(path) })
    }
  })
  const verdictsPath = join(folder, VERDICTS_FILE)
  const records = existsSync(verdictsPath) ? readVerdicts(verdictsPath) : []
  const firstNamed = new Map<string, string>()
  for (const { path, counterexample } of files) {
    if (!firstNamed.has(counterexample.algorithm)) firstNamed.set(counterexample.algorithm, path)
  }
  for (const { algorithm } of records) {
    if (!firstNamed.has(algorithm)) firstNamed.set(algorithm, slashed(verdictsPath))
  }
  await forEach([...firstNamed], async ([reference, path]) => {
    try {
      await loadWarily([reference])
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      throw new InputError(`${path}: its lock is gone: ${error.message}`)
    }
  })
  await forEach(files, refuseForeignPromise)
  return [...firstNamed.keys()]
    .sort((one, other) => (one < other ? -1 : 1))
    .map((algorithm) => ({
      algorithm,
      files: files.filter(({ counterexample }) => counterexample.algorithm === algorithm),
      record: records.find((record) => record.algorithm === algorithm),
    }))
}
