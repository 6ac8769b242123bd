/** How verdicts are put together: the same few forms for every promise. */

import type { FactEvent } from '#sim'
import type { PromiseName, RunEnd, Verdict, Witness } from './checker.ts'
import { inMs } from './words.ts'

type Measures = Readonly<Record<string, number>>

/** Nobody broke the promise, though it was put to the test. */
export const held = (promise: PromiseName, evidence: string, measures: Measures): Verdict => ({
  promise,
  verdict: 'held',
  evidence,
  measures,
})

/** The promise was never put to the test; `why` says what was missing. */
export const vacuous = (promise: PromiseName, why: string, measures: Measures = {}): Verdict => ({
  promise,
  verdict: 'vacuous',
  evidence: why,
  measures,
})

/** The lock makes no such promise, or shows nothing by which it could be judged. */
export const notOffered = (promise: PromiseName, why: string): Verdict => ({
  promise,
  verdict: 'not offered',
  evidence: why,
  measures: {},
})

/** The promise was broken. */
export const violated = (
  promise: PromiseName,
  evidence: string,
  measures: Measures,
  witness: Witness,
): Verdict => ({ promise, verdict: 'violated', evidence, witness, measures })

/** Said behind evidence of "no bad thing happened" when the run was cut off: it speaks for that part only. */
export const cutOff = (end: RunEnd): string =>
  end.why === 'event-budget' ? `; the run was cut off at ${inMs(end.atMs)}` : ''

/** Witness events in the order of the trace, each once. `trace` holds all of them. */
export const inTraceOrder = (
  trace: readonly FactEvent[],
  events: readonly (FactEvent | undefined)[],
): FactEvent[] => trace.filter((event) => events.includes(event))
