/** A rehearsal: one run of a user's module in a thread that may be lost, before it is run where it could do harm. */

import { SimulationError } from '#sim'
import { InputError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import type { Pass, PassTask } from './passes.ts'
import { canGuard, openPool } from './pool.ts'
import type { Limits } from './watch.ts'

/**
 * Runs one plan of a lock in a guarded thread. Undefined if the run went through, whatever it showed; if not, what to
 * tell the user, with the lock's name and the seed.
 */
export const rehearse = async (
  reference: string,
  plan: Plan,
  limits: Limits = {},
): Promise<InputError | SimulationError | undefined> => {
  // Sources that were not compiled have no threads.
  if (!canGuard) return undefined
  const pool = openPool<PassTask, Pass>({
    filename: new URL('./passes.js', import.meta.url),
    name: 'runPass',
    workers: 1,
    ...limits,
  })
  const named = `${plan.algorithm}, seed ${plan.seed}`
  try {
    const ended = await pool.run({ reference, plans: [plan], traced: [] })
    if ('mishap' in ended) {
      const { beat, message } = ended.mishap
      return beat === undefined
        ? new InputError(`${reference}: its module ${message}`)
        : new SimulationError(`${named}: its code ${message}`)
    }
    const error = ended.answer.runs[0]?.error
    return error === undefined ? undefined : new SimulationError(`${named}: ${error}`)
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  } finally {
    await pool.close()
  }
}
