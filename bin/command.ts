/** The contract of a command: its words for `--help`, and what it does. */

import type { Command } from 'commander'
import type { Io } from './io.ts'

/** One command. Its file imports nothing heavy before `run` is called, so that `--help` stays quick. */
export interface CommandEntry<Options> {
  readonly name: string
  readonly summary: string
  /** One or two lines for `--help`. */
  readonly example: string
  /** Declares arguments and options. */
  declare(command: Command): void
  /** Does it; gives the exit code. */
  run(words: readonly string[], options: Options, io: Io): Promise<number>
}

/** Checks a command's shape and keeps its types. */
export const defineCommand = <Options>(entry: CommandEntry<Options>): CommandEntry<Options> => entry
