/** Locks of users' own, as text: a small Redis lock with something planted in it, in a folder from which it finds locksim. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Threads cannot load what was not compiled: these tests need `npm run build` and are skipped without. */
export const BUILT = existsSync('dist/runs/guard/thread.js')

/** What is planted, as code. */
export interface Plant {
  /** Before the lock, at the top of the module. */
  readonly top?: string
  /** An expression: for how many ms acquire sleeps before it asks. */
  readonly nap?: string
  /** Statements in acquire, in release, and in holders. */
  readonly acquire?: string
  readonly release?: string
  readonly holders?: string
}

/** The module of a lock with this planted in it. */
export const moduleOf = (
  name: string,
  { top = '', nap = '0', acquire = '', release = '', holders = '' }: Plant,
): string => `
import { all, clock, defineAlgorithm, sleep } from 'locksim'
${top}
export const lock = defineAlgorithm({
  name: '${name}',
  summary: 'a lock with something planted in it',
  sources: [],
  claims: [],
  needs: { redis: 1 },
  parameters: {},
  gives: () => ({ token: false, validity: false }),
  leaseMs: () => 10_000,
  *acquire(me) {
    const value = me.token()
    yield* sleep(1 + Math.abs(${nap}) % 1000)
    ${acquire}
    const stored = yield* me.services.redis.primary.setIfAbsent(me.lock, value, 10_000)
    return stored.ok && stored.value ? { value } : undefined
  },
  *release(me, held) {
    ${release}
    yield* me.services.redis.primary.deleteIfEquals(me.lock, held.value)
    return 'ok'
  },
  holders: ({ redis }, lock) => {
    ${holders}
    const owner = redis[0].up ? redis[0].data.granted(lock)?.origin : undefined
    return owner === undefined ? [] : [owner]
  },
})
`

/** A folder for modules, which is taken away by \`clear\`. */
export const makeFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'locksim-planted-'))
  mkdirSync(join(folder, 'node_modules'))
  // A package of its own: in that of somebody else, the name of locksim could mean something else.
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'planted', private: true }))
  symlinkSync(resolve('.'), join(folder, 'node_modules/locksim'))
  return {
    /** Writes a module and says where it is. */
    write(name: string, text: string): string {
      const path = join(folder, `${name}.mjs`)
      writeFileSync(path, text)
      return path
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/**
 * Runs an expression with locksim's compiled modules in a Node of its own, where threads load what was compiled:
 * those of a test run would load the sources. The expression may use `asked`; its value comes back as JSON.
 */
export const outside = (module: string, expression: string, asked: unknown): unknown => {
  const code = `
    import { readFileSync } from 'node:fs'
    import * as guard from '${pathToFileURL(resolve('dist/runs/guard', module)).href}'
    const asked = JSON.parse(readFileSync(0, 'utf8'))
    console.log(JSON.stringify(await (${expression})))`
  const { stdout, stderr, status } = spawnSync('node', ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    input: JSON.stringify(asked),
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  if (status !== 0) throw new Error(`left with ${status}: ${stderr}`)
  return JSON.parse(stdout)
}
