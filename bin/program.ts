/** The command line: the registry of commands, and what becomes of their errors. */

import { Command, CommanderError, Option } from 'commander'
import type { CommandEntry } from './command.ts'
import { describe } from './commands/describe.ts'
import { fuzz } from './commands/fuzz.ts'
import { list } from './commands/list.ts'
import { matrix } from './commands/matrix.ts'
import { replay } from './commands/replay.ts'
import { run } from './commands/run.ts'
import { show } from './commands/show.ts'
import { failureOf } from './failure.ts'
import type { Io } from './io.ts'

const commands: readonly CommandEntry<never>[] = [run, fuzz, replay, show, matrix, describe, list]

const BAD_INPUT = 2

/** Runs the words of a command line and gives the exit code. */
export const program = async (words: readonly string[], io: Io): Promise<number> => {
  let exitCode = 0
  const root = new Command('locksim')
    .description(
      'Runs distributed locks in a simulated world, breaks things on purpose, and shows what broke.',
    )
    .option('--version', 'print the version')
    .addOption(new Option('--no-color', 'no colours').hideHelp())
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .addHelpText(
      'after',
      '\nBegin with:\n  npx locksim run redlock --scenario gc-pause --seed 42\n\nExit codes: 0 held, 1 broken, 2 bad input, 3 a bug of locksim, 4 inconclusive or vacuous, 130 interrupted',
    )
  for (const entry of commands) {
    const command = root
      .command(entry.name)
      .description(entry.summary)
      .addOption(new Option('--no-color', 'no colours').hideHelp())
      .addHelpText('after', `\nFor example:\n${entry.example.replace(/^/gm, '  ')}`)
      .action(async () => {
        exitCode = await entry.run(command.args, command.opts() as never, io)
      })
    entry.declare(command)
  }
  try {
    // Commander wants to know the version in advance; nobody else should pay for finding it out.
    if (words[0] === '--version') {
      const { VERSION } = await import('#runs')
      io.out(`${VERSION}\n`)
      return 0
    }
    await root.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_INPUT
    return failureOf(error, words, io)
  }
}
