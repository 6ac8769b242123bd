/** The built executable, where there is one: start, pipes, exit codes. */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const EXECUTABLE = 'bin/locksim.js'
const built = existsSync('dist/bin/main.js')
const plain = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '' }

describe.skipIf(!built)('the executable', () => {
  it('leaves with the exit code of the run and writes all of it into a pipe', () => {
    const words = [EXECUTABLE, 'run', 'redlock', '--scenario', 'gc-pause', '--seed', '42']
    const { status, stdout, stderr } = spawnSync('node', words, { encoding: 'utf8', env: plain })
    expect(stderr).toBe('')
    expect(status).toBe(1)
    expect(stdout).toMatch(/again: npx locksim run redlock --scenario gc-pause --seed 42\n$/)
    expect(stdout).not.toContain('\u001B')
  })

  it('colours a pipe only if told to', () => {
    const words = [EXECUTABLE, 'list', 'faults']
    const forced = { ...process.env, FORCE_COLOR: '1' }
    expect(execFileSync('node', words, { encoding: 'utf8', env: forced })).toContain('\u001B[')
    const refused = [...words, '--no-color']
    expect(execFileSync('node', refused, { encoding: 'utf8', env: forced })).not.toContain('\u001B')
  })

  it('says nothing when its reader goes away', async () => {
    const child = spawn(
      'node',
      [EXECUTABLE, 'run', 'redlock', '--scenario', 'gc-pause', '--format', 'events'],
      { env: plain },
    )
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    await new Promise((resolve) => child.on('close', resolve))
    expect(stderr).toBe('')
  })

  it.skipIf(!existsSync('/dev/full'))('says in a line that its output cannot be written', () => {
    const full = openSync('/dev/full', 'w')
    const { status, stderr } = spawnSync('node', [EXECUTABLE, 'list'], {
      encoding: 'utf8',
      env: plain,
      stdio: ['ignore', full, 'pipe'],
    })
    closeSync(full)
    expect(stderr).toMatch(/^locksim: cannot write the output: [^\n]+\n$/)
    expect(status).toBe(2)
  })

  it('asks which folder to check where there is none by the usual name', () => {
    const { status, stderr } = spawnSync('node', [resolve(EXECUTABLE), 'check'], {
      encoding: 'utf8',
      env: plain,
      cwd: tmpdir(),
    })
    expect(status).toBe(2)
    expect(stderr).toContain('Say where counterexamples are kept')
  })

  it('prints its version', () => {
    expect(execFileSync('node', [EXECUTABLE, '--version'], { encoding: 'utf8' })).toMatch(
      /^\d+\.\d+\.\d+\n$/,
    )
  })
})
