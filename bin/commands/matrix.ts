/** `matrix`: locks against promises and classes of faults, with the evidence. */

import { availableParallelism } from 'node:os'
import type { MatrixRow } from '#runs'
import { defineCommand } from '../command.ts'
import { interruptible } from '../interrupt.ts'
import { collected, wholeNumber } from '../numbers.ts'

interface MatrixOptions {
  readonly seeds?: number
  readonly seed?: number
  readonly under?: readonly string[]
  readonly workers?: number
  readonly fencing?: string
  readonly set?: readonly string[]
  readonly format?: string
  readonly json?: boolean
}

const SEEDS_BY_DEFAULT = 100
const FORMATS = ['text', 'markdown', 'json'] as const

/** The command. */
export const matrix = defineCommand<MatrixOptions>({
  name: 'matrix',
  summary: 'Runs locks under every class of faults, and tabulates which promises they keep.',
  example:
    'npx locksim matrix redlock --seeds 300\nnpx locksim matrix zk-sequential --fencing all --under client-pause --under failover',
  declare(command) {
    command
      .argument(
        '[algorithm...]',
        'names of locks (see `npx locksim list`), or paths of modules; every lock if left out',
      )
      .option(
        '--seeds <n>',
        `runs for each lock and class (default: ${SEEDS_BY_DEFAULT})`,
        wholeNumber(1, 100_000_000),
      )
      .option('--seed <n>', 'the first of the seeds (default: 0)', wholeNumber(0))
      .option(
        '--under <class>',
        'only this class of faults; may be repeated (see `npx locksim list classes`)',
        collected,
      )
      .option(
        '--workers <n>',
        'how many threads; changes nothing but the time',
        wholeNumber(1, 256),
      )
      .option('--fencing <what>', 'what the store checks: off, writes, all or compare')
      .option('--set <name=value>', 'a parameter of the lock; may be repeated', collected)
      .option('--format <format>', `one of ${FORMATS.join(', ')}`, 'text')
      .option('--json', 'the same as --format json')
  },
  async run(names, options, io) {
    const runs = await import('#runs')
    const { styleOf, writePage } = await import('../paint.ts')
    const format =
      options.json === true
        ? 'json'
        : runs.oneOfWords('--format', options.format ?? 'text', FORMATS)
    const fencing =
      options.fencing === undefined
        ? undefined
        : runs.oneOfWords('--fencing', options.fencing, runs.FENCING)
    const locks = names.length === 0 ? runs.algorithms : await runs.loadWarily([...new Set(names)])
    const faultClasses =
      options.under === undefined
        ? runs.faultClasses
        : [...new Set(options.under)].map(runs.faultClassNamed)
    const settings = options.set ?? []
    const [lock] = locks
    if (settings.length > 0 && (lock === undefined || locks.length > 1)) {
      throw new runs.InputError('--set is about one lock: name it')
    }
    const parameters =
      lock === undefined || settings.length === 0 ? {} : runs.parametersFor(lock, { settings })
    if (lock !== undefined) runs.parametersOf(lock, parameters)

    const style = styleOf(io)
    const asked = [
      ...(fencing === undefined ? [] : ['--fencing', fencing]),
      ...settings.flatMap((setting) => ['--set', setting]),
    ]
    const rowNames = locks.map(({ name }) => name)
    const isTable = format === 'text' && locks.length > 1
    if (isTable) {
      writePage(
        runs.matrixHead(
          faultClasses.map(({ name }) => name),
          rowNames,
          style,
        ),
        io,
      )
    }
    const { signal, progress, exitCode } = interruptible(io, !isTable)
    const overrides = { parameters, ...(fencing === undefined ? {} : { fencing }) }
    const rows = await runs.runMatrix({
      algorithms: locks,
      faultClasses,
      seeds: options.seeds ?? SEEDS_BY_DEFAULT,
      firstSeed: options.seed ?? 0,
      workers: options.workers ?? availableParallelism(),
      overrides,
      ...(isTable
        ? { row: (row: MatrixRow) => writePage(runs.matrixLine(row, rowNames, style), io) }
        : {}),
      progress,
      signal,
    })
    switch (format) {
      case 'json':
        io.out(`${JSON.stringify(runs.matrixJson(rows, overrides), null, 2)}\n`)
        break
      case 'markdown':
        io.out(runs.matrixMarkdown(rows, asked))
        break
      default:
        if (isTable) {
          const failures = runs.matrixFailures(rows, style, asked)
          const below = `${runs.matrixLegend(rows, style)}\n${runs.matrixHint(style)}${failures}`
          writePage(`\n${below}`, io)
        } else for (const row of rows) writePage(runs.matrixOfLock(row, style, asked), io)
    }
    return exitCode(runs.matrixExitCode(rows, locks.length > 1))
  },
})
