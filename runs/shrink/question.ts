/** What is to go on going wrong while a plan is shrunk: a promise that it breaks, or what a module of the user's says. */

import type { AnyAlgorithm } from '#algorithms'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { didYouMean, InputError } from '../errors.ts'
import { importModule } from '../modules/import.ts'
import { decides } from '../outcome.ts'
import { checkersOf } from '../run.ts'
import type { RunResult } from '../run.ts'

/** A question about the result of a run. */
type Predicate = (result: RunResult) => boolean

/** Names of the promises that a run broke: those that decide first. */
const brokenBy = ({ algorithm, verdicts }: RunResult): readonly string[] => {
  const broken = verdicts.flatMap(({ promise, verdict }) =>
    verdict === 'violated' ? [promise] : [],
  )
  const isDecisive = (promise: string): boolean => decides(algorithm, promise)
  return [...broken.filter(isDecisive), ...broken.filter((promise) => !isDecisive(promise))]
}

/**
 * The promise to be shrunk for: the one that was asked for or else the first that the run broke, of those that decide if
 * there is one. Undefined if it was kept.
 *
 * @throws InputError for a promise that nobody judges
 */
export const promiseOf = (result: RunResult, asked: string | undefined): string | undefined => {
  const broken = brokenBy(result)
  if (asked === undefined) return broken[0]
  const known: readonly string[] = promisesOf(result.algorithm)
  if (!known.includes(asked)) {
    throw new InputError(
      `--promise: there is no promise "${asked}"${didYouMean(asked, known)}; expected one of ${known.join(', ')}`,
    )
  }
  return broken.find((promise) => promise === asked)
}

const promisesOf = (algorithm: AnyAlgorithm): readonly string[] =>
  checkersOf(algorithm).map(({ promise }) => promise)

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Loads a predicate: the default export of a module.
 *
 * @throws InputError if there is no such module, or none in it
 */
export const loadPredicate = async (path: string): Promise<Predicate> => {
  const file = resolve(path)
  if (!existsSync(file)) throw new InputError(`cannot read ${path}: no such file or folder`)
  let module: { readonly default?: unknown }
  try {
    module = (await importModule(path, file)) as typeof module
  } catch (error) {
    throw new InputError(`${path}: cannot be loaded: ${said(error)}`)
  }
  const predicate = module.default
  if (typeof predicate !== 'function') {
    throw new InputError(
      `${path}: expected a function as default export, such as \`export default (result) => result.verdicts.some(({ verdict }) => verdict === 'violated')\``,
    )
  }
  return (result) => {
    let answer: unknown
    try {
      answer = (predicate as (result: RunResult) => unknown)(result)
    } catch (error) {
      throw new InputError(`${path}: its predicate threw: ${said(error)}`)
    }
    if (typeof answer === 'boolean') return answer
    throw new InputError(`${path}: its predicate returned ${typeof answer}, expected true or false`)
  }
}
