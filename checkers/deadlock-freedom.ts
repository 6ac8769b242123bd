/** deadlock-freedom: once faults are over, somebody gets the lock in time whenever a live client asks and none has it. */

import type { FactEvent } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory, Verdict, Witness } from './checker.ts'
import { inTraceOrder, vacuous } from './verdict.ts'
import { WAIT_KINDS, watchWaits } from './waits.ts'
import type { Wait } from './waits.ts'
import { countOf, inMs } from './words.ts'

const promise = 'deadlock-freedom'

const sentenceOf = (event: FactEvent): string => {
  const at = `at ${inMs(event.atMs)}`
  switch (event.kind) {
    case 'service-granted':
      return `${event.node} had the lock granted to ${event.client} from ${inMs(event.atMs)} on (${event.hold}).`
    case 'acquiring':
      return `${event.node} asked ${at}.`
    case 'denied':
      return `${event.node} was turned away ${at}.`
    case 'crashed':
      return `${event.node} crashed ${at}.`
    default:
      return `${event.node} began to release the lock ${at}.`
  }
}

/** Names what stood in the way and who waited, from the events up to the end of the wait. */
const tell = (
  seen: readonly FactEvent[],
  wait: Wait,
  sinceMs: number,
  boundMs: number,
  lasts: 'no' | 'to the end' | 'for ever',
): Witness => {
  const asking = new Map<string, FactEvent>()
  const granted = new Map<string, FactEvent>()
  let gone: FactEvent | undefined
  let denied: FactEvent | undefined
  for (let index = 0; index < wait.to; index++) {
    const event = seen[index]
    if (event === undefined) break
    if (event.kind === 'acquiring') asking.set(event.node, event)
    else if (event.kind === 'granted' || event.kind === 'finished') asking.delete(event.node)
    else if (event.kind === 'denied' && index >= wait.from) denied = event
    else if (event.kind === 'service-granted') granted.set(event.hold, event)
    else if (event.kind === 'service-revoked') granted.delete(event.hold)
    else if (event.kind === 'crashed') {
      // A server's crash is no end of a belief, and no client was waiting there.
      if (asking.delete(event.node) || index < wait.from) gone = event
    } else if (event.kind === 'releasing') {
      asking.delete(event.node)
      if (index < wait.from) gone = event
    }
  }
  const waiter = asking.values().next().value
  const orphan = granted.values().next().value
  const events = inTraceOrder(seen, [orphan, gone, waiter, denied])
  const proof = events.map(sentenceOf)
  if (sinceMs > wait.fromMs) proof.push(`The last fault was over at ${inMs(sinceMs)}.`)
  const span =
    lasts === 'for ever'
      ? `from ${inMs(sinceMs)} on, and nothing was left that could happen`
      : `for ${inMs(wait.toMs - sinceMs)}, from ${inMs(sinceMs)} to ${inMs(wait.toMs)}${lasts === 'to the end' ? ', the end of the run' : ''}`
  proof.push(
    `However, no live client held the lock and nobody got it ${span}: ${inMs(boundMs)} were allowed.`,
  )
  // A lock that lets nobody in at all: what clashes is the asking and the last that was heard.
  const last = seen[wait.to - 1]
  if (events.length < 2 && last !== undefined && !events.includes(last)) events.push(last)
  return { events, proof }
}

const judgeProgress = (header: RunHeader, { facts: seen, holds }: SharedHistory): Judgement => {
  const boundMs = header.progressWithinMs
  const watch = watchWaits(seen)
  let denials = 0
  let grants = 0
  let crashedHolderMs = -1
  let takeOverMs = -1

  return {
    see(event) {
      switch (event.kind) {
        case 'denied':
          // Still waiting: it will ask again until it has had its rounds.
          denials++
          return
        case 'granted': {
          grants++
          if (crashedHolderMs < 0) break
          const fromMs = Math.max(crashedHolderMs, watch.lastingFromMs() ?? event.atMs)
          takeOverMs = Math.max(takeOverMs, event.atMs - fromMs)
          crashedHolderMs = -1
          break
        }
        case 'crashed': {
          const wasFree = watch.isFree()
          watch.see(event)
          if (!wasFree && watch.isFree()) crashedHolderMs = event.atMs
          return
        }
        default:
      }
      watch.see(event)
    },
    end(end) {
      const lasting = watch.end(end.atMs)
      const stuck = lasting !== undefined && end.idle === true
      let longest: Wait | undefined
      let longestMs = 0
      let violations = 0
      for (const one of watch.waits) {
        const waitedMs = one.toMs - Math.max(one.fromMs, end.faultsOverAtMs)
        if (waitedMs >= boundMs || (one === lasting && stuck)) violations++
        if (waitedMs < longestMs || (longest !== undefined && waitedMs === longestMs)) continue
        longest = one
        longestMs = waitedMs
      }
      const worst = stuck ? lasting : longest
      const measures: Record<string, number> = { violations, boundMs: longestMs, grants }
      if (takeOverMs >= 0) measures['takeOverMs'] = takeOverMs
      const takeOver =
        takeOverMs < 0 ? '' : `, taken over ${inMs(takeOverMs)} after a holder's crash`
      const evidence = `${countOf(grants, 'grant')}, longest wait for a free lock ${inMs(longestMs)} of ${inMs(boundMs)} allowed${takeOver}${stuck ? ', and somebody waits for ever' : ''}`
      const answer = (verdict: Verdict['verdict'], text: string, witness?: Witness): Verdict =>
        witness === undefined
          ? { promise, verdict, evidence: text, measures }
          : { promise, verdict, evidence: text, measures, witness }

      if (violations > 0 && worst !== undefined) {
        const sinceMs = stuck ? worst.fromMs : Math.max(worst.fromMs, end.faultsOverAtMs)
        const lasts = stuck ? 'for ever' : worst === lasting ? 'to the end' : 'no'
        return answer('violated', evidence, tell(seen, worst, sinceMs, boundMs, lasts))
      }
      if (lasting !== undefined && end.why !== 'finished') {
        return answer('inconclusive', `${evidence}; somebody still waited when the run was cut off`)
      }
      if (holds.began() === undefined && denials === 0) {
        return vacuous(promise, 'nobody ever had to wait', measures)
      }
      return answer('held', evidence)
    },
  }
}

/**
 * If a live client asks and no live client is in its section, some client gets the lock within the bound, counted from
 * when the last fault was over. A client asks from `acquiring` on, through denials, until it gets the lock, crashes or
 * finishes. A live client in its section blocks rightfully, however slow, even if it was told of its loss. `boundMs` is the longest such wait,
 * `takeOverMs` the longest from a holder's crash to the next grant, counted from when somebody asks.
 */
export const deadlockFreedom = defineChecker({
  promise,
  mood: 'eventually',
  summary: 'once faults are over, somebody gets the lock in time whenever it is free and wanted',
  source:
    'Herlihy and Shavit, The Art of Multiprocessor Programming, chapter 2: deadlock-freedom; redis.io, "Distributed Locks with Redis": liveness property A',
  sees: ['denied', ...WAIT_KINDS],
  start: judgeProgress,
})
