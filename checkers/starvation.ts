/** starvation: every client that keeps asking gets the lock in the end. */

import type { FactEvent } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory } from './checker.ts'
import { cutOff, held, inTraceOrder, vacuous, violated } from './verdict.ts'
import { countOf, inMs } from './words.ts'

const promise = 'starvation'

/**
 * Turns that each of the others may have before. Where chance decides among four, not to be chosen in thirty
 * draws has a probability of 1 in 5,000.
 */
const TURNS_ALLOWED = 10

interface Wait {
  readonly asked: FactEvent
  toMs: number
}

/** Index of the first event for which `isBehind` holds, of events in order of time. */
const indexWhere = (
  events: readonly FactEvent[],
  isBehind: (event: FactEvent) => boolean,
): number => {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBehind(events[middle] as FactEvent)) high = middle
    else low = middle + 1
  }
  return low
}

const indexAfter = (events: readonly FactEvent[], ms: number): number =>
  indexWhere(events, ({ atMs }) => atMs > ms)

const indexFrom = (events: readonly FactEvent[], ms: number): number =>
  indexWhere(events, ({ atMs }) => atMs >= ms)

const judgeStarvation = (header: RunHeader, { facts }: SharedHistory): Judgement => {
  const boundMs = header.progressWithinMs
  const bypassMax = TURNS_ALLOWED * (header.clients.length - 1)
  const waiting = new Map<string, Wait>()
  const waits: Wait[] = []
  const grants: FactEvent[] = []

  const leave = (client: string, atMs: number): void => {
    const wait = waiting.get(client)
    if (wait === undefined) return
    wait.toMs = atMs
    waits.push(wait)
    waiting.delete(client)
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'acquiring':
          if (!waiting.has(event.node)) waiting.set(event.node, { asked: event, toMs: -1 })
          break
        case 'granted':
          leave(event.node, event.atMs)
          grants.push(event)
          break
        case 'finished':
          leave(event.node, event.atMs)
          break
        case 'crashed':
          // The dead wait for nothing.
          waiting.delete(event.node)
          break
        default:
      }
    },
    end(end) {
      for (const client of [...waiting.keys()]) leave(client, end.atMs)
      let longestMs = 0
      let most = 0
      let violations = 0
      let worst:
        | { readonly wait: Wait; readonly past: readonly FactEvent[]; readonly sinceMs: number }
        | undefined
      for (const wait of waits) {
        const { asked, toMs } = wait
        const sinceMs = Math.max(asked.atMs, end.faultsOverAtMs)
        const waitedMs = toMs - sinceMs
        if (waitedMs <= 0) continue
        // None of them is its own: it would not be waiting any more.
        const first = indexAfter(grants, sinceMs)
        const bypassed = Math.max(0, indexFrom(grants, toMs) - first)
        longestMs = Math.max(longestMs, waitedMs)
        most = Math.max(most, bypassed)
        if (waitedMs < boundMs || bypassed <= bypassMax) continue
        violations++
        if (worst === undefined || bypassed > worst.past.length) {
          worst = { wait, past: grants.slice(first, first + bypassed), sinceMs }
        }
      }
      const measures = { violations, longestWaitMs: longestMs, mostBypassed: most }
      const evidence = `longest wait ${inMs(longestMs)}, most often passed over ${countOf(most, 'time')}`
      if (worst !== undefined) {
        const { wait, past, sinceMs } = worst
        const { node } = wait.asked
        const [first] = past
        const last = past.at(-1)
        return violated(promise, evidence, measures, {
          events: inTraceOrder(facts, [wait.asked, first, last]),
          proof: [
            `${node} asked for the lock at ${inMs(wait.asked.atMs)} and went on asking.`,
            ...(sinceMs > wait.asked.atMs ? [`The last fault was over at ${inMs(sinceMs)}.`] : []),
            `Others were granted it ${countOf(past.length, 'time')} meanwhile, first at ${inMs(first?.atMs ?? 0)}, last at ${inMs(last?.atMs ?? 0)}.`,
            `However, ${node} did not get it for ${inMs(wait.toMs - sinceMs)}, up to ${inMs(wait.toMs)}: ${inMs(boundMs)} and ${countOf(bypassMax, 'turn')} of others were allowed.`,
          ],
        })
      }
      if (most === 0) return vacuous(promise, 'nobody waited while another got the lock', measures)
      return held(promise, `${evidence}${cutOff(end)}`, measures)
    },
  }
}

/**
 * "In the end" made finite: a live client that has waited longer than the plan's `progressWithinMs` since faults were over,
 * while the others got the lock more than ten times each, is starved. `mostBypassed` counts from when it asked; see `fairness` for
 * the order from a doorway.
 */
export const starvation = defineChecker({
  promise,
  mood: 'eventually',
  summary: 'every client that keeps asking gets the lock, and is not passed over for ever',
  occasional: true,
  source:
    'Herlihy and Shavit, The Art of Multiprocessor Programming, chapter 2: starvation-freedom, r-bounded waiting',
  sees: ['acquiring', 'granted', 'finished', 'crashed'],
  start: judgeStarvation,
})
