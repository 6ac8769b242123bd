/** `npm run bench:kill`: a campaign killed (`kill -9`) at 20 random moments and started again comes to what an undisturbed one comes to. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const EXECUTABLE = fileURLToPath(new URL('../../bin/locksim.js', import.meta.url))
const KILLS = 20
const RUNS = 4_000

const wordsFor = (folder: string): readonly string[] => [
  EXECUTABLE,
  ...`fuzz redis-set-px --runs ${RUNS} --seed 1 --json --out`.split(' '),
  folder,
]

/** What is printed and what is kept, as one text. */
const outcomeOf = (folder: string, stdout: string): string => {
  const kept = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => `${name}\n${readFileSync(join(folder, name), 'utf8')}`)
  return [stdout.replaceAll(folder, 'FOLDER'), ...kept].join('\n')
}

const finished = (folder: string): string => {
  const { stdout } = spawnSync('node', wordsFor(folder), { encoding: 'utf8', maxBuffer: 1 << 28 })
  return outcomeOf(folder, stdout)
}

const killedAfter = async (folder: string, ms: number): Promise<void> => {
  const child = spawn('node', wordsFor(folder), { stdio: 'ignore' })
  const closed = new Promise((resolve) => child.on('close', resolve))
  await setTimeout(ms)
  child.kill('SIGKILL')
  await closed
}

const root = mkdtempSync(join(tmpdir(), 'locksim-kills-'))
try {
  const began = performance.now()
  const wanted = finished(join(root, 'undisturbed'))
  const tookMs = performance.now() - began
  let same = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const folder = join(root, `killed-${kill}`)
    const ms = Math.random() * tookMs
    await killedAfter(folder, ms)
    const isSame = finished(folder) === wanted
    same += isSame ? 1 : 0
    console.log(`killed after ${Math.round(ms)} ms: ${isSame ? 'the same' : 'DIFFERS'}`)
  }
  console.log(`${same} of ${KILLS} campaigns came to the same as the undisturbed one`)
  process.exitCode = same === KILLS ? 0 : 1
} finally {
  rmSync(root, { recursive: true, force: true })
}
