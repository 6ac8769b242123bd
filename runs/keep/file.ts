/** Counterexamples and recorded verdicts as files: read without trust, written whole or not at all. */

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { pid } from 'node:process'
import * as v from 'valibot'
import { checkers } from '#checkers'
import { didYouMean, InputError } from '../errors.ts'
import { describeValue, explainIssue } from '../issues.ts'
import { parsePlan } from '../plan.ts'
import type { PlanInput } from '../plan.ts'
import { fileError, makeFolder, parseJson } from '../text-file.ts'
import { looksLikeTrace } from '../trace-file.ts'
import { COUNTEREXAMPLE_FORMAT } from './counterexample.ts'
import type { Counterexample } from './counterexample.ts'
import { jsonText } from './json-text.ts'
import { asReadFrom, asWrittenIn } from '../modules/reference.ts'

const BYTES_MAX = 1 << 22
const STORY_LINES_MAX = 1_000

const words = v.pipe(v.string('a text'), v.maxLength(10_000, 'a text of at most 10000 characters'))
const name = v.pipe(words, v.nonEmpty('the name of a lock, or the path of its module'))

/** The name of a promise that some checker judges. */
export const promiseName = v.pipe(
  v.string('the name of a promise'),
  v.check(
    (promise) => checkers.some((checker) => checker.promise === promise),
    ({ input }) =>
      `the name of a promise${didYouMean(
        input,
        checkers.map(({ promise }) => promise),
      )}`,
  ),
)

const schema = v.strictObject({
  format: v.literal(COUNTEREXAMPLE_FORMAT, `"${COUNTEREXAMPLE_FORMAT}"`),
  algorithm: name,
  promise: promiseName,
  sentence: v.optional(words, ''),
  necessary: v.optional(
    v.array(v.strictObject({ fault: words, without: words }), 'a list of faults'),
    [],
  ),
  minimal: v.optional(v.boolean('true or false'), false),
  hash: v.pipe(
    v.string('a hash of 16 hexadecimal digits'),
    v.regex(/^[0-9a-f]{16}$/, 'a hash of 16 hexadecimal digits'),
  ),
  plan: v.looseObject({ algorithm: name }),
  story: v.pipe(
    v.array(words, 'a list of lines'),
    v.maxLength(STORY_LINES_MAX, `a list of at most ${STORY_LINES_MAX} lines`),
  ),
})

/** The JSON value of a file of unknown origin. */
const readValue = (path: string, what: string): unknown => {
  let text: string
  try {
    if (statSync(path).size > BYTES_MAX)
      throw new InputError(`${path}: larger than ${BYTES_MAX} bytes, so not ${what}`)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error)
  }
  return parseJson(text.replace(/^\uFEFF/, ''), path)
}

/**
 * What a JSON file says that it is; undefined if nothing.
 *
 * @throws InputError if it is no JSON
 */
export const formatOf = (path: string): string | undefined => {
  const value = readValue(path, 'a counterexample')
  const format =
    typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  return typeof format === 'string' ? format : undefined
}

/** The promise that a counterexample is about, if the file is one. */
export const promiseKeptIn = (path: string): string | undefined =>
  !looksLikeTrace(path) && formatOf(path) === COUNTEREXAMPLE_FORMAT
    ? readCounterexample(path).promise
    : undefined

/**
 * Reads a JSON document of a schema.
 *
 * @throws InputError naming the file, and each field that is wrong
 */
export const readDocument = <Document>(
  path: string,
  what: string,
  shape: v.GenericSchema<unknown, Document>,
): Document => {
  const result = v.safeParse(shape, readValue(path, what))
  if (result.success) return result.output
  throw new InputError(
    [
      `${path}: not ${what}:`,
      ...result.issues.slice(0, 10).map((issue) => `  ${explainIssue(issue, 'the file')}`),
    ].join('\n'),
  )
}

/**
 * Writes a file, and its folder if need be, so that whoever reads it sees the old text or the new one, and never half
 * of either.
 *
 * @throws InputError when it cannot be written
 */
export const writeWhole = (path: string, text: string): void => {
  const temporary = join(dirname(path), `.${basename(path)}.${pid}.tmp`)
  try {
    makeFolder(dirname(path))
    try {
      writeFileSync(temporary, text)
      renameSync(temporary, path)
    } finally {
      rmSync(temporary, { force: true })
    }
  } catch (error) {
    throw fileError('write', path, error)
  }
}

/**
 * Reads a counterexample. The path of a module in it is then relative to where we are.
 *
 * @throws InputError naming the file and the field that is wrong
 */
export const readCounterexample = (path: string): Counterexample => {
  const read = readDocument(path, 'a counterexample', schema)
  if (read.plan.algorithm !== read.algorithm) {
    throw new InputError(
      `${path}: not a counterexample:\n  plan.algorithm: found ${describeValue(read.plan.algorithm)}, expected "${read.algorithm}" as in the field algorithm`,
    )
  }
  try {
    parsePlan(read.plan)
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`) : error
  }
  const folder = dirname(path)
  return asReadFrom(folder, {
    ...read,
    plan: asReadFrom(folder, read.plan as PlanInput),
  })
}

/** The document of a counterexample in a file of this folder. Fields always come in the same order. */
const documentOf = (folder: string, counterexample: Counterexample): Counterexample => {
  const { format, algorithm, promise, sentence, necessary, minimal, hash, plan, story } =
    counterexample
  return asWrittenIn(folder, {
    format,
    algorithm,
    promise,
    sentence,
    hash,
    minimal,
    necessary,
    plan: asWrittenIn(folder, plan),
    story,
  })
}

/** A text of which nothing leads out of the folder that it is to name a file in. */
const asFileName = (text: string): string => text.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '')

/** What a counterexample is about, as parts of the name of its file: `redlock`, `exclusion-effect`. */
export const fileNamesOf = ({
  algorithm,
  promise,
}: Pick<Counterexample, 'algorithm' | 'promise'>): {
  readonly lock: string
  readonly promise: string
} => {
  const [path = '', exported] = algorithm.split('#')
  const file = basename(path)
  const lock = [basename(file, extname(file)), ...(exported === undefined ? [] : [exported])]
  return { lock: asFileName(lock.join('-')), promise: asFileName(promise) }
}

const fileNameOf = (counterexample: Counterexample): string => {
  const { lock, promise } = fileNamesOf(counterexample)
  return `${lock}.${promise}.json`
}

/**
 * Writes a counterexample into a folder, which is made if it is not there, and says where. Unless told
 * otherwise the file is called `redlock.exclusion-effect.json`, and one that is there is replaced.
 *
 * @throws InputError when it cannot be written
 */
export const writeCounterexample = (
  folder: string,
  counterexample: Counterexample,
  fileName: string = fileNameOf(counterexample),
): string => {
  const path = join(folder, fileName)
  writeWhole(path, jsonText(documentOf(folder, counterexample)))
  return path
}
