/** `shrink`: from a plan on which something goes wrong to a smallest one on which it still does. */

import type { ShrinkReportInput } from '#runs'
import { defineCommand } from '../command.ts'
import { wholeNumber } from '../numbers.ts'

interface ShrinkOptions {
  readonly promise?: string
  readonly predicate?: string
  readonly save?: string
  readonly tries?: number
  readonly json?: boolean
}

/** The command. */
export const shrink = defineCommand<ShrinkOptions>({
  name: 'shrink',
  summary:
    'Takes from a plan all that can be taken while it still breaks a promise, and says what is left and why.',
  example:
    'npx locksim shrink plan.json\nnpx locksim shrink trace.jsonl --promise lost-update --save smallest.json',
  declare(command) {
    command
      .argument('<file>', 'a plan (JSON) or a trace (JSON Lines)')
      .option(
        '--promise <name>',
        'the promise that must stay broken (default: the first that the plan breaks, of those that decide)',
      )
      .option(
        '--predicate <module>',
        'what must stay true instead: the default export of a module, (result) => boolean',
      )
      .option('--tries <n>', 'how many plans are tried at the most', wholeNumber(1))
      .option('--save <file>', 'write the smallest plan to a file')
      .option('--json', 'one JSON value')
      .addHelpText(
        'after',
        '\nExits as the run of the smallest plan would. If the plan breaks nothing, there is nothing to shrink: exit code 4.',
      )
  },
  async run([path = ''], { promise: asked, predicate: module, save, tries, json }, io) {
    const runs = await import('#runs')
    const { withPlan } = await import('../failure.ts')
    const { rehearsed, report, runAndRecord } = await import('../one-run.ts')
    if (asked !== undefined && module !== undefined) {
      throw new runs.InputError('give one of --promise and --predicate: each says what must stay')
    }
    const plan = runs.planOf(path)
    const [algorithm] = await runs.loadWarily([plan.algorithm])
    if (algorithm === undefined) throw new runs.LocksimBug('a lock was loaded and is not there')
    await rehearsed(plan)
    const predicate = module === undefined ? undefined : await runs.loadPredicate(module)
    const before = withPlan(plan, () => runs.run(plan, { algorithm }))
    const wanted = asked ?? runs.promiseKeptIn(path)
    const promise = predicate === undefined ? runs.promiseOf(before, wanted) : undefined
    if (predicate === undefined ? promise === undefined : !predicate(before)) {
      const why =
        module === undefined
          ? `${path} ${asked === undefined ? 'breaks no promise' : `does not break ${asked}`}`
          : `${module} says no to ${path}`
      const message = `${why}: there is nothing to shrink`
      if (json === true) {
        const error = { exitCode: runs.EXIT.inconclusive, message }
        io.out(`${JSON.stringify({ error }, null, 2)}\n`)
      }
      io.err(`locksim: ${runs.printable(message)}\n`)
      return runs.EXIT.inconclusive
    }

    const fails =
      predicate === undefined
        ? runs.breaks(algorithm, promise ?? '')
        : runs.failsWhere(algorithm, predicate)
    const shrunk = runs.shrink(
      algorithm,
      plan,
      fails,
      tries === undefined ? {} : { triesMax: tries },
    )
    const smallest = shrunk.plan
    if (save !== undefined) runs.writePlan(save, runs.sparsePlan(smallest))
    const { result: after, events } = await runAndRecord(smallest, undefined, json !== true)
    const input: ShrinkReportInput = {
      promise,
      predicate: module,
      before,
      after,
      shrunk,
      necessary: promise === undefined ? [] : runs.necessaryFaults(algorithm, smallest, promise),
      cause: promise === undefined ? undefined : runs.causeOf(algorithm, smallest, promise),
    }
    if (json === true) {
      io.out(`${JSON.stringify(runs.shrinkJson(input), null, 2)}\n`)
      const { verdicts, landed } = after
      return runs.outcomeOf(algorithm, smallest, verdicts, landed).exitCode
    }
    const { styleOf, writePage } = await import('../paint.ts')
    writePage(`${runs.shrinkReport(input, styleOf(io))}\n`, io)
    const options = asked === undefined ? [] : ['--promise', asked]
    const repeat =
      save === undefined
        ? runs.commandLine([
            'shrink',
            path,
            ...options,
            ...(module === undefined ? [] : ['--predicate', module]),
            ...(tries === undefined ? [] : ['--tries', String(tries)]),
          ])
        : runs.commandLine(['replay', save])
    return report(after, events, { json: false, format: 'story', repeat }, io)
  },
})
