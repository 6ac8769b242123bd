/** The matrix: adding up is the same in any order, and the table in the docs is what the code says. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addCampaign,
  algorithmNamed,
  algorithms,
  cellsOf,
  describeReport,
  drawClassPlan,
  emptyCampaign,
  faultClasses,
  faultClassNamed,
  matrixJson,
  matrixPromises,
  plainStyle,
  rowsOfTable,
  run,
  runCampaign,
  runMatrix,
  withTraps,
} from '#runs'
import type { CampaignResult, MatrixRow, SavedTable } from '#runs'

const ROOT = join(import.meta.dirname, '..')
const table = JSON.parse(
  readFileSync(join(ROOT, 'docs/reference/matrix.json'), 'utf8'),
) as SavedTable
const rows = rowsOfTable(table)

const small = {
  algorithms: ['redis-set-px', 'no-lock'].map(algorithmNamed),
  faultClasses: ['none', 'client-pause', 'failover'].map(faultClassNamed),
  firstSeed: 0,
  seeds: 30,
  workers: 1,
}

describe('a matrix', () => {
  it('has a cell for every promise under every class, in order', async () => {
    const { cells } = matrixJson(await runMatrix(small))
    const { length } = matrixPromises(algorithmNamed('no-lock'))
    expect(cells).toHaveLength(2 * 3 * length)
    expect(cells.map(({ algorithm }) => algorithm)).toEqual(
      [...Array(3 * length).fill('redis-set-px')].concat(Array(3 * length).fill('no-lock')),
    )
  })

  it('gives the plan of the smallest run that breaks a promise, which breaks it again', async () => {
    const { cells } = matrixJson(await runMatrix(small))
    const found = cells.find(
      ({ algorithm, promise, fault }) =>
        algorithm === 'redis-set-px' && promise === 'exclusion/effect' && fault === 'client-pause',
    )
    const { plan } = found ?? {}
    if (plan === undefined || plan === null || 'skip' in plan) throw new Error('there is no plan')
    const again = run(plan)
    expect(again.hash).toBe(found?.hash)
    expect(again.verdicts.find(({ promise }) => promise === 'exclusion/effect')?.verdict).toBe(
      'violated',
    )
  })

  it('runs a lock that is not in the registry, and describes it', async () => {
    const mine = { ...algorithmNamed('redis-set-px'), name: 'my-lock' }
    const rows = await runMatrix({ ...small, algorithms: [mine], workers: 2 })
    expect(rows[0]?.campaigns[1]?.result?.runs).toBe(small.seeds)
    expect(describeReport(rows[0] as MatrixRow, plainStyle)).toContain('my-lock')
  })

  it('comes to the same when its seeds are run in parts', async () => {
    const whole = await runMatrix({ ...small, seeds: 600 })
    const [row] = whole
    const parts = [0, 250, 500].map((from) =>
      runCampaign(
        algorithmNamed('redis-set-px'),
        faultClassNamed('client-pause'),
        from,
        Math.min(600, from + 250),
      ),
    )
    const sum = parts.reduce((total, part) => total + ('skip' in part ? 0 : part.runs), 0)
    expect(row?.campaigns[1]?.result?.runs).toBe(sum)
    const found = parts.flatMap((part) =>
      'skip' in part ? [] : (part.promises['exclusion/effect']?.smallest ?? []),
    )
    expect(found).toContainEqual(row?.campaigns[1]?.result?.promises['exclusion/effect']?.smallest)
  })

  it('comes to the same, letter by letter, in whatever order its parts are done', () => {
    const parts = Array.from({ length: 6 }, (_, part) =>
      runCampaign(
        algorithmNamed('zk-ephemeral'),
        faultClassNamed('client-pause'),
        part * 5,
        part * 5 + 5,
      ),
    ).flatMap((part) => ('skip' in part ? [] : [part]))
    const textOf = (order: readonly CampaignResult[]): string => {
      const sum = emptyCampaign()
      for (const part of order) addCampaign(sum, part)
      return JSON.stringify(sum)
    }
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: parts.length }), (order) => {
        expect(textOf(order)).toBe(textOf(parts))
      }),
    )
  })

  it.skipIf(!existsSync(join(ROOT, 'dist/bin/main.js')))(
    'is the same whatever the number of threads',
    () => {
      const words = 'bin/locksim.js matrix redis-set-px db-insert --seeds 60 --json --workers'
      const outputs = ['1', '3'].map(
        (workers) =>
          spawnSync('node', [...words.split(' '), workers], {
            cwd: ROOT,
            encoding: 'utf8',
            maxBuffer: 1e9,
          }).stdout,
      )
      expect(outputs[0]?.length).toBeGreaterThan(1_000)
      expect(new Set(outputs).size).toBe(1)
    },
    60_000,
  )
})

describe.skipIf(!existsSync(join(ROOT, 'dist/bin/main.js')))('a matrix that is interrupted', () => {
  it.each(['1', '2'])(
    'hears of it and tells what was run, with %s threads',
    async (workers) => {
      const words = ['matrix', '--seeds', '250', '--under', 'none', '--workers', workers]
      const child = spawn('node', ['bin/locksim.js', ...words], { cwd: ROOT })
      let out = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text
        // A second one would end it at once.
        if (!child.killed && /^db-insert .*$/m.test(out)) child.kill('SIGINT')
      })
      const [code] = (await once(child, 'close')) as [number | null]
      expect(code).toBe(130)
      expect(out).toContain('250 runs for each lock and class')
      expect(out).not.toContain(algorithms.at(-1)?.name)
    },
    60_000,
  )
})

describe('the table in the docs', () => {
  it('has every lock and every class', () => {
    expect(table.rows.map(({ algorithm }) => algorithm)).toEqual(algorithms.map(({ name }) => name))
    for (const { campaigns } of table.rows) {
      expect(campaigns.map(({ fault }) => fault)).toEqual(faultClasses.map(({ name }) => name))
    }
  })

  it.each(rows.map((row) => [row.algorithm.name, row] as const))(
    'says of %s what still happens: what broke it breaks it, and what held holds in the first runs',
    (_name, row) => {
      const stale: string[] = []
      const cells = cellsOf(row)
      for (const { fault, result } of row.campaigns) {
        const first = withTraps(() => runCampaign(row.algorithm, fault, 0, FIRST_RUNS))
        expect('skip' in first).toBe(result === undefined)
        if ('skip' in first) continue
        const mine = cells.filter((cell) => cell.fault === fault.name)
        for (const { promise, verdict } of mine) {
          const breaks = (first.promises[promise]?.counts.violated ?? 0) > 0
          if (breaks && verdict !== 'violated') stale.push(`${fault.name} breaks ${promise}`)
        }
        const examples = new Map(mine.map((cell) => [cell.example?.seed, cell]))
        for (const [seed, { example }] of examples) {
          if (seed === undefined || example === undefined) continue
          const plan = drawClassPlan(row.algorithm, fault, seed)
          if ('skip' in plan) continue
          const { hash, verdicts } = run(plan)
          if (hash !== example.hash) stale.push(`${fault.name}, seed ${seed}: another run`)
          const broken = mine.filter((cell) => cell.example?.seed === seed)
          for (const { promise } of broken) {
            const verdict = verdicts.find((one) => one.promise === promise)?.verdict
            if (verdict !== 'violated')
              stale.push(`${fault.name}, seed ${seed}: ${promise} ${verdict}`)
          }
        }
      }
      expect(stale, 'run `npm run table` and read what has changed').toEqual([])
    },
  )
})

/** Enough to notice a change, few enough for every test run. */
const FIRST_RUNS = 5
