/** Plan files: one JSON document each. */

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from './errors.ts'
import { COUNTEREXAMPLE_FORMAT } from './keep/counterexample.ts'
import { asReadFrom, asWrittenIn } from './modules/reference.ts'
import { parsePlan } from './plan.ts'
import type { Plan, PlanInput } from './plan.ts'
import { fileError, parseJson } from './text-file.ts'

const BYTES_MAX = 1 << 24

/**
 * Reads a plan: from a file, or written out, as in the line that repeats a run which came from no file.
 * A counterexample is one with its plan inside. The path of a module in a file is relative to the file.
 *
 * @throws InputError naming the file and what is wrong with it
 */
export const readPlan = (path: string): Plan => {
  if (path.trimStart().startsWith('{')) return planOfText(path, 'the plan')
  let text: string
  try {
    const { size } = statSync(path)
    if (size > BYTES_MAX)
      throw new InputError(`${path}: larger than ${BYTES_MAX} bytes, so not a plan`)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error)
  }
  return asReadFrom(dirname(path), planOfText(text, path))
}

/** Reads a plan from its text; `where` is what errors call it. */
const planOfText = (text: string, where: string): Plan => {
  const value = parseJson(text.replace(/^\uFEFF/, ''), where)
  try {
    return parsePlan(planIn(value))
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${where}: ${error.message}`) : error
  }
}

/** A counterexample has its plan inside; everything else is taken for a plan. */
const planIn = (value: unknown): unknown =>
  typeof value === 'object' &&
  value !== null &&
  'plan' in value &&
  'format' in value &&
  value.format === COUNTEREXAMPLE_FORMAT
    ? value.plan
    : value

/**
 * Writes a plan file.
 *
 * @throws InputError when the file cannot be written
 */
export const writePlan = (path: string, plan: PlanInput): void => {
  try {
    const written = asWrittenIn(dirname(path), plan)
    writeFileSync(path, `${JSON.stringify(written, null, 2)}\n`)
  } catch (error) {
    throw fileError('write the plan', path, error)
  }
}
