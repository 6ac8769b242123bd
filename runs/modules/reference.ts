/** References: what a lock is called where one can be named, be it the name of the registry or the path of a module. */

import { isAbsolute, relative, resolve } from 'node:path'
import { cwd } from 'node:process'

const SPLIT = /^(.*\.[cm]?[jt]sx?)#([^#/\\]+)$/i
const MODULE_FILE = /\.[cm]?[jt]sx?$/i
const PATH_START = /^(\.{1,2}|[a-z]:)?[/\\]/i

/** The two parts of a path reference: `./locks.ts#first` is the export `first` of the module `./locks.ts`. */
export interface ModuleReference {
  readonly path: string
  readonly exportName: string | undefined
}

/** Takes a path reference apart. */
export const splitReference = (reference: string): ModuleReference => {
  const [, path = reference, exportName] = SPLIT.exec(reference) ?? []
  return { path, exportName }
}

/** Whether this is the path of a module rather than the name of a lock: it begins like a path, or ends like a source file. */
export const isPathReference = (reference: string): boolean =>
  PATH_START.test(reference) || MODULE_FILE.test(splitReference(reference).path)

const withExport = (path: string, exportName: string | undefined): string =>
  exportName === undefined ? path : `${path}#${exportName}`

/** A path reference that is relative to a folder, made absolute. */
export const absoluteReference = (reference: string, folder: string = cwd()): string => {
  const { path, exportName } = splitReference(reference)
  return withExport(resolve(folder, path), exportName)
}

/**
 * An absolute reference as seen from a folder: with forward slashes, and `./` or `../` in front, so that nobody takes it
 * for a name. It stays absolute where no relative path leads: to another drive.
 */
export const relativeReference = (absolute: string, folder: string = cwd()): string => {
  const { path, exportName } = splitReference(absolute)
  const seen = relative(folder, path)
  if (isAbsolute(seen)) return absolute
  const slashed = seen.replaceAll('\\', '/')
  return withExport(slashed.startsWith('../') ? slashed : `./${slashed}`, exportName)
}

/** A reference that is relative to one folder, as it has to be told from another. A name is the same everywhere. */
export const rebaseReference = (reference: string, from: string, to: string): string =>
  isPathReference(reference) ? relativeReference(absoluteReference(reference, from), to) : reference

/** What names its lock: a plan, the header of a trace, a counterexample. */
interface Naming {
  readonly algorithm: string
}

const rebased = <Document extends Naming>(document: Document, from: string, to: string) => {
  const algorithm = rebaseReference(document.algorithm, from, to)
  return algorithm === document.algorithm ? document : { ...document, algorithm }
}

/** A plan, say, as it is written into a file in this folder: there the path of a module is relative to the file. */
export const asWrittenIn = <Document extends Naming>(folder: string, document: Document) =>
  rebased(document, cwd(), resolve(folder))

/** A plan, say, as it was found in a file in this folder: from here on the path is relative to where we are. */
export const asReadFrom = <Document extends Naming>(folder: string, document: Document) =>
  rebased(document, resolve(folder), cwd())
