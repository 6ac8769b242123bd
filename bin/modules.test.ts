/** The command line with a lock of its user's: by its path wherever a name goes, and `new`, which writes one. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { locksim } from './on-a-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-own-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'package.json'), '{}')

/** The path of the lock as it is shown: from here, with forward slashes. */
const LOCK = relative(process.cwd(), join(folder, 'my-lock.ts')).replaceAll('\\', '/')

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1)

describe('locksim new', () => {
  it('writes a lock and its test, and says what to do next', async () => {
    const { code, out, err } = await locksim(['new', 'my-lock', '--dir', folder])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`${LOCK}  the lock`)
    expect(
      out
        .split('next:\n')[1]
        ?.split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'npm install -D locksim vitest',
      `npx locksim run ${LOCK} --scenario gc-pause`,
      `npx locksim fuzz ${LOCK}`,
      'npx vitest run',
      '',
    ])
  })

  it('overwrites nothing', async () => {
    const { code, out, err } = await locksim(['new', 'my-lock', '--dir', folder])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('my-lock.ts is there already; nothing was written')
  })

  it('gives one JSON value with --json', async () => {
    const { out } = await locksim(['new', 'other', '--js', '--json', '--dir', folder])
    const value = JSON.parse(out) as { files: string[]; next: string[] }
    expect(value.files.map((path) => path.split('/').at(-1))).toEqual([
      'other.mjs',
      'other.test.mjs',
    ])
    expect(value.next).toHaveLength(4)
  })
})

describe('a path where a name goes', () => {
  it('runs the lock, shows its name, and repeats its path', async () => {
    const words = ['run', LOCK, '--scenario', 'gc-pause', '--seed', '7']
    const { code, out, err } = await locksim(words)
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out).toMatch(/^my-lock under gc-pause, seed 7\n/)
    expect(out).toContain('✗ my-lock broke exclusion/effect')
    expect(lastLine(out)).toBe(`again: npx locksim ${words.join(' ')}`)
  })

  it('gives the name as the algorithm of the JSON, and the path in its plan', async () => {
    const { out } = await locksim(['run', LOCK, '--seed', '7', '--json'])
    expect(JSON.parse(out)).toMatchObject({ algorithm: 'my-lock', plan: { algorithm: LOCK } })
  })

  it('stands beside names in a table', async () => {
    const { out } = await locksim(['run', LOCK, 'redlock', '--scenario', 'gc-pause'])
    expect(out).toMatch(/^my-lock +/m)
    expect(out).toMatch(/^redlock +/m)
    expect(out).toContain(`  npx locksim run ${LOCK} --scenario gc-pause --seed 0`)
  })

  it('has a matrix and a page, whose lines can be pasted', async () => {
    const under = ['--under', 'client-pause', '--seeds', '20']
    const { code, out } = await locksim(['matrix', LOCK, ...under])
    expect(code).toBe(1)
    expect(out).toMatch(/^my-lock\n/)
    const line = out.split('\n').find((text) => text.includes('npx locksim run'))
    expect(line).toMatch(
      new RegExp(`^ {2}npx locksim run ${LOCK} --under client-pause --seed \\d+$`),
    )
    const words = (line ?? '').trim().split(' ').slice(2)
    const told = await locksim(words)
    expect(told).toMatchObject({ code: 1, err: '' })
    expect(lastLine(told.out)).toBe(`again: ${(line ?? '').trim()}`)
    const page = await locksim(['describe', LOCK, '--seeds', '5'])
    expect(page.code).toBe(0)
    expect(page.out).toMatch(/^my-lock\n {2}one Redis key/)
  })

  it('has tables that say where its code failed, and how to see it', async () => {
    const lock = readFileSync(join(folder, 'my-lock.ts'), 'utf8')
    const acquire = /\*acquire\(.*\{\n/
    writeFileSync(
      join(folder, 'throws.ts'),
      lock.replace(acquire, (line) => `${line}throw new Error('boom')\n`),
    )
    const path = LOCK.replace('my-lock.ts', 'throws.ts')
    const { code, out } = await locksim(['matrix', path, '--under', 'none', '--seeds', '3'])
    expect(code).toBe(2)
    const line = `npx locksim run ${path} --under none --seed 0`
    expect(out).toContain(`\n  ${line}\n`)
    const told = await locksim(line.split(' ').slice(2))
    expect(told.code).toBe(2)
    expect(told.err).toContain('threw Error: boom')
    const table = await locksim(['matrix', path, 'redlock', '--under', 'none', '--seeds', '3'])
    expect(table.code).toBe(2)
    expect(table.out).toContain(`\n  ${line}\n`)
    const fuzzed = await locksim(['fuzz', path, 'redlock', '--runs', '5', '--workers', '1'])
    expect(fuzzed.code).toBe(2)
    expect(fuzzed.out.replace(/\s+/g, ' ')).toMatch(/failed in 5 runs, first with seed \d+/)
  })

  it('is written into files as seen from there, and read again', async () => {
    const plans = join(folder, 'plans')
    mkdirSync(plans)
    const [plan, trace] = [join(plans, 'plan.json'), join(plans, 'trace.jsonl')]
    await locksim(['run', LOCK, '--scenario', 'gc-pause', '--save', plan, '--trace', trace])
    expect(JSON.parse(readFileSync(plan, 'utf8'))).toMatchObject({ algorithm: '../my-lock.ts' })
    expect(readFileSync(trace, 'utf8').split('\n')[0]).toContain('"algorithm":"../my-lock.ts"')
    const told = await locksim(['show', trace])
    expect(told).toMatchObject({ code: 0, err: '' })
    expect(told.out).toMatch(/^my-lock under gc-pause/)
    for (const path of [plan, trace]) {
      const again = await locksim(['replay', path])
      expect(again).toMatchObject({ code: 1, err: '' })
      expect(lastLine(again.out)).toBe(`again: npx locksim replay ${path}`)
    }
    const run = await locksim(['run', '--plan', plan])
    expect(lastLine(run.out)).toBe(`again: npx locksim run ${LOCK} --plan ${plan} --seed 0`)
  })

  it('may stand in a plan that is given as text', async () => {
    const plan = JSON.stringify({ format: 'locksim-plan/1', algorithm: LOCK, clients: 1 })
    const { code, out } = await locksim(['run', '--plan', plan])
    expect(code).not.toBe(2)
    expect(lastLine(out)).toBe(`again: npx locksim run ${LOCK} --plan '${plan}' --seed 0`)
  })

  it.each(['run', 'matrix', 'describe'])(
    'is bad input for %s where nothing is there',
    async (name) => {
      const path = join(folder, 'nothing.ts')
      expect(await locksim([name, path])).toEqual({
        code: 2,
        out: '',
        err: `locksim: cannot load ${path}: there is no such file\n`,
      })
    },
  )

  it('is bad input in a trace or a plan whose lock has gone', async () => {
    const path = join(folder, 'gone.json')
    const plan = { format: 'locksim-plan/1', algorithm: './gone.ts' }
    writeFileSync(path, JSON.stringify(plan))
    for (const words of [
      ['replay', path],
      ['run', '--plan', path],
    ]) {
      const { code, err } = await locksim(words)
      expect(code).toBe(2)
      expect(err).toMatch(/^locksim: cannot load [^\n]*gone\.ts: there is no such file\n$/)
    }
  })
})
