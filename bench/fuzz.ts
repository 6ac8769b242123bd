/** `npm run bench:fuzz`: runs a second of `fuzz` against the bare run loop, two threads against one, and memory over many runs. */

import { parseArgs } from 'node:util'
import { algorithmNamed, fuzz, numeral, runStretch } from '#runs'
import { measure, ratioOf } from './measure.ts'
import type { Rate } from './measure.ts'
import { redlockRuns } from './runs.ts'

const redlock = algorithmNamed('redlock')
const STEP = 200
const BARE_RUNS = 500
const PARALLEL_RUNS = 12_000
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

const threads = async (): Promise<void> => {
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

const liveBytes = (): number => {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('start node with --expose-gc')
  gc()
  gc()
  return process.memoryUsage().heapUsed
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

const { values } = parseArgs({ options: { memory: { type: 'string' } } })
if (values.memory !== undefined) await memory(Number(values.memory))
else {
  besideBare()
  await threads()
}
