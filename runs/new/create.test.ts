import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { faultClasses } from '../fault-classes/index.ts'
import { runMatrix } from '../matrix/matrix.ts'
import { matrixPromises } from '../matrix/cells.ts'
import { loadAlgorithms } from '../modules/load.ts'
import { createLock } from './create.ts'
import { namesOf } from './names.ts'

const ROOT = join(import.meta.dirname, '../..')
const top = mkdtempSync(join(tmpdir(), 'locksim-new-'))
afterAll(() => rmSync(top, { recursive: true, force: true }))

const folderNamed = (name: string): string => {
  const folder = join(top, name)
  mkdirSync(folder)
  return folder
}

describe('createLock', () => {
  it('writes a lock and its test, and nothing else', () => {
    const folder = folderNamed('plain')
    const { files } = createLock({ name: 'my-lock', folder, javascript: false })
    expect(readdirSync(folder).sort()).toEqual(['my-lock.test.ts', 'my-lock.ts'])
    expect(files[0]).toMatch(/^\.\.?\/.*plain\/my-lock\.ts$/)
    expect(readFileSync(join(folder, 'my-lock.ts'), 'utf8')).toContain('export const myLock = ')
    expect(readFileSync(join(folder, 'my-lock.test.ts'), 'utf8')).toContain(
      `import { myLock } from './my-lock.js'`,
    )
  })

  it('writes JavaScript where that is asked for', () => {
    const folder = folderNamed('javascript')
    createLock({ name: 'my-lock', folder, javascript: true })
    expect(readdirSync(folder).sort()).toEqual(['my-lock.mjs', 'my-lock.test.mjs'])
    expect(readFileSync(join(folder, 'my-lock.test.mjs'), 'utf8')).toContain(`'./my-lock.mjs'`)
  })

  it.each(['my-lock.ts', 'my-lock.test.ts'])(
    'overwrites no %s, and then writes neither',
    (there) => {
      const folder = folderNamed(`there-${there}`)
      writeFileSync(join(folder, there), 'precious')
      const create = () => createLock({ name: 'my-lock', folder, javascript: false })
      expect(create).toThrow(`${there} is there already; nothing was written`)
      expect(create).toThrow(InputError)
      expect(readdirSync(folder)).toEqual([there])
      expect(readFileSync(join(folder, there), 'utf8')).toBe('precious')
    },
  )

  it('makes no folder', () => {
    const folder = join(top, 'nowhere')
    expect(() => createLock({ name: 'x', folder, javascript: false })).toThrow('there is no folder')
  })

  it.each([
    ['{ "name": "app" }', 'npm install -D locksim vitest'],
    ['{ "devDependencies": { "vitest": "4.1.12" } }', 'npm install -D locksim'],
    ['no JSON', 'npm install -D locksim vitest'],
    ['{ "dependencies": { "locksim": "1" }, "devDependencies": { "vitest": "4" } }', undefined],
  ])('says first what is to be installed: %s', (manifest, expected) => {
    const folder = mkdtempSync(join(top, 'project-'))
    writeFileSync(join(folder, 'package.json'), manifest)
    const { files, next } = createLock({ name: 'my-lock', folder, javascript: false })
    const installs = next.filter((line) => line.startsWith('npm install'))
    expect(installs).toEqual(expected === undefined ? [] : [expected])
    expect(next.slice(installs.length)).toEqual([
      `npx locksim run ${files[0]} --scenario gc-pause`,
      `npx locksim fuzz ${files[0]}`,
      'npx vitest run',
    ])
  })
})

describe('namesOf', () => {
  it.each([
    ['my-lock', 'myLock'],
    ['redis_lease', 'redisLeaseLock'],
    ['2pc', 'lock2pcLock'],
    ['new', 'newLock'],
    ['Lock', 'lock'],
    ['a.b-c', 'aBCLock'],
  ])('calls the variable of %s %s', (name, variable) => {
    expect(namesOf(name)).toEqual({ name, variable })
  })

  it.each([
    ['my-lock.ts', 'expected it without .ts: my-lock'],
    ['../x', 'expected letters, digits'],
    ['', 'expected letters, digits'],
    ['redlock', 'is the name of a lock of locksim'],
  ])('refuses %s', (name, message) => {
    expect(() => namesOf(name)).toThrow(message)
  })
})

describe('what is written', () => {
  const folder = folderNamed('written')
  createLock({ name: 'my-lock', folder, javascript: false })
  createLock({ name: 'other', folder, javascript: true })

  it('is a lock that can be loaded', async () => {
    const paths = ['my-lock.ts', 'other.mjs'].map((name) => join(folder, name))
    const locks = await loadAlgorithms(paths)
    expect(locks.map(({ name }) => name)).toEqual(['my-lock', 'other'])
  })

  it('claims only what it is judged by, and keeps it where nothing goes wrong', async () => {
    const [algorithm] = await loadAlgorithms([join(folder, 'my-lock.ts')])
    if (algorithm === undefined) throw new Error('nothing was loaded')
    const [row] = await runMatrix({
      algorithms: [algorithm],
      faultClasses: faultClasses.filter(({ name }) => name === 'none'),
      seeds: 30,
      firstSeed: 0,
      workers: 1,
    })
    const promises = row?.campaigns[0]?.result?.promises
    for (const { promise } of algorithm.claims) {
      expect(matrixPromises(algorithm)).toContain(promise)
      expect(promises?.[promise]?.counts).toMatchObject({ held: expect.any(Number) as number })
      expect(promises?.[promise]?.counts.violated).toBeUndefined()
    }
  })

  it('type-checks in a project as strict as can be', () => {
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
    for (const name of ['vitest', '@types/node', '@vitest', 'vite']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
    }
    symlinkSync(ROOT, join(folder, 'node_modules/locksim'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const options = {
      target: 'es2023',
      module: 'nodenext',
      customConditions: ['locksim-source'],
      lib: ['es2023'],
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      noImplicitReturns: true,
      // The sources of locksim, which stand in for its declarations here, import each other as .ts.
      allowImportingTsExtensions: true,
    }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
    )
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', folder], {
      encoding: 'utf8',
    })
    expect(stdout + stderr).toBe('')
  })
})
