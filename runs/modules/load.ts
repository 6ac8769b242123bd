/** Loading locks by reference: those of the registry by name, a user's own by the path of a module. */

import { existsSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { resolve } from 'node:path'
import { algorithms } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { InputError } from '../errors.ts'
import { algorithmNamed } from '../settle.ts'
import { fileError } from '../text-file.ts'
import { chooseExport } from './choose.ts'
import { importModule } from './import.ts'
import { isPathReference, splitReference } from './reference.ts'
import { loadedAlgorithm, remember } from './registry.ts'
import { checkAlgorithm } from './shape.ts'

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cts', '.cjs']

/** Each module is imported once, whoever asks for its locks. */
const modules = new Map<string, Promise<unknown>>()

/** The file that was meant, where it is there under a longer name: ` (did you mean ./my-lock.ts?)`. */
const fileHint = (path: string): string => {
  const found = EXTENSIONS.map((extension) => `${path}${extension}`).find((name) =>
    existsSync(name),
  )
  if (found === undefined) return ''
  return ` (did you mean ${/^\.{0,2}[/\\]/.test(found) ? found : `./${found}`}?)`
}

const refuseMissing = (path: string, file: string): void => {
  let status: Stats | undefined
  try {
    status = statSync(file, { throwIfNoEntry: false })
  } catch (error) {
    throw fileError('load', path, error)
  }
  if (status === undefined) {
    throw new InputError(`cannot load ${path}: there is no such file${fileHint(path)}`)
  }
  if (!status.isFile()) throw new InputError(`cannot load ${path}: it is not a file`)
}

const loadModule = async (reference: string): Promise<AnyAlgorithm> => {
  const known = loadedAlgorithm(reference)
  if (known !== undefined) return known
  const { path, exportName } = splitReference(reference)
  const file = resolve(path)
  refuseMissing(path, file)
  const importing = modules.get(file) ?? importModule(path, file)
  modules.set(file, importing)
  const chosen = chooseExport(await importing, path, exportName)
  const algorithm = checkAlgorithm(chosen, reference)
  remember(reference, algorithm)
  return algorithm
}

const named = (name: string): AnyAlgorithm => {
  const isKnown = algorithms.some((algorithm) => algorithm.name === name)
  const hint = isKnown ? '' : fileHint(name)
  if (hint !== '') throw new InputError(`there is no lock "${name}"${hint}`)
  return algorithmNamed(name)
}

/**
 * The locks of these references, each the name of a lock of the registry or the path of a module that exports one:
 * `./my-lock.ts`, `../locks.js#second`. From then on `algorithmNamed` finds them too, in this thread.
 *
 * @throws InputError when there is no such lock or file, when the module cannot be loaded, or exports no lock
 */
export const loadAlgorithms = async (
  references: readonly string[],
): Promise<readonly AnyAlgorithm[]> => {
  const locks: AnyAlgorithm[] = []
  // One after the other, so that of several mistakes the first is told.
  for (const reference of references) {
    locks.push(isPathReference(reference) ? await loadModule(reference) : named(reference))
  }
  return locks
}
