/** Kills mutants: compiles nothing, copies what is compiled, breaks one line of the copy, and runs both. */

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as original from '#runs'
import type { PromiseName, VerdictName } from '#runs'
import type { AnyMutant, CampaignProbe, Mutant, Probe, ScenarioProbe } from './mutant.ts'

/** The library, as it is or with a mutant in it. */
export type Library = typeof original

/** What became of a mutant: the promise that told it from the original and the run that showed it, or why there is none. */
export type Killing =
  | { readonly outcome: 'killed'; readonly by: PromiseName; readonly run: string }
  | { readonly outcome: 'survived' | 'equivalent' | 'unfit'; readonly why: string }

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** Runs of a campaign until it gives up. */
const RUNS_MAX = 3_000

type Verdicts = ReadonlyMap<PromiseName, VerdictName>

const verdictsOf = (library: Library, plan: original.Plan): Verdicts =>
  new Map(library.run(plan).verdicts.map(({ promise, verdict }) => [promise, verdict]))

const overridesOf = ({ parameters, fencing }: CampaignProbe | ScenarioProbe) => ({
  ...(parameters === undefined ? {} : { parameters }),
  ...(fencing === undefined ? {} : { fencing }),
})

const planner = (library: Library, probe: Probe): ((seed: number) => original.Plan | undefined) => {
  if ('sequence' in probe) {
    const { sequence, isRepaired } = library.sequenceNamed(probe.sequence)
    return (seed) => (seed < 3 ? library.planSequence(sequence, seed + 1, isRepaired) : undefined)
  }
  if ('plan' in probe) {
    const { lock, plan } = probe
    return (seed) =>
      seed < 5
        ? library.parsePlan({ format: library.PLAN_FORMAT, algorithm: lock, seed, ...plan })
        : undefined
  }
  const algorithm = library.algorithmNamed(probe.lock)
  if ('scenario' in probe) {
    const scenario = library.scenarioNamed(probe.scenario)
    return (seed) => {
      const plan = library.planScenario(scenario, algorithm, seed, overridesOf(probe))
      return seed >= 5 || 'skip' in plan ? undefined : plan
    }
  }
  const faultClass = library.faultClassNamed(probe.under)
  return (seed) => {
    const plan = library.drawClassPlan(algorithm, faultClass, seed, overridesOf(probe))
    return seed >= RUNS_MAX || 'skip' in plan ? undefined : plan
  }
}

/** The promises that a probe looks at. */
export const promisesOf = (probe: Probe): readonly PromiseName[] => {
  if (!('sequence' in probe)) return [probe.promise]
  const { sequence, isRepaired } = original.sequenceNamed(probe.sequence)
  const shows = isRepaired ? sequence.repaired?.shows : sequence.shows
  return Object.keys(shows ?? {}) as PromiseName[]
}

/** What a run is called: a sequence by its row, others by where they come from and their number. */
const nameOfRun = (probe: Probe, seed: number): string => {
  if ('sequence' in probe) return probe.sequence
  const origin = 'under' in probe ? probe.under : 'scenario' in probe ? probe.scenario : 'a plan'
  return `${origin} ${seed + 1}`
}

const isDecided = (verdict: VerdictName | undefined): boolean =>
  verdict === 'held' || verdict === 'violated'

/** Runs the probe with both until a promise comes out otherwise. */
const compare = (mutated: Library, probe: Probe): Killing => {
  const right = planner(original, probe)
  const wrong = planner(mutated, probe)
  const promises = promisesOf(probe)
  for (let seed = 0; ; seed++) {
    const good = right(seed)
    const bad = wrong(seed)
    if (good === undefined || bad === undefined) {
      return { outcome: 'survived', why: `not told apart in ${seed} runs` }
    }
    const expected = verdictsOf(original, good)
    let found: Verdicts
    try {
      found = verdictsOf(mutated, bad)
    } catch (error) {
      // That would be found out by anything: such a mutant says nothing of the judges.
      const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
      return { outcome: 'unfit', why: `its code fails: ${said}` }
    }
    for (const promise of promises) {
      const before = expected.get(promise)
      const after = found.get(promise)
      if ('under' in probe && before === 'violated') {
        return { outcome: 'unfit', why: `the original breaks it as well, in run ${seed + 1}` }
      }
      if (before === after) continue
      // In drawn runs only a broken promise counts: other verdicts change with the order of events.
      if ('under' in probe && after !== 'violated') continue
      if (!('sequence' in probe) && !(isDecided(before) && isDecided(after))) continue
      return { outcome: 'killed', by: promise, run: nameOfRun(probe, seed) }
    }
  }
}

/** The compiled file of a source file. */
const compiledOf = (folder: string, file: string): string =>
  join(folder, 'dist', file.replace(/\.ts$/, '.js'))

/** How often a mutant's piece stands in a text; it fits if exactly once. */
export const occurrences = (text: string, { find }: AnyMutant): number =>
  text.split(find).length - 1

const copied = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'locksim-mutant-'))
  mkdirSync(join(folder, 'dist'))
  for (const floor of ['sim', 'algorithms', 'checkers', 'runs']) {
    cpSync(join(ROOT, 'dist', floor), join(folder, 'dist', floor), {
      recursive: true,
      filter: (path) => !path.endsWith('.d.ts'),
    })
  }
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
  return folder
}

/**
 * Makes one mutant and hands its library to `probe`; or says what is wrong with the mutant.
 */
export const withMutant = async (
  mutant: Mutant,
  probe: (mutated: Library) => Killing,
): Promise<Killing> => {
  const folder = copied()
  try {
    const path = compiledOf(folder, mutant.file)
    const text = readFileSync(path, 'utf8')
    const count = occurrences(text, mutant)
    if (count !== 1) {
      return { outcome: 'unfit', why: `its piece stands ${count} times in ${mutant.file}` }
    }
    writeFileSync(
      path,
      text.replace(mutant.find, () => mutant.replace),
    )
    const entry = pathToFileURL(join(folder, 'dist', 'runs', 'index.js')).href
    return probe((await import(entry)) as Library)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Makes one mutant, and tries to kill it. */
export const kill = async (mutant: AnyMutant): Promise<Killing> =>
  'equivalent' in mutant
    ? { outcome: 'equivalent', why: mutant.equivalent }
    : withMutant(mutant, (mutated) => compare(mutated, mutant.probe))
