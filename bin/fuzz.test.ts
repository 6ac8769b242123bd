/** `locksim fuzz` on a page: what it prints, its exit codes, and the line that repeats. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parsePlan, run } from '#runs'
import type { Plan } from '#runs'
import { COLUMNS_MIN } from './io.ts'
import { duration } from './numbers.ts'
import { locksim } from './on-a-page.ts'
import { clockOf, progressLine } from './progress-bar.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const isCommand = (line: string): boolean => line.includes('npx locksim')
const widest = (text: string): number =>
  Math.max(...text.split('\n').map((line) => (isCommand(line) ? 0 : line.length)))

interface FuzzJson {
  readonly runs: number
  readonly exitCode: number
  readonly found: readonly {
    readonly algorithm: string
    readonly promise: string
    readonly decides: boolean
    readonly firstAtRun: number
    readonly hash: string
    readonly plan: Plan
  }[]
  readonly coverage: readonly { readonly algorithm: string; readonly stopped: string }[]
}

const small = '--runs 150 --seed 3 --workers 1'

describe('locksim fuzz', () => {
  it('tells what was broken, the smallest story, how sure it is, and the line that repeats it', async () => {
    for (const columns of [80, COLUMNS_MIN]) {
      const { code, out, err } = await locksim(`fuzz redis-set-px ${small}`, { columns })
      expect([code, err]).toEqual([1, ''])
      expect(widest(out)).toBeLessThanOrEqual(columns)
      expect(out).toMatch(/^✗ exclusion\/effect +in \d+ of 150 runs, first in run \d+$/m)
      expect(out).toMatch(/^× lost-update/m)
      expect(out).toContain('the smallest story: exclusion/effect')
      expect(out.replace(/\s+/g, ' ')).toMatch(/clients competed in \d+ % of them/)
      expect(out).toMatch(/again: npx locksim fuzz redis-set-px --runs 150 --seed 3\n$/)
      expect(out).toContain(`npx locksim run redis-set-px --plan '{`)
    }
  })

  it('repeats with the options that change its runs, and with what was run when time ended it', async () => {
    const { out } = await locksim(
      'fuzz redis-set-px --time 1ms --faults pause,clock --set ttlMs=3000 --fencing writes --workers 1',
    )
    const line =
      /again: npx locksim (fuzz redis-set-px --runs \d+ --seed 0 --faults pause,clock --fencing writes --set ttlMs=3000)\n$/.exec(
        out,
      )
    expect(out).toContain('until the time was up')
    const again = await locksim(line?.[1] ?? '')
    expect(again.out.replace('all that were asked for', 'until the time was up')).toBe(out)
  })

  it('says of a lock that held how much that is worth', async () => {
    const { code, out } = await locksim(`fuzz zk-sequential --faults message ${small}`, {})
    expect([0, 1]).toContain(code)
    const calm = await locksim('fuzz zk-sequential --promise ownership --runs 50 --workers 1')
    expect(calm.code).toBe(0)
    expect(calm.out).toContain('✓ nothing was broken')
    expect(calm.out.replace(/\s+/g, ' ')).toContain('which is no proof: ')
    expect(out).toContain('how sure')
  })

  it('has a line for each of several locks, and then what they broke', async () => {
    const { code, out } = await locksim('fuzz redis-set-px no-lock --runs 60 --workers 1')
    expect(code).toBe(1)
    expect(out).toMatch(/^✗ redis-set-px +60 runs; broke exclusion\/effect/m)
    expect(out).toMatch(/^✗ no-lock +60 runs/m)
    expect(out).toContain('the smallest story of each:')
    expect(widest(out)).toBeLessThanOrEqual(80)
  })

  it('gives machines one value, with plans that break what they say', async () => {
    const { code, out } = await locksim(`fuzz redis-set-px ${small} --json`)
    const value = JSON.parse(out) as FuzzJson
    expect(value).toMatchObject({ runs: 150, exitCode: 1 })
    expect(code).toBe(1)
    expect(value.coverage).toHaveLength(1)
    expect(value.found.length).toBeGreaterThan(1)
    for (const { promise, plan, hash } of value.found) {
      const result = run(parsePlan(plan))
      expect(result.hash).toBe(hash)
      expect(result.verdicts.find((each) => each.promise === promise)?.verdict).toBe('violated')
    }
  })

  it('keeps its counterexamples in a folder, from which the same campaign can be told again', async () => {
    const out = join(folder, 'kept')
    const line = `fuzz redis-set-px ${small} --out ${out}`
    const first = await locksim(line)
    expect(first.out).toContain(
      `npx locksim replay ${join(out, 'redis-set-px.exclusion-effect.json')}`,
    )
    const alone = await locksim(`fuzz --out ${out}`)
    expect(alone).toEqual(first)
    const other = await locksim(`fuzz redis-set-px --runs 150 --seed 4 --out ${out}`)
    expect(other.code).toBe(2)
    expect(other.err).toContain(
      'holds another campaign: it was run with --seed 3, not with --seed 4',
    )
  })

  it('refuses words that make no sense', async () => {
    writeFileSync(join(folder, 'file'), '')
    for (const [line, said] of [
      ['fuzz redlok', 'did you mean redlock?'],
      ['fuzz redlock --faults puase', 'did you mean pause?'],
      ['fuzz redlock --until tomorrow', '--until'],
      ['fuzz redlock --until time', 'needs a time'],
      ['fuzz redlock --time 5', 'such as 500ms'],
      ['fuzz redlock --runs 0', '1 to'],
      ['fuzz redlock --promise nothing', 'not judged by'],
      ['fuzz redlock zk-sequential --set ttlMs=1', 'about one lock'],
      [`fuzz redlock --out ${join(folder, 'file')}`, 'cannot write'],
    ] as const) {
      const { code, err } = await locksim(line)
      expect([line, code]).toEqual([line, 2])
      expect(err).toContain(said)
    }
  })
})

describe('the line of progress', () => {
  const progress = { runs: 500, of: 1_000, share: 0.5, found: 2 }

  it('says how far, how fast, what was found and how long it will take', () => {
    expect(progressLine('redlock', progress, 10, true)).toBe(
      'redlock  ██████████░░░░░░░░░░  50 %  50 runs/s  2 found  0:10 left',
    )
    expect(progressLine('redlock', progress, 10, false)).toContain('##########..........')
  })

  it('tells hours, minutes and seconds', () => {
    expect([0, 65, 3_661].map(clockOf)).toEqual(['0:00', '1:05', '1:01:01'])
  })
})

describe('a duration on the command line', () => {
  it('has a unit', () => {
    expect(['500ms', '30s', '1.5m', '2h'].map(duration)).toEqual([500, 30_000, 90_000, 7_200_000])
    for (const text of ['5', '0s', '-1s', 's', '5 s', '1d']) {
      expect(() => duration(text)).toThrow(/such as 500ms/)
    }
  })
})
