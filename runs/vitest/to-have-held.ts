/** `toHaveHeld`: a promise held in this one run. */

import { InputError } from '../errors.ts'
import { oneOfWords } from '../request.ts'
import type { RunResult } from '../run.ts'
import { runText } from './messages.ts'
import type { Answer } from './to-hold.ts'

const isResult = (received: unknown): received is RunResult<string> =>
  typeof received === 'object' && received !== null && 'verdicts' in received && 'plan' in received

/**
 * Looks at the verdict of a run.
 *
 * @throws InputError for a promise that nobody judged
 * @throws Error where the run says neither: the promise was not put to the test
 */
export const toHaveHeld = (received: unknown, promise: string): Answer => {
  if (!isResult(received)) {
    throw new InputError(
      'toHaveHeld is about one run: expected what run(plan) gave; use toHold for a lock',
    )
  }
  const promises = received.verdicts.map((verdict) => verdict.promise)
  const asked = oneOfWords('toHaveHeld', promise, promises)
  const verdict = received.verdicts.find((one) => one.promise === asked)
  if (verdict === undefined) throw new InputError(`nobody judged ${asked}`)
  const message = (): string => runText(received, verdict)
  if (verdict.verdict !== 'held' && verdict.verdict !== 'violated') throw new Error(message())
  return { pass: verdict.verdict === 'held', message }
}
