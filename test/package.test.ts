/** The package as it is published: packed, installed into an empty project, and used from there. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { INSTALL_TIMEOUT_MS, notBuilt, outsideProject } from './outside-project.ts'
import type { OutsideProject } from './outside-project.ts'

const TIMEOUT_MS = 60_000
const MY_LOCK = readFileSync(join(import.meta.dirname, 'examples/my-lock.ts'), 'utf8')
const MY_TEST = readFileSync(join(import.meta.dirname, 'examples/my-lock.test.ts'), 'utf8')

const HASH = `run(parsePlan({ format: 'locksim-plan/1', algorithm: 'redlock', seed: 1 })).hash`

// Without `npm run build` there is nothing that could be packed.
describe.skipIf(notBuilt)('the package', () => {
  let project: OutsideProject
  beforeAll(() => {
    project = outsideProject()
    project.write('my-lock.ts', MY_LOCK)
    project.write('my-lock.test.ts', MY_TEST)
  }, INSTALL_TIMEOUT_MS)
  afterAll(() => project.remove())

  it('has what it needs and nothing else', () => {
    const paths = project.packed.map(({ path }) => path)
    for (const path of ['LICENSE', 'README.md', 'CHANGELOG.md', 'docs/tutorial.md']) {
      expect(paths).toContain(path)
    }
    const code = paths.filter((path) => path.startsWith('dist/'))
    const needless = paths.filter((path) => /\.test\.|(^|\/)(bench|test)\/|[^d]\.ts$/.test(path))
    expect(needless).toEqual([])
    expect(code.filter((path) => path.endsWith('.js')).length).toBeGreaterThan(100)
    for (const path of code.filter((one) => one.endsWith('.js'))) {
      expect(paths).toContain(path.replace(/\.js$/, '.d.ts'))
    }
  })

  it('has every file that its package.json names', () => {
    const home = join(project.folder, 'node_modules/locksim')
    const { bin, exports, imports } = JSON.parse(
      readFileSync(join(home, 'package.json'), 'utf8'),
    ) as {
      bin: Record<string, string>
      exports: Record<string, string | Record<string, string>>
      imports: Record<string, Record<string, string>>
    }
    const entries = [...Object.values(exports), ...Object.values(imports)]
    const named = entries.flatMap((entry) =>
      typeof entry === 'string' ? [entry] : [entry['types'], entry['default']],
    )
    const paths = [...named, ...Object.values(bin)].map(String)
    expect(paths.length).toBeGreaterThan(10)
    expect(paths.filter((path) => !existsSync(join(home, path)))).toEqual([])
  })

  it('is used from JavaScript', () => {
    project.write('use.js', `import { parsePlan, run } from 'locksim'\nconsole.log(${HASH})\n`)
    expect(project.exec('node', 'use.js')).toMatchObject({ status: 0, err: '' })
    expect(project.exec('node', 'use.js').out).toMatch(/^[0-9a-f]{16}\n$/)
  })

  it('is used from CommonJS where Node can, and elsewhere Node says how', () => {
    project.write(
      'use.cjs',
      `const { parsePlan, run } = require('locksim')\nconsole.log(${HASH})\n`,
    )
    const { status, out, err } = project.exec('node', 'use.cjs')
    const can = (process.features as { readonly require_module?: boolean }).require_module === true
    expect(status).toBe(can ? 0 : 1)
    expect(can ? out : err).toMatch(can ? /^[0-9a-f]{16}\n$/ : /dynamic import\(\)/)
  })

  it(
    'is used from TypeScript, strictly, its own declarations checked as well',
    () => {
      project.write(
        'my-js-lock.js',
        `// @ts-check\n${MY_LOCK.replace(/^interface [^]*?^}$/gm, '')}`,
      )
      for (const module of [['nodenext'], ['esnext', '--moduleResolution', 'bundler']]) {
        const { status, out } = project.tsc(
          ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'],
          ...['--target', 'es2023', '--skipLibCheck', 'false', '--types', '', '--allowJs'],
          ...['--module', ...module, 'my-lock.ts', 'my-js-lock.js'],
        )
        expect(out).toBe('')
        expect(status).toBe(0)
      }
    },
    TIMEOUT_MS,
  )

  it(
    'teaches expect the types of its matchers',
    () => {
      const options = [
        '--noEmit',
        '--strict',
        '--target',
        'es2023',
        '--skipLibCheck',
        '--types',
        '',
      ]
      const check = (path: string) =>
        project.tsc(...options, '--module', 'nodenext', '--allowImportingTsExtensions', path)
      expect(check('my-lock.test.ts')).toMatchObject({ status: 0, out: '' })
      project.write('wrong.test.ts', MY_TEST.replace("'ownership'", "'ownrship'"))
      expect(check('wrong.test.ts').out).toContain(`Argument of type '"ownrship"'`)
    },
    TIMEOUT_MS,
  )

  it('has a command', () => {
    const { status, out } = project.exec(
      'npx',
      'locksim',
      'run',
      'redlock',
      '--scenario',
      'gc-pause',
    )
    expect(out).toContain('✗ redlock broke exclusion/effect')
    expect(status).toBe(1)
  })

  it(
    'brings matchers to the vitest of the project',
    () => {
      expect(project.vitest('my-lock.test.ts')).toMatchObject({ status: 0 })
      project.write('red.test.ts', MY_TEST.replace(').not.toHold(', ').toHold('))
      const { status, out, err } = project.vitest('red.test.ts')
      expect(status).toBe(1)
      expect(`${out}${err}`).toMatch(
        /^Error: my-lock breaks exclusion\/effect: in \d+ of 500 runs/m,
      )
      // Known only if the project's `locksim` and `locksim/vitest` are one copy.
      expect(`${out}${err}`).toMatch(/^again: npx locksim run \.\/my-lock\.ts --plan '\{.*\}'$/m)
    },
    TIMEOUT_MS,
  )
})
