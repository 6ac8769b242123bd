/** Makes runs/corpus: a smallest counterexample for each violated cell of the table; what is there already is kept, so that it goes on where it ended. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  algorithmNamed,
  algorithms,
  breaks,
  cellsOf,
  check,
  counterexampleOf,
  drawClassPlan,
  faultClassNamed,
  jsonText,
  readCounterexample,
  rowsOfTable,
  shrink,
  writeCounterexample,
  writeWhole,
} from '#runs'
import type { Cell, Counterexample, SavedTable } from '#runs'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOLDER = 'runs/corpus'
/** Which file shows which cell, as cells with the same counterexample share one: `{ "redlock": { "exclusion/effect": { "client-pause": "exclusion-effect.pause.json" } } }`. */
const CELLS_FILE = join(FOLDER, 'cells.json')
const CELLS_FORMAT = 'locksim-cells/1'

type CellsOfLock = Record<string, Record<string, string>>
interface CellsFile {
  readonly format: typeof CELLS_FORMAT
  readonly locks: Record<string, CellsOfLock>
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

const readCells = (): CellsFile =>
  existsSync(CELLS_FILE) ? (readJson(CELLS_FILE) as CellsFile) : { format: CELLS_FORMAT, locks: {} }

const violatedCells = (names: readonly string[]): readonly Cell[] =>
  rowsOfTable(readJson('docs/reference/matrix.json') as SavedTable)
    .flatMap(cellsOf)
    .filter(({ algorithm, verdict }) => verdict === 'violated' && names.includes(algorithm))

/** The smallest counterexample of a cell, from the example that the table has. */
const smallestOf = ({ algorithm: name, promise, fault, example }: Cell): Counterexample => {
  const algorithm = algorithmNamed(name)
  const drawn = drawClassPlan(algorithm, faultClassNamed(fault), example?.seed ?? 0)
  if ('skip' in drawn) throw new Error(`${name} under ${fault}: ${drawn.skip}`)
  const { plan, minimal } = shrink(algorithm, drawn, breaks(algorithm, promise))
  return counterexampleOf({ algorithm, promise, plan, minimal })
}

/** Counterexamples are the same if their plans are, whatever the seed. */
const keyOf = ({
  promise,
  plan: { seed: _seed, drawn: _drawn, ...plan },
}: Counterexample): string => JSON.stringify([promise, plan])

/** What goes wrong in a plan, as a part of a file name: `pause`, `clock-failover`, `clocks`, `none`. */
const kindsOf = ({ plan }: Counterexample): string => {
  const kinds = new Set((plan.faults ?? []).map(({ kind }) => kind as string))
  if (Object.keys(plan.clocks ?? {}).length > 0) kinds.add('clocks')
  return kinds.size === 0 ? 'none' : [...kinds].sort().join('-')
}

const freeName = (counterexample: Counterexample, taken: ReadonlySet<string>): string => {
  const stem = `${counterexample.promise.replaceAll('/', '-')}.${kindsOf(counterexample)}`
  let name = `${stem}.json`
  for (let number = 2; taken.has(name); number++) name = `${stem}.${number}.json`
  return name
}

/** The counterexamples of one lock that are there, by what makes them the same. */
const keptOf = (folder: string): Map<string, string> =>
  new Map(
    (existsSync(folder) ? readdirSync(folder) : [])
      .filter((name) => name.endsWith('.json'))
      .map((name) => [keyOf(readCounterexample(join(folder, name))), name]),
  )

const seconds = (began: number): string => `${((performance.now() - began) / 1_000).toFixed(0)} s`

const makeLock = (lock: string, cells: readonly Cell[], known: CellsOfLock): CellsOfLock => {
  const folder = join(FOLDER, lock)
  const kept = keptOf(folder)
  const made: CellsOfLock = {}
  for (const cell of cells) {
    const { promise, fault } = cell
    const before = known[promise]?.[fault]
    let name = before !== undefined && existsSync(join(folder, before)) ? before : undefined
    if (name === undefined) {
      const counterexample = smallestOf(cell)
      name = kept.get(keyOf(counterexample))
      if (name === undefined) {
        mkdirSync(folder, { recursive: true })
        name = freeName(counterexample, new Set(kept.values()))
        writeCounterexample(folder, counterexample, name)
        kept.set(keyOf(counterexample), name)
      }
    }
    ;(made[promise] ??= {})[fault] = name
  }
  return made
}

const main = async (words: readonly string[]): Promise<void> => {
  process.chdir(ROOT)
  const names = words.length === 0 ? algorithms.map(({ name }) => name) : words
  for (const name of names) algorithmNamed(name)
  const began = performance.now()
  const cells = violatedCells(names)
  const { format, locks } = readCells()
  for (const lock of names) {
    const own = cells.filter(({ algorithm }) => algorithm === lock)
    if (own.length > 0) locks[lock] = makeLock(lock, own, locks[lock] ?? {})
    else rmSync(join(FOLDER, lock), { recursive: true, force: true })
    const sorted = Object.fromEntries(
      Object.entries(locks).sort(([one], [other]) => (one < other ? -1 : 1)),
    )
    writeWhole(CELLS_FILE, jsonText({ format, locks: sorted }))
    const files = new Set(
      Object.values(locks[lock] ?? {}).flatMap((byFault) => Object.values(byFault)),
    )
    const size = Object.entries(locks[lock] ?? {}).reduce(
      (sum, [, byFault]) => sum + Object.keys(byFault).length,
      0,
    )
    console.log(`${seconds(began)}: ${lock}, ${size} cells, ${files.size} files`)
  }
  const { changes } = await check({
    folder: FOLDER,
    workers: availableParallelism(),
    update: true,
    only: names,
  })
  for (const { what, path, why } of changes) console.log(`${what} ${path}: ${why}`)
  console.log(seconds(began))
}

await main(process.argv.slice(2))
