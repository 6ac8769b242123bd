/** `toHold`: a lock keeps a promise in many runs in which things go wrong. */

import { isLock, isProtocol } from '#algorithms'
import type { AnyAlgorithm, Fencing } from '#algorithms'
import type { PromiseName } from '#checkers'
import { InputError } from '../errors.ts'
import { FAULT_KINDS } from '../fuzz/kinds.ts'
import type { FaultKindName } from '../fuzz/kinds.ts'
import { FENCING } from '../plan.ts'
import { printable } from '../report/style.ts'
import { oneOfWords } from '../request.ts'
import { checkersOf } from '../run.ts'
import { parametersOf } from '../settle.ts'
import { campaign } from './campaign.ts'
import type { Campaign, CampaignRequest } from './campaign.ts'
import { brokenText, mishapText, unbrokenText, untestedText } from './messages.ts'

/** How hard a lock is tried, and against what. All of it may be left out. */
export interface HoldOptions {
  /** The kinds of faults that may strike; every kind if left out, none if empty. */
  readonly under?: readonly FaultKindName[]
  /** How many runs; 500 if left out. */
  readonly runs?: number
  /** Where all chance comes from; 0 if left out. The same seed gives the same runs. */
  readonly seed?: number
  /** Parameters of the lock that differ from its defaults. */
  readonly parameters?: Readonly<Record<string, number | boolean | string>>
  /** What the store checks; what the lock says if left out. */
  readonly fencing?: Fencing
}

/** What a matcher answers. */
export interface Answer {
  readonly pass: boolean
  readonly message: () => string
}

const RUNS = 500

const whole = (name: string, value: number, minimum: number): number => {
  if (Number.isSafeInteger(value) && value >= minimum) return value
  throw new InputError(
    `${name}: found ${String(value)}, expected a whole number, ${minimum} or more`,
  )
}

const KNOWN = ['under', 'runs', 'seed', 'parameters', 'fencing'] as const

const requestOf = (algorithm: AnyAlgorithm, options: HoldOptions): CampaignRequest => {
  for (const name of Object.keys(options)) oneOfWords('toHold', name, KNOWN)
  const { under, runs = RUNS, seed = 0, parameters = {}, fencing } = options
  parametersOf(algorithm, parameters)
  return {
    faults: under?.map((kind) => oneOfWords('under', kind, FAULT_KINDS)),
    runs: whole('runs', runs, 1),
    seed: whole('seed', seed, 0),
    parameters,
    fencing: fencing === undefined ? undefined : oneOfWords('fencing', fencing, FENCING),
  }
}

const kindOf = (received: unknown): string =>
  received === null
    ? 'null'
    : Array.isArray(received)
      ? 'a list'
      : typeof received === 'object'
        ? 'an object that is none'
        : `a ${typeof received}`

const isObject = (received: unknown): received is object =>
  typeof received === 'object' && received !== null

const lockIn = (received: unknown): AnyAlgorithm => {
  if (isObject(received)) {
    const algorithm = received as AnyAlgorithm
    if (isLock(algorithm) || isProtocol(algorithm)) return algorithm
    if ('verdicts' in received) {
      throw new InputError(
        'toHold is about a lock, and this is the result of a run: use toHaveHeld',
      )
    }
  }
  throw new InputError(
    `toHold is about a lock: found ${kindOf(received)}, expected what defineAlgorithm({ … }) gave`,
  )
}

/** Whether something that was to strike did. */
const wasStruck = ({ neverLanded }: Campaign, { faults = [] }: CampaignRequest): boolean =>
  faults.length === 0 || neverLanded.length < faults.length

/**
 * Tries a lock.
 *
 * @throws InputError for a promise, a fault or an option that does not exist
 * @throws Error where nothing can be said: the promise was never put to the test, the lock's own code failed,
 *   or the same plan was not the same run each time
 */
export const toHold = (received: unknown, promise: string, options: HoldOptions = {}): Answer => {
  const algorithm = lockIn(received)
  const promises = checkersOf(algorithm).map((checker) => checker.promise)
  const asked: PromiseName = oneOfWords('toHold', promise, promises)
  const request = requestOf(algorithm, options)
  const result = campaign(algorithm, asked, request)
  const { breach, mishap, unrepeatable } = result
  if (mishap !== undefined) throw new Error(mishapText(algorithm, mishap))
  if (unrepeatable !== undefined)
    throw new Error(unrepeatable.split('\n').map(printable).join('\n'))
  if (breach !== undefined) {
    return { pass: false, message: () => brokenText(algorithm, asked, request, result, breach) }
  }
  if (result.verdicts.held === 0 || !wasStruck(result, request)) {
    throw new Error(untestedText(algorithm, asked, request, result))
  }
  return { pass: true, message: () => unbrokenText(algorithm, asked, request, result) }
}
