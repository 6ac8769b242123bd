/** A lock in a project of its user's, with the built executable: threads, copies of locksim, exit codes, and the test that is written. */

import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLock } from '#runs'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const built = existsSync(join(ROOT, 'dist/bin/main.js'))
const top = mkdtempSync(join(tmpdir(), 'locksim-project-'))
afterAll(() => rmSync(top, { recursive: true, force: true }))

const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }

const node = (folder: string, ...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: folder,
    encoding: 'utf8',
    env,
  })
  return { code: status, out: stdout, err: stderr }
}

const locksim = (folder: string, line: string) =>
  node(folder, join(ROOT, 'bin/locksim.js'), ...line.split(' '))

/** What `locksim new` writes. */
const write = (folder: string, javascript = false): void => {
  createLock({ name: 'my-lock', folder, javascript })
}

/** A project; `installed` says how its `node_modules` come to have locksim. */
const project = (name: string, installed: 'linked' | 'copied' | 'not'): string => {
  const folder = join(top, name)
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "type": "module" }')
  const installedAt = join(folder, 'node_modules/locksim')
  if (installed === 'linked') symlinkSync(ROOT, installedAt)
  if (installed === 'copied') {
    for (const part of ['dist', 'package.json']) {
      cpSync(join(ROOT, part), join(installedAt, part), { recursive: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(installedAt, 'node_modules'))
  }
  return folder
}

describe.skipIf(!built)('a lock in a project of its own', () => {
  it('comes out the same however locksim is installed, whoever loads it, and in any language', () => {
    const hashes = (['linked', 'copied', 'not'] as const).flatMap((installed) => {
      const folder = project(`hash-${installed}`, installed)
      write(folder)
      write(folder, true)
      return ['./my-lock.ts', './my-lock.mjs'].map((path) => {
        const { code, out, err } = locksim(
          folder,
          `run ${path} --scenario gc-pause --seed 7 --json`,
        )
        expect({ code, err }).toEqual({ code: 1, err: '' })
        return (JSON.parse(out) as { hash: string }).hash
      })
    })
    expect(hashes).toHaveLength(6)
    expect(new Set(hashes).size).toBe(1)
  }, 60_000)

  it('is loaded by each thread of a matrix, whose number changes nothing', () => {
    const folder = project('threads', 'not')
    write(folder)
    const line = 'matrix ./my-lock.ts --seeds 260 --under none --under client-pause --json'
    const alone = locksim(folder, `${line} --workers 1`)
    const together = locksim(folder, `${line} --workers 2`)
    expect(together).toEqual(alone)
    expect(alone).toMatchObject({ code: 1, err: '' })
    expect(alone.out).toContain('"algorithm": "my-lock"')
    expect(alone.out).toContain('"algorithm": "./my-lock.ts"')
  }, 60_000)

  it('is not run if it was written with another copy of locksim', () => {
    const folder = project('second', 'copied')
    mkdirSync(join(folder, 'node_modules/helper'))
    writeFileSync(
      join(folder, 'node_modules/helper/package.json'),
      '{ "name": "helper", "type": "module", "exports": "./index.js" }',
    )
    writeFileSync(
      join(folder, 'node_modules/helper/index.js'),
      `export { defineAlgorithm, duration } from 'locksim'`,
    )
    write(folder)
    const path = join(folder, 'my-lock.ts')
    writeFileSync(path, readFileSync(path, 'utf8').replace(`from 'locksim'`, `from 'helper'`))
    const { code, out, err } = locksim(folder, 'run ./my-lock.ts')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^locksim: \.\/my-lock\.ts: what it imports brought a second locksim along/)
  }, 60_000)

  it('is bad input if it cannot be loaded: one message, and no stack', () => {
    const folder = project('bad', 'not')
    writeFileSync(join(folder, 'bad.ts'), `import 'locksim'\nexport const x: number = =\n`)
    expect(locksim(folder, 'run ./bad.ts')).toEqual({
      code: 2,
      out: '',
      err: 'locksim: ./bad.ts, line 2, column 25: Unexpected token\n',
    })
  }, 60_000)

  it('is named by its path in files from wherever they are read', () => {
    const folder = project('files', 'not')
    mkdirSync(join(folder, 'plans'))
    write(folder)
    locksim(
      folder,
      'run ./my-lock.ts --scenario gc-pause --save plans/plan.json --trace plans/t.jsonl',
    )
    const plan = JSON.parse(readFileSync(join(folder, 'plans/plan.json'), 'utf8')) as object
    expect(plan).toMatchObject({ algorithm: '../my-lock.ts' })
    const inside = join(folder, 'plans')
    for (const [from, path] of [
      [folder, 'plans/'],
      [inside, ''],
    ] as const) {
      expect(locksim(from, `replay ${path}t.jsonl`)).toMatchObject({ code: 1, err: '' })
      expect(locksim(from, `show ${path}t.jsonl`).out).toContain('my-lock under gc-pause')
      const again = locksim(from, `run --plan ${path}plan.json`)
      const module = from === inside ? '../my-lock.ts' : './my-lock.ts'
      expect(again.out).toContain(`again: npx locksim run ${module} --plan ${path}plan.json`)
    }
  }, 60_000)

  it.each(['my-lock.ts', 'my-lock.mjs'])(
    'keeps what the test beside %s asks',
    (name) => {
      const folder = project(`test-${name}`, 'linked')
      symlinkSync(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
      write(folder, name.endsWith('.mjs'))
      const { code, out } = node(folder, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run')
      expect(out).toMatch(/Tests\s+2 passed \(2\)/)
      expect(code).toBe(0)
    },
    60_000,
  )
})
