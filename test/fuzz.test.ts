/** `locksim fuzz` as a process: any number of threads, killed at any moment, interrupted. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'

const EXECUTABLE = 'bin/locksim.js'
const built = existsSync('dist/bin/main.js')
const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '' }
const MINUTE_MS = 60_000
/** Of a campaign that is killed. */
const RUNS = 1_500

const words = (runs: number, ...more: readonly string[]): readonly string[] => [
  EXECUTABLE,
  ...`fuzz redis-blind-delete --promise ownership --runs ${runs} --seed 4 --json`.split(' '),
  ...more,
]

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'locksim-kill-'))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** What a campaign in a folder came to: what it printed and what it keeps. */
const outcomeIn = (folder: string, stdout: string) => ({
  stdout: stdout.replaceAll(folder, 'FOLDER'),
  files: readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
})

describe.skipIf(!built)('a campaign', () => {
  it(
    'is the same for any number of threads',
    () => {
      const outputs = ['1', '2', '3'].map(
        (workers) =>
          spawnSync('node', words(700, '--workers', workers), { encoding: 'utf8', env }).stdout,
      )
      expect(outputs[0]).toContain('"promise": "ownership"')
      expect(new Set(outputs).size).toBe(1)
      const found = ['1', '3'].map(
        (workers) =>
          spawnSync('node', words(5_000, '--until', 'found', '--workers', workers), {
            encoding: 'utf8',
            env,
          }).stdout,
      )
      expect(found[0]).toContain('"stopped": "found"')
      expect(found[1]).toBe(found[0])
    },
    MINUTE_MS,
  )

  it(
    'that is killed at any moment comes to what an undisturbed one comes to',
    async () => {
      const undisturbed = newFolder()
      const { stdout } = spawnSync('node', words(RUNS, '--out', undisturbed), {
        encoding: 'utf8',
        env,
      })
      const wanted = outcomeIn(undisturbed, stdout)
      expect(wanted.files).toHaveLength(1)
      const folder = newFolder()
      const journal = join(folder, '.campaign', '0-redis-blind-delete.jsonl')
      for (const bytes of [0, 1, 3_000]) {
        const child = spawn('node', words(RUNS, '--out', folder), { env })
        const closed = new Promise((resolve) => child.on('close', resolve))
        while (!existsSync(journal) || statSync(journal).size < bytes) await setTimeout(5)
        child.kill('SIGKILL')
        await closed
      }
      const again = spawnSync('node', words(RUNS, '--out', folder), { encoding: 'utf8', env })
      expect(outcomeIn(folder, again.stdout)).toEqual(wanted)
      // The folder alone knows what was asked.
      const alone = spawnSync('node', [EXECUTABLE, 'fuzz', '--out', folder, '--json'], {
        encoding: 'utf8',
        env,
      })
      expect(outcomeIn(folder, alone.stdout)).toEqual(wanted)
    },
    MINUTE_MS,
  )

  it(
    'that is interrupted tells what it has found',
    async () => {
      const folder = newFolder()
      const child = spawn('node', words(1_000_000, '--out', folder), { env })
      let stdout = ''
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
      const journal = join(folder, '.campaign', '0-redis-blind-delete.jsonl')
      while (!existsSync(journal) || readFileSync(journal).length === 0) await setTimeout(20)
      child.kill('SIGINT')
      const code = await new Promise((resolve) => child.on('close', resolve))
      expect(code).toBe(130)
      const { runs, coverage } = JSON.parse(stdout) as {
        runs: number
        coverage: readonly { stopped: string }[]
      }
      expect(runs).toBeGreaterThan(0)
      expect(coverage[0]?.stopped).toBe('interrupted')
    },
    MINUTE_MS,
  )
})

describe('the example of the page on fuzzing', () => {
  it('holds', async () => {
    await expect(import('./examples/fuzzing.ts')).resolves.toBeDefined()
  })
})
