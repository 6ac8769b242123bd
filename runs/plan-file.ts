/** Plan files: one JSON document each. */

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { InputError } from './errors.ts'
import { COUNTEREXAMPLE_FORMAT } from './keep/counterexample.ts'
import { parsePlan } from './plan.ts'
import type { Plan } from './plan.ts'
import { fileError, parseJson } from './text-file.ts'

const BYTES_MAX = 1 << 24

/**
 * Reads a plan, also out of a counterexample.
 *
 * @throws InputError naming the file and what is wrong with it
 */
export const readPlan = (path: string): Plan => {
  let text: string
  try {
    const { size } = statSync(path)
    if (size > BYTES_MAX)
      throw new InputError(`${path}: larger than ${BYTES_MAX} bytes, so not a plan`)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw error instanceof InputError ? error : fileError('read', path, error)
  }
  const value = parseJson(text.replace(/^\uFEFF/, ''), path)
  try {
    return parsePlan(planIn(value))
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${path}: ${error.message}`) : error
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
 * Writes a plan.
 *
 * @throws InputError when the file cannot be written
 */
export const writePlan = (path: string, plan: Plan): void => {
  try {
    writeFileSync(path, `${JSON.stringify(plan, null, 2)}\n`)
  } catch (error) {
    throw fileError('write the plan', path, error)
  }
}
