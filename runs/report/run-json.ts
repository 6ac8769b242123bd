/** A run as one JSON value for machines, and the catalogue that `list` gives. The shapes are described in docs/json.md. */

import { algorithms, isProtocol } from '#algorithms'
import { checkers } from '#checkers'
import type { OrphanPhantom, Tally, Verdict } from '#checkers'
import { faults } from '#sim'
import type { Costs } from '#sim'
import { algorithmNamed } from '../settle.ts'
import { outcomeOf } from '../outcome.ts'
import type { ExitCode } from '../outcome.ts'
import type { Plan } from '../plan.ts'
import { scenarios } from '../scenarios/index.ts'
import { faultClasses } from '../fault-classes/index.ts'
import { isShown, sections } from '../sequences/index.ts'

/** What the JSON of a run is made from. */
export interface RunJsonInput {
  readonly plan: Plan
  readonly hash: string
  readonly events: number
  readonly endedAtMs: number
  readonly why: string
  readonly landed: readonly number[]
  readonly verdicts: readonly Verdict<string>[]
  readonly measures: OrphanPhantom
  readonly tally: Tally
  /** What it cost the network; a saved trace does not tell. */
  readonly costs?: Costs
}

/** The JSON value of one run. */
export interface RunJson {
  readonly algorithm: string
  /** Null for a plan that came from no scenario. */
  readonly scenario: string | null
  readonly seed: number
  readonly hash: string
  readonly events: number
  readonly endedAtMs: number
  readonly why: string
  readonly exitCode: ExitCode
  readonly landed: readonly number[]
  readonly plan: Plan
  readonly verdicts: readonly {
    readonly promise: string
    readonly verdict: string
    readonly claimed: boolean
    readonly evidence: string
    readonly witness: Verdict['witness'] | null
    readonly measures: Verdict['measures']
  }[]
  readonly measures: OrphanPhantom
  readonly tally: Tally
  readonly costs: Costs | null
}

/** The JSON value of a run. */
export const runJson = ({
  plan,
  hash,
  events,
  endedAtMs,
  why,
  landed,
  verdicts,
  measures,
  tally,
  costs,
}: RunJsonInput): RunJson => {
  const algorithm = algorithmNamed(plan.algorithm)
  return {
    algorithm: algorithm.name,
    scenario: plan.scenario ?? null,
    seed: plan.seed,
    hash,
    events,
    endedAtMs,
    why,
    exitCode: outcomeOf(algorithm, plan, verdicts, landed).exitCode,
    landed,
    plan,
    verdicts: verdicts.map(({ promise, verdict, evidence, witness, measures: measured }) => ({
      promise,
      verdict,
      claimed: algorithm.claims.some((claim) => claim.promise === promise),
      evidence,
      witness: witness ?? null,
      measures: measured,
    })),
    measures,
    tally,
    costs: costs ?? null,
  }
}

/** Everything that locksim knows by name. */
export const catalogue = () => ({
  algorithms: algorithms.map((algorithm) => {
    const { name, summary, sources, steps, useWhen, claims, canary, needs, parameters } = algorithm
    return {
      name,
      kind: isProtocol(algorithm) ? 'protocol' : 'lock',
      summary,
      sources,
      steps: steps ?? [],
      useWhen: useWhen ?? null,
      claims,
      canary: canary === true,
      needs,
      parameters,
    }
  }),
  scenarios: scenarios.map(({ name, summary, source }) => ({ name, summary, source })),
  faults: Object.values(faults).map(({ kind, summary }) => ({ name: kind, summary })),
  checkers: checkers.map(({ promise, about, summary, source, mood }) => ({
    name: promise,
    about: about ?? 'locks',
    summary,
    source,
    mood,
  })),
  classes: faultClasses.map(({ name, summary }) => ({ name, summary })),
  sequences: sections.flatMap(({ sequences }) =>
    sequences.map((sequence) => ({
      name: sequence.row,
      summary: sequence.tells,
      algorithm: isShown(sequence) ? sequence.lock : null,
    })),
  ),
})

/** What `list` can list. */
export type CatalogueSection = keyof ReturnType<typeof catalogue>
