/** availability: with one server down or standing still, whoever asks for a free lock still gets it in time. */

import type { FactEvent } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory } from './checker.ts'
import { cutOff, held, inTraceOrder, vacuous, violated } from './verdict.ts'
import { WAIT_KINDS, watchWaits } from './waits.ts'
import type { Wait } from './waits.ts'
import { countOf, inMs } from './words.ts'

const promise = 'availability'

const judgeAvailability = (header: RunHeader, { facts }: SharedHistory): Judgement => {
  const boundMs = header.progressWithinMs
  const servers = new Set(header.servers)
  const watch = watchWaits(facts)
  /** Faults that are active, and the server that each has struck. */
  const struck = new Map<number, string>()
  let firstFault: FactEvent | undefined
  let single = 0
  /** What else struck, after which nothing can be said. */
  let other: string | undefined

  const strike = (event: Extract<FactEvent, { kind: 'fault-began' }>): void => {
    // A promotion is the remedy, not another blow.
    if (event.what === 'failover') return
    // A cut is between two, and nobody's alone: who is cut off from whom the fact does not say.
    if (!servers.has(event.node) || event.what === 'partition') {
      other ??= event.text
      return
    }
    struck.set(event.fault, event.node)
    if (new Set(struck.values()).size > 1) other ??= 'two servers were struck at once'
    single++
    firstFault ??= event
  }

  return {
    see(event) {
      if (event.kind === 'fault-began') strike(event)
      else if (event.kind === 'fault-ended') struck.delete(event.fault)
      else watch.see(event)
    },
    end(end) {
      const lasting = watch.end(end.atMs)
      const sinceMs = firstFault?.atMs ?? Infinity
      let longest: Wait | undefined
      let longestMs = 0
      for (const wait of watch.waits) {
        const waitedMs = wait.toMs - Math.max(wait.fromMs, sinceMs)
        if (waitedMs <= longestMs) continue
        longest = wait
        longestMs = waitedMs
      }
      const measures = { unavailableMs: longestMs, serverFaults: single }
      if (firstFault === undefined) return vacuous(promise, 'no server was struck', measures)
      if (other !== undefined) {
        return vacuous(promise, `more than one server was struck: ${other}`, measures)
      }
      const evidence = `${countOf(single, 'fault')} of one server, longest wait for a free lock ${inMs(longestMs)} of ${inMs(boundMs)} allowed`
      const forEver = longest === lasting && end.idle === true
      if (longest !== undefined && (longestMs >= boundMs || forEver)) {
        const asked = facts[longest.from - 1]
        const next = facts[longest.to - 1]
        const fromMs = Math.max(longest.fromMs, sinceMs)
        return violated(
          promise,
          evidence,
          { ...measures, violations: 1 },
          {
            events: inTraceOrder(facts, [firstFault, asked, next]),
            proof: [
              `${firstFault.node} was struck at ${inMs(sinceMs)}, and no other server was.`,
              `However, no live client held the lock and nobody got it for ${inMs(longestMs)}, from ${inMs(fromMs)} to ${inMs(longest.toMs)}: ${inMs(boundMs)} were allowed.`,
            ],
          },
        )
      }
      if (watch.waits.every(({ toMs }) => toMs <= sinceMs)) {
        return vacuous(promise, 'nobody asked for the lock after a server was struck', measures)
      }
      return held(promise, `${evidence}${cutOff(end)}`, measures)
    },
  }
}

/**
 * Unlike deadlock-freedom it does not wait until faults are over: a server that is down is what the promise is about.
 * It judges runs in which at most one server was struck at a time and nothing else was. `unavailableMs` is
 * the longest wait for a free lock from the first fault on.
 */
export const availability = defineChecker({
  promise,
  mood: 'eventually',
  summary: 'with any one server struck, a free lock is still granted in time',
  occasional: true,
  source:
    'redis.io, "Distributed Locks with Redis": liveness property B, fault tolerance; Gilbert and Lynch (2002) on availability',
  sees: ['fault-began', 'fault-ended', ...WAIT_KINDS],
  start: judgeAvailability,
})
