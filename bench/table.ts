/** Makes the table of docs/reference: every lock under every class of faults, and says how long it took. */

import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { algorithms, faultClasses, matrixMarkdown, runMatrix, tableText } from '#runs'

const FOLDER = fileURLToPath(new URL('../../docs/reference/', import.meta.url))
const SEEDS_BY_DEFAULT = 3_000

const main = async (seeds: number): Promise<void> => {
  const began = performance.now()
  const workers = availableParallelism()
  const rows = await runMatrix({
    algorithms,
    faultClasses,
    seeds,
    firstSeed: 0,
    workers,
    row: ({ algorithm }) =>
      console.log(`${Math.round((performance.now() - began) / 1_000)} s: ${algorithm.name}`),
  })
  const runs = rows
    .flatMap(({ campaigns }) => campaigns)
    .reduce((sum, { result }) => sum + (result?.runs ?? 0), 0)
  writeFileSync(join(FOLDER, 'matrix.json'), tableText(rows, { firstSeed: 0, seeds }))
  writeFileSync(join(FOLDER, 'matrix.md'), matrixMarkdown(rows))
  const seconds = (performance.now() - began) / 1_000
  console.log(
    `${runs} runs in ${seconds.toFixed(0)} s on ${workers} threads: ${(runs / seconds).toFixed(0)} a second`,
  )
}

const given = process.argv[2]
await main(given === undefined ? SEEDS_BY_DEFAULT : Number(given))
