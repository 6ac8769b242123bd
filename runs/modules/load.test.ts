import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { algorithms, isLock } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { sleep } from '#sim'
import { drawClassPlan, drawPlan } from '../draw.ts'
import { InputError } from '../errors.ts'
import { faultClasses } from '../fault-classes/index.ts'
import { runMatrix } from '../matrix/matrix.ts'
import { runTask } from '../matrix/task.ts'
import { planFor } from '../request.ts'
import { run } from '../run.ts'
import { planScenario, scenarioNamed } from '../scenarios/index.ts'
import { algorithmNamed } from '../settle.ts'
import { importModule } from './import.ts'
import { loadAlgorithms } from './load.ts'
import { definition, IMPORTS, lockSource } from './lock-source.ts'
import { relativeReference } from './reference.ts'
import { isLoaded, referenceOf } from './registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-modules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a module into the folder and gives its absolute path. */
const file = (name: string, text: string): string => {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const load = async (reference: string): Promise<AnyAlgorithm> => {
  const [algorithm] = await loadAlgorithms([reference])
  if (algorithm === undefined) throw new Error('nothing was loaded')
  return algorithm
}

/** What is said of a module that cannot be loaded. */
const refusal = async (reference: string): Promise<string> => {
  try {
    await loadAlgorithms([reference])
  } catch (error) {
    if (error instanceof InputError) return error.message.replaceAll(folder, '<folder>')
    throw error
  }
  return 'it was loaded'
}

describe('loadAlgorithms', () => {
  it('gives locks of the registry by their names', async () => {
    const [first, second] = await loadAlgorithms(['redlock', 'redis-set-px'])
    expect(first).toBe(algorithmNamed('redlock'))
    expect(second).toBe(algorithmNamed('redis-set-px'))
    expect(isLoaded(algorithmNamed('redlock'))).toBe(false)
    expect(referenceOf(algorithmNamed('redlock'))).toBe('redlock')
  })

  it.each([
    [
      'TypeScript',
      'kinds/a.ts',
      `${IMPORTS}import { type Grant } from 'locksim'
enum Mode { On }
interface Held extends Grant { readonly value: string }
const mode: Mode = Mode.On
export const held: Held = { value: String(mode) }
export const fileLock = ${definition()}`,
    ],
    ['a .mts', 'kinds/b.mts', lockSource()],
    ['a .js', 'kinds/c.js', lockSource()],
    ['a .mjs', 'kinds/d.mjs', lockSource()],
    ['a default export', 'kinds/e.mjs', `${IMPORTS}export default ${definition()}`],
    ['both a default and a named export', 'kinds/f.mjs', `${lockSource()}export default fileLock`],
    [
      'an await outside of functions',
      'kinds/g.ts',
      `${IMPORTS}await Promise.resolve()
export const fileLock = ${definition()}`,
    ],
  ])('loads %s', async (_what, name, text) => {
    const path = file(name, text)
    const algorithm = await load(path)
    expect(algorithm.name).toBe('file-lock')
    const plan = drawPlan(algorithm, 3)
    expect(run(plan).hash).toBe(run(plan, { algorithm }).hash)
  })

  it('loads CommonJS', async () => {
    file('common/package.json', '{ "type": "commonjs" }')
    const text = `const { defineAlgorithm, duration, sleep } = require('locksim')\n`
    const path = file('common/a.js', `${text}module.exports = { fileLock: ${definition()} }`)
    expect((await load(path)).name).toBe('file-lock')
    // What npm writes into a new package.json does not fit a module, and does no harm.
    expect((await load(file('common/b.js', lockSource()))).name).toBe('file-lock')
  })

  it('gives the module this very copy of the library, also in what it imports', async () => {
    file('same/helper.ts', `import { sleep } from 'locksim'\nexport const used: unknown = sleep`)
    const path = file(
      'same/lock.ts',
      `import { used } from './helper.js'\n${IMPORTS}export const fileLock = { ...${definition()}, used, sleep }`,
    )
    expect(await load(path)).toMatchObject({ used: sleep, sleep })
  })

  it('imports a module once, however it is called', async () => {
    const path = file('once.mjs', lockSource())
    const algorithm = await load(path)
    expect(await load(relative(process.cwd(), path))).toBe(algorithm)
    expect(await load(`${path}#fileLock`)).toBe(algorithm)
    expect(referenceOf(algorithm)).toBe(relativeReference(path))
  })

  it('picks the export that is named', async () => {
    const path = file(
      'two.mjs',
      `${lockSource()}export const other = { ...fileLock, name: 'other' }\nexport const text = 'x'`,
    )
    expect((await load(`${path}#other`)).name).toBe('other')
    expect(referenceOf(await load(`${path}#other`))).toMatch(/two\.mjs#other$/)
    expect(await refusal(path)).toBe(
      '<folder>/two.mjs: there are 2 locks in it; pick one: <folder>/two.mjs#fileLock, <folder>/two.mjs#other',
    )
    expect(await refusal(`${path}#othr`)).toContain(
      'there is no export "othr" (did you mean other?)',
    )
    expect(await refusal(`${path}#text`)).toContain('found "x", expected a lock')
  })

  it('hints at the file where a name is none of the registry', async () => {
    // The tests run in the root of the repository.
    expect(await refusal('vitest.config')).toBe(
      'there is no lock "vitest.config" (did you mean ./vitest.config.ts?)',
    )
    expect(await refusal('./vitest.config')).toContain('(did you mean ./vitest.config.ts?)')
    expect(await refusal('redlok')).toContain('there is no lock "redlok" (did you mean redlock?)')
  })

  it.each([
    [
      'a file that is not there',
      'nothing.ts',
      undefined,
      'cannot load <folder>/nothing.ts: there is no such file',
    ],
    [
      'a syntax error',
      'syntax.ts',
      `import { x } from 'locksim'\nconst y: number = = 1`,
      '<folder>/syntax.ts, line 2, column 18: Unexpected token',
    ],
    [
      'a syntax error in what it imports',
      'deep.mjs',
      `import './broken.mjs'`,
      '<folder>/broken.mjs, line 1, column 7: Missing initializer in const declaration',
    ],
    [
      'an error while it is loaded',
      'throws.mjs',
      `import 'locksim'\n\nthrow new Error('no \\n way')`,
      '<folder>/throws.mjs, line 3: an error while it was loaded: no way',
    ],
    [
      'something thrown that is no error',
      'text.mjs',
      `import 'locksim'\nthrow 'text'`,
      '<folder>/text.mjs: an error while it was loaded: text',
    ],
    [
      'a missing import',
      'import.ts',
      `import { x } from './nowhere.js'\nexport const y = x`,
      '<folder>/import.ts: cannot find "./nowhere.js", which it imports',
    ],
    [
      'a missing package',
      'package.ts',
      `import { x } from 'no-such-package'\nexport const y = x`,
      '<folder>/package.ts: cannot find "no-such-package", which it imports; `npm install no-such-package` may be missing',
    ],
    [
      'no lock at all',
      'none.mjs',
      `import { sleep } from 'locksim'\nexport const a = sleep, b = 7`,
      '<folder>/none.mjs: no lock in it; it exports a (a function), b (7); expected `export const myLock = defineAlgorithm({ … })`',
    ],
    [
      'nothing at all',
      'empty.mjs',
      `import 'locksim'`,
      '<folder>/empty.mjs: no lock in it; it exports nothing; expected `export const myLock = defineAlgorithm({ … })`',
    ],
    [
      'a name of the registry',
      'taken.mjs',
      lockSource({ name: `'redlock'` }),
      '<folder>/taken.mjs: name: "redlock" is the name of a lock of locksim; give yours a name of its own',
    ],
  ])('says in one message what is wrong: %s', async (_what, name, text, message) => {
    file('broken.mjs', 'const x\n')
    if (text !== undefined) file(name, text)
    expect(await refusal(join(folder, name))).toBe(message)
  })

  it('refuses a path that can be none', async () => {
    expect(await refusal('./a\u0000.ts')).toContain('ERR_INVALID_ARG_VALUE')
    expect(await refusal(`./${'a'.repeat(5_000)}.ts`)).toContain('ENAMETOOLONG')
  })

  it('refuses a folder', async () => {
    expect(await refusal(folder)).toBe('cannot load <folder>: it is not a file')
  })

  it('does not wait for ever', async () => {
    const path = file('waits.mjs', `import 'locksim'\nawait new Promise(() => {})`)
    await expect(importModule('./waits.mjs', path, 50)).rejects.toThrow(
      './waits.mjs: it has not finished loading after 0.05 s',
    )
  })
})

describe('a lock that was loaded', () => {
  const loaded = () => load(file('loaded/my.ts', lockSource({ name: `'my'` })))

  it('is found by its path from then on, and not before', async () => {
    const path = file('later.ts', lockSource())
    expect(() => algorithmNamed(path)).toThrow(/is not loaded; `await loadAlgorithms\(\['/)
    const algorithm = await load(path)
    expect(algorithmNamed(path)).toBe(algorithm)
    expect(algorithmNamed(referenceOf(algorithm))).toBe(algorithm)
  })

  it('is named by its path in every plan that is made for it', async () => {
    const algorithm = await loaded()
    const reference = referenceOf(algorithm)
    expect(reference).toMatch(/^\.\.?\/.*loaded\/my\.ts$/)
    const [faultClass] = faultClasses
    const plans = [
      drawPlan(algorithm, 1),
      drawClassPlan(algorithm, faultClass as never, 1),
      planScenario(scenarioNamed('gc-pause'), algorithm, 1),
      planFor(algorithm, { plan: drawPlan(algorithmNamed('redis-set-px'), 1) }),
      planFor(algorithm, { seed: 1 }),
    ]
    for (const plan of plans) expect(plan).toMatchObject({ algorithm: reference })
  })

  it('draws the same as one of the same name that is in no file', async () => {
    const algorithm = await loaded()
    const inMemory = { ...algorithm } as AnyAlgorithm
    expect(referenceOf(inMemory)).toBe('my')
    for (let seed = 0; seed < 20; seed++) {
      const plan = drawPlan(algorithm, seed)
      expect({ ...plan, algorithm: 'my' }).toEqual(drawPlan(inMemory, seed))
      expect(run(plan).hash).toBe(run({ ...plan, algorithm: 'my' }, { algorithm: inMemory }).hash)
    }
  })

  it('is run by a task that is given its path', async () => {
    const algorithm = await loaded()
    const none = faultClasses.slice(0, 1)
    const [row] = await runMatrix({
      algorithms: [algorithm],
      faultClasses: none,
      seeds: 5,
      firstSeed: 0,
      workers: 1,
    })
    const algorithmReference = referenceOf(algorithm)
    const answer = await runTask({
      algorithm: algorithmReference,
      fault: 'none',
      from: 0,
      to: 5,
      skip: [],
      overrides: {},
    })
    expect(answer).toEqual(row?.campaigns[0]?.result)
    expect(answer).toMatchObject({ runs: 5, errors: 0 })
  })
})

describe('plans of the registry', () => {
  it('name their locks by name', () => {
    for (const algorithm of algorithms.filter(isLock)) {
      expect(drawPlan(algorithm, 1).algorithm).toBe(algorithm.name)
    }
  })
})
