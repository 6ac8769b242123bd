/** The form of a trace written by hand. */

import type { Fact, FactEvent } from '#sim'
import type { RunEnd, RunHeader } from '../checker.ts'

/** One trace with what a checker is told before and after it. */
export interface Example {
  readonly header: RunHeader
  readonly events: readonly FactEvent[]
  readonly end: RunEnd
}

/** What every example starts from. */
export const header: RunHeader = {
  clients: ['client-1', 'client-2'],
  offersToken: true,
  offersValidity: true,
  fencing: 'off',
  offersReentry: false,
  doorway: undefined,
  servers: ['redis'],
  progressWithinMs: 30_000,
  faults: 0,
}

/** A run in which everybody finished, at `atMs`. */
export const finished = (atMs: number): RunEnd => ({ atMs, why: 'finished', faultsOverAtMs: 0 })

/** An event at a time on a node. */
export const at = (atMs: number, node: string, fact: Fact): FactEvent => ({ atMs, node, ...fact })
