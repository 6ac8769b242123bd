/** The registry of scenarios: one line each. */

import { isProtocol } from '#algorithms'
import type { AnyAlgorithm, Fencing } from '#algorithms'
import { didYouMean, InputError } from '../errors.ts'
import { referenceOf } from '../modules/registry.ts'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { Plan } from '../plan.ts'
import { parametersOf } from '../settle.ts'
import { calm, slowHolder } from './calm.ts'
import { clockJump, clockJumpAllHeld } from './clock-jump.ts'
import { commitCalm, participantCrash } from './commit-calm.ts'
import {
  coordinatorCrash,
  coordinatorCrashAfterDecision,
  coordinatorCrashMidDecision,
  coordinatorLost,
} from './coordinator-crash.ts'
import { crashRestart } from './crash-restart.ts'
import { failover } from './failover.ts'
import { gcPause } from './gc-pause.ts'
import { lateAbort, lateDecision } from './late-abort.ts'
import { lateRequest } from './late-request.ts'
import { lateWrite } from './late-write.ts'
import { pauseAfterCheck } from './pause-after-check.ts'
import { clientClockBack, pauseInFlight, vmSuspend } from './pause-in-flight.ts'
import { preCommitPartition } from './pre-commit-partition.ts'
import { rateDrift } from './rate-drift.ts'
import { roleOf } from './scenario.ts'
import type { Scenario } from './scenario.ts'

export type { Role, Scenario, ScenarioPlan } from './scenario.ts'

/** Every scenario. */
export const scenarios: readonly Scenario[] = [
  calm,
  slowHolder,
  gcPause,
  clockJump,
  clockJumpAllHeld,
  crashRestart,
  pauseInFlight,
  pauseAfterCheck,
  clientClockBack,
  vmSuspend,
  lateRequest,
  lateWrite,
  rateDrift,
  failover,
  commitCalm,
  participantCrash,
  coordinatorCrash,
  coordinatorCrashMidDecision,
  coordinatorCrashAfterDecision,
  coordinatorLost,
  preCommitPartition,
  lateAbort,
  lateDecision,
]

/**
 * The scenario of this name.
 *
 * @throws InputError that names the nearest known scenario
 */
export const scenarioNamed = (name: string): Scenario => {
  const found = scenarios.find((scenario) => scenario.name === name)
  if (found !== undefined) return found
  const names = scenarios.map((scenario) => scenario.name)
  throw new InputError(
    `there is no scenario "${name}"${didYouMean(name, names)}; expected one of ${names.join(', ')}`,
  )
}

/** What may be said about a run from outside its scenario; each goes before what the scenario says. */
export interface Overrides {
  readonly parameters?: Readonly<Record<string, number | boolean | string>>
  readonly clients?: number
  readonly servers?: number
  readonly rounds?: number
  readonly fencing?: Fencing
}

/** The plan of a scenario for a lock, or why the lock has no part in it. */
export const planScenario = (
  scenario: Scenario,
  algorithm: AnyAlgorithm,
  seed: number,
  overrides: Overrides = {},
): Plan | { readonly skip: string } => {
  const given = overrides.parameters ?? {}
  const role = roleOf(algorithm, parametersOf(algorithm, given), overrides.servers)
  const about = isProtocol(algorithm) ? 'commits' : 'locks'
  if ((scenario.about ?? 'locks') !== about) {
    return { skip: `it is a ${about === 'commits' ? 'commit protocol' : 'lock'}` }
  }
  const plan = scenario.plan(role)
  if ('skip' in plan) return plan
  const { clients, servers, rounds, fencing } = overrides
  return parsePlan({
    format: PLAN_FORMAT,
    algorithm: referenceOf(algorithm),
    scenario: scenario.name,
    seed,
    ...plan,
    parameters: { ...plan.parameters, ...given },
    ...(clients === undefined ? {} : { clients }),
    ...(servers === undefined ? {} : { servers }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(fencing === undefined ? {} : { store: { fencing } }),
  })
}
