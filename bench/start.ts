/** How long a command takes to start, against a Node that does nothing. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../bin/locksim.js', import.meta.url))
const COMPILED = fileURLToPath(new URL('../bin/main.js', import.meta.url))
const ROUNDS = 15

const millisecondsOf = (args: readonly string[]): number => {
  const startMs = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
  return performance.now() - startMs
}

/** Times of `locksim --help` and of `node -e 0`, in ms: the fastest of several starts, as the rest is disturbance. */
export const startTimes = (): { readonly help: number; readonly bare: number } | undefined => {
  if (!existsSync(PROGRAM) || !existsSync(COMPILED)) return undefined
  let help = Infinity
  let bare = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    bare = Math.min(bare, millisecondsOf(['-e', '0']))
    help = Math.min(help, millisecondsOf([PROGRAM, '--help']))
  }
  return { help, bare }
}
