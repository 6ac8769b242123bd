/** `run`: one run of one lock with its story, or of several locks as a table. */

import type { Asked, Plan, RunRequest } from '#runs'
import { defineCommand } from '../command.ts'
import { collected, milliseconds, wholeNumber } from '../numbers.ts'

interface RunOptions {
  readonly scenario?: string
  readonly sequence?: string
  readonly under?: string
  readonly plan?: string
  readonly seed?: number
  readonly clients?: number
  readonly servers?: number
  readonly rounds?: number
  readonly ttl?: number
  readonly fencing?: string
  readonly set?: readonly string[]
  readonly trace?: string
  readonly save?: string
  readonly format?: string
  readonly json?: boolean
}

/** The options without those that were not given: an absent field is not an undefined one. */
const given = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: Exclude<Fields[Name], undefined>
  }

/** The command. */
export const run = defineCommand<RunOptions>({
  name: 'run',
  summary:
    'Runs a lock once and tells what happened. Without a scenario, faults are drawn from the seed.',
  example:
    'npx locksim run redlock --scenario gc-pause --seed 42\nnpx locksim run redlock --set clock=monotonic --trace trace.jsonl\nnpx locksim run --seed 7',
  declare(command) {
    command
      .argument(
        '[algorithm...]',
        'names of locks (see `npx locksim list`), or paths of modules; every lock if left out',
      )
      .option('--scenario <name>', 'a published timeline (see `npx locksim list scenarios`)')
      .option('--sequence <row>', 'a published fault sequence (see `npx locksim list sequences`)')
      .option(
        '--under <class>',
        'faults of one class, drawn from the seed (see `npx locksim list classes`)',
      )
      .option('--plan <file>', 'a plan to run, or its JSON; the other options change it')
      .option('--seed <n>', 'where all chance comes from (default: 0)', wholeNumber(0))
      .option('--clients <n>', 'how many clients', wholeNumber(1, 10_000))
      .option(
        '--servers <n>',
        'how many servers, where the lock is free to choose',
        wholeNumber(1, 101),
      )
      .option('--rounds <n>', 'how often each client takes the lock', wholeNumber(1, 1_000_000))
      .option('--ttl <ms>', 'how long the lock outlives a silent holder', milliseconds)
      .option('--fencing <what>', 'what the store checks: off, writes, all or compare')
      .option('--set <name=value>', 'a parameter of the lock; may be repeated', collected)
      .option('--trace <file>', 'write the full trace to a file')
      .option('--save <file>', 'write the plan to a file')
      .option('--format <format>', 'story or events', 'story')
      .option('--json', 'one JSON value')
  },
  async run(names, options, io) {
    const runs = await import('#runs')
    const { algorithms, InputError, loadWarily, oneOfWords } = runs
    const fencing =
      options.fencing === undefined
        ? undefined
        : oneOfWords('--fencing', options.fencing, runs.FENCING)
    const format = oneOfWords('--format', options.format ?? 'story', ['story', 'events'] as const)
    const says = [options.plan, options.scenario, options.sequence, options.under]
    if (says.filter((one) => one !== undefined).length > 1) {
      throw new InputError(
        'give one of --plan, --scenario, --sequence and --under: each says what happens',
      )
    }
    const plan: Plan | undefined =
      options.plan === undefined ? undefined : runs.readPlan(options.plan)
    const { scenario, sequence, under, seed, clients, servers, rounds } = options
    const shared = given({
      scenario,
      sequence,
      under,
      seed,
      clients,
      servers,
      rounds,
      fencing,
      ttlMs: options.ttl,
      settings: options.set,
    })
    const asked: Asked = { ...shared, ...given({ planFile: options.plan }) }
    const request: RunRequest = { ...shared, ...given({ plan }) }

    const ofItself =
      plan?.algorithm ?? (sequence === undefined ? undefined : runs.lockOfSequence(sequence))
    const wanted = ofItself !== undefined && names.length === 0 ? [ofItself] : names
    const locks = wanted.length === 0 ? algorithms : await loadWarily([...new Set(wanted)])
    const [lock] = locks
    const json = options.json === true
    if (lock !== undefined && wanted.length === 1) {
      const { runOne } = await import('../run-one.ts')
      return runOne(
        lock,
        request,
        asked,
        { ...given({ trace: options.trace, save: options.save }), format, json },
        io,
      )
    }
    if (options.trace !== undefined || options.save !== undefined) {
      throw new InputError('--trace and --save are about one run: name one lock')
    }
    const { runMany } = await import('../run-many.ts')
    return runMany(locks, request, asked, { json, everyLock: wanted.length === 0 }, io)
  },
})
