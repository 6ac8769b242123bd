/** Writes counterexamples of a campaign where they are kept. */

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Counterexample } from '../keep/counterexample.ts'

/** Writes one and gives its path. */
export const writeCounterexample = (folder: string, counterexample: Counterexample): string => {
  const { algorithm, promise } = counterexample
  const path = join(folder, `${algorithm}.${promise.replaceAll('/', '-')}.json`)
  writeFileSync(`${path}.new`, `${JSON.stringify(counterexample, null, 2)}\n`)
  renameSync(`${path}.new`, path)
  return path
}
