/** Recorded verdicts: what each lock of a folder came to when somebody last looked, and by which runs. */

import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { VERDICTS } from '#checkers'
import type { VerdictName } from '#checkers'
import { promiseName, readDocument, writeWhole } from './file.ts'
import { jsonText } from './json-text.ts'
import { asReadFrom, asWrittenIn } from '../modules/reference.ts'

/** The version of the file. A change that makes old files mean something else gets a new number. */
const VERDICTS_FORMAT = 'locksim-verdicts/1'

/** What the file is called. */
export const VERDICTS_FILE = 'verdicts.json'

const whole = (least: number) =>
  v.pipe(
    v.number('a whole number'),
    v.safeInteger('a whole number'),
    v.minValue(least, `a whole number, ${least} or more`),
  )

const lock = v.strictObject({
  algorithm: v.pipe(v.string('the name of a lock'), v.nonEmpty('the name of a lock')),
  locksim: v.string('a version'),
  seed: whole(0),
  runs: whole(1),
  parameters: v.optional(
    v.record(
      v.string(),
      v.union([v.number(), v.boolean(), v.string()], 'a number, true, false or a word'),
    ),
    {},
  ),
  promises: v.record(
    promiseName,
    v.picklist(VERDICTS, `one of ${VERDICTS.map((verdict) => `"${verdict}"`).join(', ')}`),
  ),
})

const schema = v.strictObject({
  format: v.literal(VERDICTS_FORMAT, `"${VERDICTS_FORMAT}"`),
  locks: v.array(lock, 'a list of locks'),
})

/** What is recorded of one lock. */
export interface LockRecord {
  /** Name of the lock, or the path of its module. */
  readonly algorithm: string
  /** The locksim that wrote it: another one may draw other runs. */
  readonly locksim: string
  /** The first seed of the fresh runs, and how many there were. */
  readonly seed: number
  readonly runs: number
  readonly parameters: Readonly<Record<string, number | boolean | string>>
  readonly promises: Readonly<Record<string, VerdictName>>
}

/**
 * Reads the verdicts of a folder.
 *
 * @throws InputError naming the file and the field that is wrong
 */
export const readVerdicts = (path: string): readonly LockRecord[] =>
  readDocument(path, 'a file of recorded verdicts', schema).locks.map((record) =>
    asReadFrom(dirname(path), record),
  )

/**
 * Writes the verdicts of a folder, in the order of the locks.
 *
 * @throws InputError when it cannot be written
 */
export const writeVerdicts = (folder: string, records: readonly LockRecord[]): void => {
  const locks = records.map((record) => asWrittenIn(folder, record))
  writeWhole(join(folder, VERDICTS_FILE), jsonText({ format: VERDICTS_FORMAT, locks }))
}
