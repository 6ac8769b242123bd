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
    const runs = await import('#runs')
    const { describeJson, describeReport, EXIT, faultClasses, runMatrix } = runs
    const { rehearsed } = await import('../one-run.ts')
    const algorithms = await runs.loadWarily([name])
    // What it costs is measured in this thread, where a lock that hangs or dies would take the command with it.
    for (const algorithm of algorithms) {
      const format = runs.PLAN_FORMAT
      await rehearsed(runs.parsePlan({ format, algorithm: runs.referenceOf(algorithm) }))
    }
    const { signal, progress, exitCode } = interruptible(io, true)
    const [row] = await runMatrix({
      algorithms,
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
