/** What a person gets to see of an error: one message and an exit code; a stack only where locksim itself is wrong. */

import type { Io } from './io.ts'

/** Tells an error and gives the exit code. With `--json` standard output gets its one value even so. */
export const failureOf = async (
  error: unknown,
  words: readonly string[],
  io: Io,
): Promise<number> => {
  const { commandLine, EXIT, InputError, LocksimBug, SimulationError, printable } =
    await import('#runs')
  const plain = (text: string): string => text.split('\n').map(printable).join('\n')
  const message = error instanceof Error ? error.message : String(error)
  const isMistake = error instanceof InputError || error instanceof SimulationError
  const exitCode = isMistake ? EXIT.input : EXIT.bug
  if (words.includes('--json'))
    io.out(`${JSON.stringify({ error: { exitCode, message } }, null, 2)}\n`)

  if (isMistake) {
    io.err(`locksim: ${plain(message)}\n`)
    if (error instanceof SimulationError) io.err(`again: ${plain(commandLine(words))}\n`)
    return exitCode
  }
  io.err('locksim: this is a bug in locksim, please report it with what follows:\n')
  io.err(
    `${plain(error instanceof Error && !(error instanceof LocksimBug) ? (error.stack ?? message) : message)}\n`,
  )
  const plan = error instanceof Error && 'plan' in error ? error.plan : undefined
  if (plan !== undefined) io.err(`plan: ${JSON.stringify(plan)}\n`)
  io.err(`again: ${plain(commandLine(words))}\n`)
  return exitCode
}

/** Does something with a plan; what goes wrong inside carries the plan along, to be reported. */
export const withPlan = <Result>(plan: unknown, act: () => Result): Result => {
  try {
    return act()
  } catch (error) {
    if (error instanceof Error && Object.isExtensible(error)) Object.assign(error, { plan })
    throw error
  }
}
