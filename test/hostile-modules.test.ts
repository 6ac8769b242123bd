/** Modules that throw, hang, grow or kill their thread are told by name and seed, and nobody beside them is disturbed. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parsePlan } from '#runs'
import type { Ended, Pass, PassTask } from '#runs'
import { BUILT, makeFolder, moduleOf, outside } from './planted.ts'
import type { Plant } from './planted.ts'

/** What is planted, and what is said of it. */
interface Row extends Plant {
  readonly what: string
  readonly says: string
}

const AT_CLIENT = 'hostile, seed 7: hostile, on client-1 at '
const CODE = 'hostile, seed 7: its code '

/** A thread gets 1 s; one that is to take 96 MiB gets all the time that it needs for that. */
const SHORT = { stallMs: 1_000, heapMb: 512 }
const LONG = { stallMs: 30_000, heapMb: 96 }

const STEPS: readonly Row[] = [
  { what: 'throws', says: 'threw Error: boom', acquire: "throw new Error('boom')" },
  { what: 'throws a word', says: 'threw boom', acquire: "throw 'boom'" },
  { what: 'throws nothing', says: 'threw undefined', acquire: 'throw undefined' },
  {
    what: 'throws an object without a prototype',
    says: 'threw ',
    acquire: 'throw Object.create(null)',
  },
  { what: 'forgets a yield*', says: 'built the effect clock()', acquire: 'clock()' },
  { what: 'yields a promise', says: 'yielded a promise', acquire: 'yield Promise.resolve(1)' },
  { what: 'yields a number', says: 'yielded 5', acquire: 'yield 5' },
  {
    what: 'calls itself without end',
    says: 'threw RangeError',
    acquire: 'const f = () => f() + 1; f()',
  },
  { what: 'ends the process', says: 'called process.exit()', acquire: 'process.exit(0)' },
  {
    what: 'takes all steps of an instant',
    says: 'without virtual time moving on',
    acquire: 'for (;;) yield* clock()',
  },
  {
    what: 'sleeps for 0 ms without end',
    says: 'without virtual time moving on',
    acquire: 'for (;;) yield* sleep(0)',
  },
  { what: 'returns no grant', says: 'acquire returned true', acquire: 'return true' },
]

const SERVERS: readonly Row[] = [
  {
    what: 'throws in holders',
    says: 'its holders() threw Error: boom',
    holders: "throw new Error('boom')",
  },
  {
    what: 'changes what holders sees',
    says: "changes the servers' data (up = …)",
    holders: 'redis[0].up = false',
  },
  {
    what: 'changes an owner in holders',
    says: "changes the servers' data (client = …)",
    holders: "const found = redis[0].data.granted(lock); if (found) found.origin.client = 'me'",
  },
  {
    what: 'sorts the servers in holders',
    says: "changes the servers' data (.sort())",
    holders: 'redis.sort()',
  },
]

const LOST: readonly Row[] = [
  {
    what: 'loops in one step',
    says: 'did not end one of its steps within 1 s',
    acquire: 'for (;;);',
  },
  {
    what: 'loops in holders',
    says: 'did not end one of its steps within 1 s',
    holders: 'for (;;);',
  },
  {
    what: 'loops in release',
    says: 'did not end one of its steps within 1 s',
    release: 'for (;;);',
  },
  {
    what: 'takes memory without end in one step, as objects',
    says: 'took more than 96 MiB',
    acquire: 'const all_ = []; for (;;) all_.push({ a: 1 })',
  },
  {
    what: 'takes memory without end in one step, as one array',
    says: 'took more than 96 MiB',
    acquire: 'const all_ = []; for (;;) all_.push(1)',
  },
  {
    what: 'takes memory without end in one step, as buffers',
    says: 'took more than 96 MiB',
    acquire: 'const all_ = []; for (;;) all_.push(new Uint8Array(1e6).fill(1))',
  },
  {
    what: 'takes memory without end over virtual time',
    says: 'took more than 96 MiB',
    top: 'const all_ = []',
    acquire:
      'for (;;) { yield* sleep(1); all_.push(Array.from({ length: 1e3 }, (_, i) => ({ i }))) }',
  },
  {
    what: 'ends its thread by a way that it has kept',
    says: 'called process.exit(3) or ended its thread',
    top: 'const bye = process.reallyExit',
    acquire: 'bye.call(process, 3)',
  },
]

const LOADING: readonly Row[] = [
  {
    what: 'throws when it is loaded',
    says: 'an error while it was loaded: boom',
    top: "throw new Error('boom')",
  },
  { what: 'is no module', says: 'Unexpected token', top: 'const = 5' },
  {
    what: 'imports what is not there',
    says: 'cannot find "no-such-package-here", which it imports',
    top: "import 'no-such-package-here'",
  },
  {
    what: 'hangs when it is loaded',
    says: 'its module did not finish loading within 1 s',
    top: 'for (;;);',
  },
  {
    what: 'waits for ever when it is loaded',
    says: 'its module did not finish loading within 1 s',
    top: 'await new Promise(() => {})',
  },
  {
    what: 'ends its thread when it is loaded',
    says: 'its module called process.exit(4)',
    top: 'process.exit(4)',
  },
]

const ROWS = [...STEPS, ...SERVERS, ...LOST, ...LOADING]

const planOf = (algorithm: string, seed: number) =>
  parsePlan({ format: 'locksim-plan/1', algorithm, seed, rounds: 2 })

describe.skipIf(!BUILT)('a module that (needs `npm run build`)', () => {
  const folder = makeFolder()
  const write = (name: string, plant: Plant): string => folder.write(name, moduleOf(name, plant))
  let said: readonly (string | null)[]
  beforeAll(() => {
    const asked = ROWS.map(({ what, ...plant }) => ({
      reference: folder.write(what.replaceAll(/\W/g, '-'), moduleOf('hostile', plant)),
      plan: planOf('hostile', 7),
      limits: plant.says.includes('MiB') ? LONG : SHORT,
    }))
    said = outside(
      'rehearse.js',
      `(async () => {
        const said = []
        for (const { reference, plan, limits } of asked) {
          said.push((await guard.rehearse(reference, plan, limits))?.message ?? null)
        }
        return said
      })()`,
      asked,
    ) as readonly (string | null)[]
  }, 300_000)
  afterAll(() => folder.clear())

  const wordsOn = (what: string): string | null | undefined =>
    said[ROWS.findIndex((row) => row.what === what)]

  it.each(STEPS)('$what is told with the client and the time', ({ what, says }) => {
    expect(wordsOn(what)).toContain(AT_CLIENT)
    expect(wordsOn(what)).toContain(says)
  })

  it.each(SERVERS)('$what is told with the server and the time', ({ what, says }) => {
    expect(wordsOn(what)).toContain('hostile, seed 7: hostile, on redis at ')
    expect(wordsOn(what)).toContain(says)
  })

  it.each(LOST)('$what loses its thread and is told', ({ what, says }) => {
    expect(wordsOn(what)).toContain(`${CODE}${says}`)
  })

  it.each(LOADING)('$what is told with its path', ({ what, says }) => {
    expect(wordsOn(what)).toContain(`${what.replaceAll(/\W/g, '-')}.mjs`)
    expect(wordsOn(what)).toContain(says)
  })

  it('is honest gets no word', () => {
    const rehearsed = outside(
      'rehearse.js',
      'guard.rehearse(asked.reference, asked.plan).then((error) => error?.message ?? null)',
      { reference: write('honest', {}), plan: planOf('honest', 7) },
    )
    expect(rehearsed).toBeNull()
  })

  it('is lost takes no other with it, and the process ends by itself', () => {
    const honest = write('honest', {})
    const tasks: readonly PassTask[] = LOST.filter(
      ({ what }) => !what.includes('loops in r'),
    ).flatMap((plant, index) => [
      {
        reference: folder.write(`lost-${index}`, moduleOf('hostile', plant)),
        plans: [planOf('hostile', 1), planOf('hostile', 2)],
        traced: [],
      },
      { reference: honest, plans: [3, 4, 5].map((seed) => planOf('honest', seed)), traced: [] },
    ])
    const ended = outside(
      'pool.js',
      `(async () => {
        const pool = guard.openPool({ ...asked.options, filename: new URL(asked.options.filename) })
        const ended = await Promise.all(asked.tasks.map((task) => pool.run(task)))
        await pool.close()
        return ended
      })()`,
      {
        tasks,
        options: {
          stallMs: 3_000,
          heapMb: 96,
          workers: 2,
          name: 'runPass',
          filename: pathToFileURL(resolve('dist/runs/guard/passes.js')).href,
        },
      },
    ) as readonly Ended<Pass>[]
    const hostile = ended.filter((_one, index) => index % 2 === 0)
    const others = ended.filter((_one, index) => index % 2 === 1)
    expect(hostile.map((one) => 'mishap' in one && one.mishap.beat)).toEqual(hostile.map(() => 0))
    expect(others.every((one) => 'answer' in one)).toBe(true)
    const hashes = others.map((one) =>
      'answer' in one ? one.answer.runs.map(({ hash }) => hash) : [],
    )
    expect(new Set(hashes.map((one) => one.join(' '))).size).toBe(1)
    expect(hashes[0]).toHaveLength(3)
  }, 300_000)
})
