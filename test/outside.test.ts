/** What the tutorial says to do in a project of one’s own is done in one: five commands from nothing to a red check. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf } from './markdown.ts'
import { INSTALL_TIMEOUT_MS, notBuilt, outsideProject } from './outside-project.ts'
import type { Ended, OutsideProject } from './outside-project.ts'

const ROOT = join(import.meta.dirname, '..')
const COMMANDS_MAX = 5
const TIMEOUT_MS = 120_000

const block = blocksOf(readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8')).find(({ marks }) =>
  marks.has('outside'),
)
const steps = (block?.text ?? '')
  .trim()
  .split('\n')
  .map((line) => {
    const [command = '', comment = ''] = line.split(/\s+#\s/)
    return { command, code: Number(/exit (\d)/.exec(comment)?.[1] ?? 0) }
  })

describe('the tutorial', () => {
  it('needs five commands', () => {
    expect(steps.length).toBe(COMMANDS_MAX)
    expect(steps.at(-1)).toEqual({ command: 'npx locksim check counterexamples', code: 1 })
  })
})

describe.skipIf(notBuilt)('a project of one’s own', () => {
  let project: OutsideProject
  beforeAll(() => {
    project = outsideProject()
    project.write('.gitignore', 'node_modules\n')
    project.exec('git', 'init', '--quiet')
    project.exec('git', 'config', 'user.name', 'Somebody')
    project.exec('git', 'config', 'user.email', 'somebody@example.org')
  }, INSTALL_TIMEOUT_MS)
  afterAll(() => project.remove())

  const ended: Ended[] = []
  it(
    'goes from nothing to a committed counterexample and a red check',
    () => {
      for (const { command, code } of steps) {
        const result = project.shell(command)
        ended.push(result)
        expect({ command, ...result }).toMatchObject({ status: code })
      }
      const kept = readdirSync(join(project.folder, 'counterexamples'))
      expect(kept).toContain('my-lock.exclusion-effect.json')
      const committed = project.exec('git', 'ls-files').out.split('\n')
      for (const path of ['my-lock.ts', 'counterexamples/my-lock.exclusion-effect.json']) {
        expect(committed).toContain(path)
      }
      expect(ended.at(-1)?.out).toMatch(/exclusion\/effect/)
    },
    TIMEOUT_MS,
  )

  it(
    'has a test that runs, and is green',
    () => {
      expect(project.vitest('my-lock.test.ts')).toMatchObject({ status: 0 })
    },
    TIMEOUT_MS,
  )
})
