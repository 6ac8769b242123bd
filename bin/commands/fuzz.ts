/** `fuzz`: many drawn plans for a lock, and the smallest counterexample of each promise that breaks. */

import type { FuzzRequest, FuzzResult } from '#runs'
import { defineCommand } from '../command.ts'
import { INTERRUPTED } from '../io.ts'
import { RUNS_MAX, RUNS_OF_EACH, RUNS_OF_ONE } from '../fuzz-budget.ts'
import { collected, duration, wholeNumber } from '../numbers.ts'

/** The options of the command. */
export interface FuzzOptions {
  readonly runs?: number
  readonly time?: number
  readonly seed?: number
  readonly workers?: number
  readonly faults?: string
  readonly until?: string
  readonly promise?: string
  readonly out?: string
  readonly fresh?: boolean
  readonly fencing?: string
  readonly set?: readonly string[]
  readonly json?: boolean
}

/** The command. */
export const fuzz = defineCommand<FuzzOptions>({
  name: 'fuzz',
  summary:
    'Runs a lock under many random plans, and makes the smallest counterexample of each promise that breaks.',
  example:
    'npx locksim fuzz redlock --runs 2000 --seed 1\nnpx locksim fuzz redlock --faults pause,clock --until found\nnpx locksim fuzz redisson-lock --time 30s --out found',
  declare(command) {
    command
      .argument(
        '[algorithm...]',
        'names of locks (see `npx locksim list`), or paths of modules; every lock if left out',
      )
      .option(
        '--runs <n>',
        `runs for each lock (default: ${RUNS_OF_ONE}, of several locks ${RUNS_OF_EACH} each)`,
        wholeNumber(1, RUNS_MAX),
      )
      .option('--time <time>', 'how long for each lock at the most, e.g. 30s or 5m', duration)
      .option('--seed <n>', 'where all chance comes from (default: 0)', wholeNumber(0))
      .option(
        '--workers <n>',
        'how many threads; changes nothing but the time',
        wholeNumber(1, 256),
      )
      .option(
        '--faults <kinds>',
        'only these kinds of faults, e.g. pause,clock (see `npx locksim list faults`)',
      )
      .option(
        '--until <end>',
        'found: ends with the first promise that decides; time: with --time; runs',
      )
      .option('--promise <name>', 'look for this promise only')
      .option('--out <folder>', 'keep the counterexamples there; continued after a kill')
      .option('--fresh', 'forget what the folder knows of an earlier campaign')
      .option('--fencing <what>', 'what the store checks: off, writes, all or compare')
      .option('--set <name=value>', 'a parameter of the lock; may be repeated', collected)
      .option('--json', 'one JSON value')
  },
  async run(names, options, io) {
    const { askFuzz } = await import('../ask-fuzz.ts')
    const runs = await import('#runs')
    const { styleOf, writePage } = await import('../paint.ts')
    const { progressBar } = await import('../progress-bar.ts')
    const asked = await askFuzz(names, options)
    const { locks, everyLock } = asked
    const style = styleOf(io)
    const bar = progressBar(io)
    const signal = io.interrupt()
    const isTable = locks.length > 1 && options.json !== true
    const request: FuzzRequest = { ...asked.request, signal }
    const told = (result: FuzzResult): void => {
      bar.clear()
      if (isTable) writePage(runs.fuzzLine(result, style), io)
    }
    let results: readonly FuzzResult[]
    try {
      results = await runs.fuzzEach(locks, request, {
        told,
        progress: ({ name }, progress) => bar.show(name, progress),
      })
    } finally {
      bar.clear()
    }
    const exitCode =
      results.length === 0
        ? runs.EXIT.inconclusive
        : runs.worstOf(runs.fuzzCodesOf(results, everyLock))
    if (options.json === true) {
      io.out(`${JSON.stringify(runs.fuzzJson(results, request, exitCode), null, 2)}\n`)
    } else if (isTable) {
      writePage(runs.fuzzFound(results, runs.referenceOf, style), io)
      // Where time ended it, each lock has a number of runs of its own.
      if (request.timeMs === undefined) {
        const words = ['--runs', String(request.runs), '--seed', String(request.seed)]
        const again = ['fuzz', ...names, ...words, ...runs.fuzzOptions(request)]
        io.out(`\n${style.paint.dim('again:')} ${runs.commandLine(again)}\n`)
      }
    } else {
      for (const result of results) {
        const question = {
          reference: runs.referenceOf(result.algorithm),
          options: runs.fuzzOptions(request),
          plans: request,
        }
        writePage(runs.fuzzReport(result, question, style), io)
      }
    }
    if (!signal.aborted) return exitCode
    const done = results.reduce((sum, result) => sum + result.runs, 0)
    io.err(`locksim: interrupted; the output is about the ${done} runs that were done\n`)
    return INTERRUPTED
  },
})
