/** Choosing the lock out of what a module exports. */

import { didYouMean, InputError } from '../errors.ts'
import { describeValue } from '../issues.ts'
import { looksLikeAlgorithm } from './shape.ts'

type Exports = ReadonlyMap<string, unknown>

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).filter(([name]) => name !== '__esModule')
    : []

/** Each lock once, by the first name that is not `default`. */
const locksAmong = (exports: Exports): readonly [string, object][] => {
  const named = new Map<object, string>()
  for (const [name, value] of exports) {
    if (!looksLikeAlgorithm(value)) continue
    if (!named.has(value) || named.get(value) === 'default') named.set(value, name)
  }
  return [...named].map(([value, name]) => [name, value])
}

/** What a module exports by name. `module.exports = { … }` of CommonJS arrives as one default export. */
const exportsOf = (namespace: unknown): Exports => {
  const named = new Map(entriesOf(namespace))
  const byDefault = named.get('default')
  if (looksLikeAlgorithm(byDefault)) return named
  return new Map([...entriesOf(byDefault), ...named])
}

const listed = (exports: Exports): string =>
  exports.size === 0
    ? 'it exports nothing'
    : `it exports ${[...exports].map(([name, value]) => `${name} (${describeValue(value)})`).join(', ')}`

/**
 * The export that is meant: the one that is named, or the only lock.
 *
 * @throws InputError when there is none, or more than one
 */
export const chooseExport = (
  namespace: unknown,
  path: string,
  exportName: string | undefined,
): unknown => {
  const exports = exportsOf(namespace)
  if (exportName !== undefined) {
    if (exports.has(exportName)) return exports.get(exportName)
    throw new InputError(
      `${path}: there is no export "${exportName}"${didYouMean(exportName, [...exports.keys()])}; ${listed(exports)}`,
    )
  }
  const locks = locksAmong(exports)
  const [first] = locks
  if (first === undefined) {
    throw new InputError(
      `${path}: no lock in it; ${listed(exports)}; expected \`export const myLock = defineAlgorithm({ … })\``,
    )
  }
  if (locks.length > 1) {
    const names = locks.map(([name]) => `${path}#${name}`).join(', ')
    throw new InputError(`${path}: there are ${locks.length} locks in it; pick one: ${names}`)
  }
  return first[1]
}
