/** `check`: for CI. Every counterexample of a folder and fresh runs of its locks, held against what is recorded. */

import { availableParallelism } from 'node:os'
import { defineCommand } from '../command.ts'
import { interruptible } from '../interrupt.ts'
import { collected, wholeNumber } from '../numbers.ts'

interface CheckOptions {
  readonly seed?: number
  readonly runs?: number
  readonly workers?: number
  readonly update?: boolean
  readonly only?: readonly string[]
  readonly junit?: string
  readonly sarif?: string
  readonly github?: boolean
  readonly json?: boolean
}

/** Where this repository keeps its own. */
const FOLDER_BY_DEFAULT = 'runs/corpus'

/** The command. */
export const check = defineCommand<CheckOptions>({
  name: 'check',
  summary:
    'Replays the counterexamples of a folder and runs its locks afresh: any difference from what is recorded fails.',
  example: 'npx locksim check counterexamples\nnpx locksim check counterexamples --update',
  declare(command) {
    command
      .argument('[folder]', `where counterexamples are kept (default: ${FOLDER_BY_DEFAULT})`)
      .option('--only <lock>', 'only this lock; may be repeated', collected)
      .option(
        '--seed <n>',
        'the first seed of the fresh runs (default: as recorded)',
        wholeNumber(0),
      )
      .option(
        '--runs <n>',
        'fresh runs of each lock (default: as recorded, or 200)',
        wholeNumber(1, 100_000_000),
      )
      .option(
        '--workers <n>',
        'how many threads; changes nothing but the time',
        wholeNumber(1, 256),
      )
      .option('--update', 'write down how things are now, and say what that changes')
      .option('--junit <file>', 'write JUnit XML too')
      .option('--sarif <file>', 'write SARIF 2.1.0 too')
      .option('--github', 'annotations for GitHub Actions too')
      .option('--json', 'one JSON value')
      .addHelpText(
        'after',
        '\nExit codes: 0 as recorded, 1 any difference, 2 bad input, 130 interrupted',
      )
  },
  async run([given], options, io) {
    const runs = await import('#runs')
    const { existsSync } = await import('node:fs')
    const { styleOf, writePage } = await import('../paint.ts')
    const folder = given ?? FOLDER_BY_DEFAULT
    if (given === undefined && !existsSync(folder)) {
      throw new runs.InputError(
        `which folder? Say where counterexamples are kept, e.g. \`npx locksim check counterexamples\`; without a word it is ${FOLDER_BY_DEFAULT}, which is not here`,
      )
    }
    const style = styleOf(io)
    const isText = options.json !== true
    if (!isText && options.github === true) {
      throw new runs.InputError('--json and --github both write to standard output; leave one out')
    }
    const { signal, progress, exitCode } = interruptible(io, isText)
    const { seed, runs: budget, only, update = false } = options
    const result = await runs.check({
      folder,
      workers: options.workers ?? availableParallelism(),
      update,
      signal,
      progress,
      ...(seed === undefined ? {} : { seed }),
      ...(budget === undefined ? {} : { runs: budget }),
      ...(only === undefined ? {} : { only }),
      lock(one, all) {
        if (isText) writePage(runs.checkLine(one, all, style), io)
      },
    })
    if (options.junit !== undefined) {
      runs.writeWhole(options.junit, await runs.checkJunit(result))
    }
    if (options.sarif !== undefined) {
      runs.writeWhole(options.sarif, await runs.checkSarif(result))
    }
    if (isText) {
      writePage(runs.checkDifferences(result, style), io)
      if (update && !result.interrupted) writePage(runs.checkChanges(result, style), io)
      if (options.github === true) io.out(runs.checkGithub(result))
    } else io.out(`${JSON.stringify(runs.checkJson(result), null, 2)}\n`)
    return exitCode(runs.checkExitCode(result))
  },
})
