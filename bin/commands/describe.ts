/** `describe`: a lock on one page. */

import { availableParallelism } from 'node:os'
import { defineCommand } from '../command.ts'
import { interruptible } from '../interrupt.ts'
import { wholeNumber } from '../numbers.ts'

const SEEDS_BY_DEFAULT = 100

/** The command. */
export const describe = defineCommand<{
  readonly seeds?: number
  readonly workers?: number
  readonly json?: boolean
}>({
  name: 'describe',
  summary: 'Describes a lock: steps, claims, what breaks it, what it costs, when to use it.',
  example: 'npx locksim describe redlock',
  declare(command) {
    command
      .argument(
        '<algorithm>',
        'the name of a lock (see `npx locksim list algorithms`), or the path of a module',
      )
      .option(
        '--seeds <n>',
        `runs for each class of faults (default: ${SEEDS_BY_DEFAULT})`,
        wholeNumber(1, 1_000_000),
      )
      .option(
        '--workers <n>',
        'how many threads; changes nothing but the time',
        wholeNumber(1, 256),
      )
      .option('--json', 'one JSON value')
  },
  async run([name = ''], { seeds, workers, json }, io) {
    const { describeJson, describeReport, EXIT, faultClasses, loadWarily, runMatrix } =
      await import('#runs')
    const { signal, progress, exitCode } = interruptible(io, true)
    const [row] = await runMatrix({
      algorithms: await loadWarily([name]),
      faultClasses,
      seeds: seeds ?? SEEDS_BY_DEFAULT,
      firstSeed: 0,
      workers: workers ?? availableParallelism(),
      progress,
      signal,
    })
    if (row === undefined) return exitCode(EXIT.inconclusive)
    if (json === true) io.out(`${JSON.stringify(describeJson(row), null, 2)}\n`)
    else {
      const { styleOf, writePage } = await import('../paint.ts')
      writePage(describeReport(row, styleOf(io)), io)
    }
    return exitCode(EXIT.held)
  },
})
