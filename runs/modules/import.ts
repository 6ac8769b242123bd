/** Importing a module of the user's: by Node itself where it can, else by jiti. Either way its `locksim` is this one. */

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { features } from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { isNativeError } from 'node:util/types'
import { InputError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { copiesOfLocksim } from './copies.ts'
import { moduleError } from './module-error.ts'

const LOADING_MS_MAX = 30_000

/** Sources that were not compiled are another copy than the one that Node would find. */
const isCompiled = import.meta.url.endsWith('.js')

const manifestOf = (from: string): string | undefined => {
  try {
    return realpathSync(createRequire(from).resolve('locksim/package.json'))
  } catch {
    return undefined
  }
}

/** Whether Node would give this very locksim to a module, and not another copy or none. */
const findsThisCopy = (file: string): boolean =>
  isCompiled && manifestOf(file) === manifestOf(import.meta.url)

/** Whether Node is told what kind of module it is. Where it has to guess it says so on the terminal. */
const isTyped = (file: string): boolean => {
  if (/^\.[cm]/i.test(extname(file))) return true
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) {
      try {
        return Object.hasOwn(JSON.parse(readFileSync(manifest, 'utf8')) as object, 'type')
      } catch {
        return false
      }
    }
    if (dirname(folder) === folder) return false
  }
}

/** Newer than the types of the oldest Node that we run on. */
const stripsTypes = Boolean((features as { readonly typescript?: unknown }).typescript)

const isNodes = (file: string): boolean =>
  (/^\.[cm]?js$/i.test(extname(file)) || (stripsTypes && /^\.[cm]?ts$/i.test(extname(file)))) &&
  findsThisCopy(file) &&
  isTyped(file)

/** Whether it was Node that could not, e.g. an `enum`, a type that is imported as a value, a `.js` that is a `.ts`. */
const isBeyondNode = (error: unknown): boolean =>
  isNativeError(error) &&
  (error.name === 'SyntaxError' || String((error as NodeJS.ErrnoException).code).startsWith('ERR_'))

const importByJiti = async (file: string): Promise<unknown> => {
  // Both are slow to load, and most runs are of locks that are in no file.
  const [{ createJiti }, locksim] = await Promise.all([import('jiti'), import('locksim')])
  const jiti = createJiti(import.meta.url, {
    virtualModules: { locksim },
    // Effects are made through these exports, thousands in a run: no proxy in between.
    interopDefault: false,
    fsCache: false,
  })
  // Forced, as jiti would leave an ES module to Node first, and that to whatever locksim is installed beside it.
  const source = readFileSync(file, 'utf8')
  return jiti.evalModule(source, { filename: file, async: true, forceTranspile: true })
}

const importAnyhow = async (file: string): Promise<unknown> => {
  if (!isNodes(file)) return importByJiti(file)
  try {
    return (await import(pathToFileURL(file).href)) as unknown
  } catch (error) {
    if (!isBeyondNode(error)) throw error
    return importByJiti(file)
  }
}

/** What a module of the user's could have brought along, of its own `node_modules` say. */
const refuseOtherCopies = (path: string, before: ReadonlyMap<string, string>): void => {
  for (const [where, version] of copiesOfLocksim()) {
    if (before.has(where)) continue
    throw new InputError(
      `${path}: what it imports brought a second locksim along (${version}, at ${where}), and a lock cannot be run by another than it was written with; this is ${VERSION}. \`npm ls locksim\` shows who wants which`,
    )
  }
}

/**
 * Imports a module: `path` is what was asked for, `file` the same as an absolute path.
 *
 * @throws InputError for whatever goes wrong, as it is the user's to mend
 */
export const importModule = async (
  path: string,
  file: string,
  limitMs = LOADING_MS_MAX,
): Promise<unknown> => {
  const before = copiesOfLocksim()
  const loaded = new AbortController()
  // Without a timer Node would leave without a word when nothing is left to wait for but the module.
  const late = setTimeout(limitMs, undefined, loaded).then(() => {
    throw new InputError(
      `${path}: it has not finished loading after ${limitMs / 1_000} s; is there an \`await\` outside of every function that is never answered?`,
    )
  })
  try {
    return await Promise.race([importAnyhow(file), late])
  } catch (error) {
    throw moduleError(path, file, error)
  } finally {
    loaded.abort()
    late.catch(() => undefined)
    refuseOtherCopies(path, before)
  }
}
