/** Loading a user's module into a process of locksim's own: first in a thread that may be lost, then here, with the traps set for good. */

import type { AnyAlgorithm } from '#algorithms'
import { InputError } from '../errors.ts'
import { loadAlgorithms } from '../modules/load.ts'
import { isPathReference } from '../modules/reference.ts'
import { armLastingTraps } from '../traps.ts'
import type { Pass, PassTask } from './passes.ts'
import { canGuard, openPool } from './pool.ts'
import type { Limits } from './watch.ts'

const rehearseLoading = async (references: readonly string[], limits: Limits): Promise<void> => {
  const pool = openPool<PassTask, Pass>({
    filename: new URL('./passes.js', import.meta.url),
    name: 'runPass',
    workers: 1,
    ...limits,
  })
  try {
    for (const reference of references) {
      const ended = await pool.run({ reference, plans: [], traced: [] })
      if ('mishap' in ended)
        throw new InputError(`${reference}: its module ${ended.mishap.message}`)
    }
  } finally {
    await pool.close()
  }
}

/**
 * The same as `loadAlgorithms`, for commands: a module that hangs, exits or takes all memory while it is loaded is told
 * by its path and does no harm.
 *
 * @throws InputError for what cannot be loaded
 */
export const loadWarily = async (
  references: readonly string[],
  limits: Limits = {},
): Promise<readonly AnyAlgorithm[]> => {
  const paths = references.filter(isPathReference)
  // Sources that were not compiled have no threads, and share their process with whoever runs them.
  if (canGuard && paths.length > 0) {
    await rehearseLoading(paths, limits)
    armLastingTraps()
  }
  return loadAlgorithms(references)
}
