/** The committed counterexamples: each is run again, each broken cell of the table has one, and the workflow of the docs is ours. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms, cellsOf, readCounterexample, recheck, rowsOfTable } from '#runs'
import type { SavedTable } from '#runs'
import { blocksOf } from './markdown.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'runs/corpus')
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

const filesOf = (lock: string): readonly string[] =>
  existsSync(join(FOLDER, lock))
    ? readdirSync(join(FOLDER, lock)).map((name) => join(FOLDER, lock, name))
    : []

describe('runs/corpus', () => {
  it.each(algorithms.map(({ name }) => name).filter((name) => filesOf(name).length > 0))(
    'has counterexamples of %s that break their promise by the very run that was recorded, none of them twice',
    (lock) => {
      const counterexamples = filesOf(lock).map((path) => readCounterexample(path))
      expect(
        counterexamples.map((one) => [one.algorithm, one.promise, recheck(one).message]),
      ).toEqual(
        counterexamples.map(({ promise }) => [lock, promise, 'still broken, by the same run']),
      )
      const plans = counterexamples.map(({ promise, plan: { seed: _seed, ...plan } }) =>
        JSON.stringify([promise, plan]),
      )
      expect(new Set(plans).size).toBe(plans.length)
    },
    30_000,
  )

  it('has one for each cell of the table in which a promise is broken', () => {
    const { locks } = readJson(join(FOLDER, 'cells.json')) as {
      locks: Record<string, Record<string, Record<string, string>>>
    }
    const broken = rowsOfTable(readJson(join(ROOT, 'docs/reference/matrix.json')) as SavedTable)
      .flatMap(cellsOf)
      .filter(({ verdict }) => verdict === 'violated')
    const missing = broken.filter(({ algorithm, promise, fault }) => {
      const name = locks[algorithm]?.[promise]?.[fault]
      return (
        name === undefined || readCounterexample(join(FOLDER, algorithm, name)).promise !== promise
      )
    })
    expect(
      missing.map(({ algorithm, promise, fault }) => `${algorithm} ${promise} ${fault}`),
    ).toEqual([])
  })

  it('has what is recorded of every lock', () => {
    const { locks } = readJson(join(FOLDER, 'verdicts.json')) as {
      locks: { algorithm: string }[]
    }
    expect(locks.map(({ algorithm }) => algorithm)).toEqual(
      algorithms.map(({ name }) => name).sort(),
    )
  })
})

describe('docs/ci.md', () => {
  it('shows the workflow that this repository uses', () => {
    const ours = readFileSync(join(ROOT, '.github/workflows/locks.yml'), 'utf8')
    const [shown] = blocksOf(readFileSync(join(ROOT, 'docs/ci.md'), 'utf8')).filter(
      ({ language }) => language === 'yaml',
    )
    expect(shown?.text).toBe(ours.replace('runs/corpus', 'counterexamples'))
  })
})
