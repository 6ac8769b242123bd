/** Where a difference is shown in the files of a project: the file and the line. */

import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { cwd } from 'node:process'
import type { CheckResult } from '../keep/check.ts'
import type { LockCheck } from '../keep/check-lock.ts'
import type { CheckDifference } from '../keep/differences.ts'
import { slashed } from '../keep/folder.ts'
import { VERDICTS_FILE } from '../keep/verdicts-file.ts'

/** A line of a file, counted from 1. The path has forward slashes. */
interface Place {
  readonly file: string
  readonly line: number
}

const linesOf = (path: string): readonly string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []

/** The first line that has this in it, after another that has that; the first of the file if there is none. */
const lineWith = (lines: readonly string[], text: string, after = ''): number => {
  const from = after === '' ? 0 : lines.findIndex((line) => line.includes(after))
  const index = lines.findIndex((line, at) => at >= from && line.includes(text))
  return from === -1 || index === -1 ? 1 : index + 1
}

/** The counterexample, or else what is recorded of the promise, or else any counterexample of the lock. */
const placeOf = (
  { folder }: CheckResult,
  { algorithm, files, recorded }: LockCheck,
  { file, promise }: CheckDifference,
): Place => {
  if (file !== undefined) {
    return { file, line: lineWith(linesOf(file), '"promise":') }
  }
  const [first] = files
  if (recorded === undefined && first !== undefined) return { file: first.path, line: 1 }
  const verdicts = slashed(join(folder, VERDICTS_FILE))
  const lock = JSON.stringify(algorithm.slice(algorithm.lastIndexOf('/') + 1)).slice(1)
  return {
    file: verdicts,
    line: lineWith(linesOf(verdicts), promise === undefined ? lock : `"${promise}"`, lock),
  }
}

/** A path as seen from where we are, if it is below. */
const fromHere = (path: string): string => {
  const seen = relative(cwd(), path)
  return seen.startsWith('..') || isAbsolute(seen) ? path : slashed(seen)
}

/** Every difference with its lock and its place, in order. */
export const placed = (
  result: CheckResult,
): readonly {
  readonly lock: LockCheck
  readonly difference: CheckDifference
  readonly place: Place
}[] =>
  result.locks.flatMap((lock) =>
    lock.differences.map((difference) => {
      const { file, line } = placeOf(result, lock, difference)
      return { lock, difference, place: { file: fromHere(file), line } }
    }),
  )

/** A difference in full, as plain text: what it is, why, and the story in short lines. */
export const differenceText = ({ message, counterexample }: CheckDifference): string =>
  [
    message,
    ...(counterexample === undefined
      ? []
      : ['', counterexample.sentence, '', ...counterexample.story.map((line) => `  ${line}`)]),
  ].join('\n')
