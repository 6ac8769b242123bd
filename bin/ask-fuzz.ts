/** What the words of `locksim fuzz` ask for; a folder with a campaign in it knows what was asked before. */

import { availableParallelism } from 'node:os'
import type { AnyAlgorithm, FuzzRequest } from '#runs'
import type { FuzzOptions } from './commands/fuzz.ts'
import { RUNS_MAX, RUNS_OF_EACH, RUNS_OF_ONE } from './fuzz-budget.ts'

/** What to run. */
export interface AskedFuzz {
  readonly locks: readonly AnyAlgorithm[]
  readonly everyLock: boolean
  readonly request: FuzzRequest
}

/** An option that was not given is an absent field. */
const given = <Value>(name: string, value: Value | undefined) =>
  value === undefined ? {} : { [name]: value }

/**
 * Reads them.
 *
 * @throws InputError for what makes no sense
 */
export const askFuzz = async (
  names: readonly string[],
  options: FuzzOptions,
): Promise<AskedFuzz> => {
  const runs = await import('#runs')
  const { faults, fencing, until, promise, out, set: settings = [] } = options
  // `locksim fuzz --out found` alone goes on with what was asked before.
  const isAlone = names.length === 0 && out !== undefined && options.fresh !== true
  const before = isAlone ? runs.readHead(out) : undefined
  const wanted = before === undefined ? names : before.locks.map(({ reference }) => reference)
  const everyLock = wanted.length === 0
  const locks = everyLock ? runs.algorithms : await runs.loadWarily([...new Set(wanted)])
  const [lock] = locks
  if (settings.length > 0 && (lock === undefined || locks.length > 1)) {
    throw new runs.InputError('--set is about one lock: name it')
  }
  const isTimed = options.time !== undefined && until !== 'found' && options.runs === undefined
  const byDefault = isTimed ? RUNS_MAX : locks.length === 1 ? RUNS_OF_ONE : RUNS_OF_EACH
  const asked = {
    ...given('timeMs', options.time),
    ...given('seed', options.seed),
    ...given('promise', promise),
    ...(settings.length === 0 || lock === undefined
      ? {}
      : { parameters: runs.parametersFor(lock, { settings }) }),
    ...(faults === undefined ? {} : { faults: runs.faultKindsNamed(faults.split(',')) }),
    ...(fencing === undefined
      ? {}
      : { fencing: runs.oneOfWords('--fencing', fencing, runs.FENCING) }),
    ...(until === undefined ? {} : { until: runs.oneOfWords('--until', until, runs.UNTIL) }),
    ...given('runs', options.runs),
  }
  return {
    locks,
    everyLock,
    request: {
      seed: 0,
      runs: byDefault,
      ...before?.asked,
      ...asked,
      workers: options.workers ?? availableParallelism(),
      ...given('folder', out),
      ...given('fresh', options.fresh),
    } as FuzzRequest,
  }
}
