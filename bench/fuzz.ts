/** `npm run bench:fuzz`: runs a second of `fuzz` against the bare run loop, two threads against one, and memory over many runs. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { algorithmNamed, fuzz, numeral, runStretch } from '#runs'
import { liveBytes } from './memory.ts'
import { measure, ratioOf } from './measure.ts'
import type { Rate } from './measure.ts'
import { redlockRuns } from './runs.ts'

const redlock = algorithmNamed('redlock')
const STEP = 200
const BARE_RUNS = 500
const PARALLEL_RUNS = 60_000
/** Of the bare loop, for about as long as a campaign takes. */
const YARDSTICK_RUNS = 30_000
/** Redlock keeps it, so that no time goes into making counterexamples smaller. */
const UNBROKEN = 'ownership'

let next = 0
const stretch = (): number => {
  const from = next
  next += STEP
  runStretch(redlock, {}, { seed: 1, from, to: from + STEP })
  return STEP
}

const told = (what: string, value: number, target: number, want: 'at least' | 'at most'): void => {
  const met = want === 'at least' ? value >= target : value <= target
  console.log(`${what}: ${value.toFixed(2)} × (${want} ${target}: ${met ? 'met' : 'missed'})`)
}

const besideBare = (): void => {
  const [bare, fuzzed] = measure([
    { name: 'bare', work: () => redlockRuns(BARE_RUNS) && BARE_RUNS },
    { name: 'fuzz', work: stretch },
  ]) as [Rate, Rate]
  console.log(
    `redlock on one thread: ${numeral(Math.round(fuzzed.perSecond))} runs/s; bare run loop: ${numeral(Math.round(bare.perSecond))} runs/s`,
  )
  told('fuzz against the bare run loop', ratioOf(fuzzed, bare), 0.5, 'at least')
}

const secondsWith = async (workers: number): Promise<number> => {
  const began = performance.now()
  await fuzz(redlock, { runs: PARALLEL_RUNS, seed: 1, workers, promise: UNBROKEN })
  return (performance.now() - began) / 1_000
}

/** One process of the bare loop alone; the seconds that it took. */
const bareProcess = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--bare'])
    let said = ''
    child.stdout.on('data', (text) => (said += String(text)))
    child.on('error', reject)
    child.on('close', () => resolve(Number(said)))
  })

/** How much more two processes that share nothing do on this machine: two cores need not be twice one. */
const yardstick = async (): Promise<number> => {
  const alone = await bareProcess()
  const both = await Promise.all([bareProcess(), bareProcess()])
  return (2 * alone) / Math.max(...both)
}

const threads = async (): Promise<void> => {
  console.log(
    `two processes of the bare loop against one, on this machine: ${(await yardstick()).toFixed(2)} ×`,
  )
  const ratios: number[] = []
  for (let round = 0; round < 3; round++) {
    const one = await secondsWith(1)
    const two = await secondsWith(2)
    ratios.push(one / two)
    console.log(
      `${numeral(PARALLEL_RUNS)} runs: ${one.toFixed(1)} s on one, ${two.toFixed(1)} s on two`,
    )
  }
  told('two threads against one', ratios.sort((one, other) => one - other)[1] ?? 0, 1.7, 'at least')
}

/** The heap of the thread that runs and adds up, after a tenth of the runs and after all. */
const memory = async (runs: number): Promise<void> => {
  const lock = algorithmNamed('redis-set-px')
  let early = 0
  await fuzz(lock, {
    runs,
    seed: 1,
    promise: UNBROKEN,
    progress: (progress) => {
      if (early === 0 && progress.runs >= runs / 10) early = liveBytes()
    },
  })
  const late = liveBytes()
  console.log(
    `live heap after ${numeral(runs)} runs: ${numeral(Math.round(late / 1_024))} KiB, after a tenth of them ${numeral(Math.round(early / 1_024))} KiB`,
  )
  told('late against early', late / early, 1.05, 'at most')
}

const bare = (): void => {
  redlockRuns(BARE_RUNS)
  const began = performance.now()
  redlockRuns(YARDSTICK_RUNS)
  console.log((performance.now() - began) / 1_000)
}

const { values } = parseArgs({
  options: { memory: { type: 'string' }, bare: { type: 'boolean' } },
})
if (values.bare === true) bare()
else if (values.memory !== undefined) await memory(Number(values.memory))
else {
  besideBare()
  await threads()
}
