/** reentrancy: the holder can take the lock again, and releasing that does not free what it still holds. */

import type { FactEvent, FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory } from './checker.ts'
import { grantOf } from './history.ts'
import { cutOff, held, inTraceOrder, notOffered, vacuous, violated } from './verdict.ts'
import { countOf, inMs } from './words.ts'

const promise = 'reentrancy'

interface Breach {
  readonly events: readonly (FactEvent | undefined)[]
  readonly proof: readonly string[]
}

const judgeReentry = (header: RunHeader, { facts }: SharedHistory): Judgement => {
  const boundMs = header.progressWithinMs
  /** Holds whose client waits to be let in again. */
  const reentering = new Map<string, FactOf<'reentering'>>()
  /** Holds whose inner grant was given back, while the outer is still held. */
  const outer = new Map<string, FactOf<'leaving-inner'>>()
  const served = new Map<string, FactOf<'service-granted'>>()
  const crashes = new Map<string, FactEvent>()
  let activeFaults = 0
  let disturbed = false
  let attempts = 0
  let entered = 0
  let tokensChanged = 0
  let breaches = 0
  let first: Breach | undefined
  const tokens = new Map<string, number | undefined>()

  const breach = (events: readonly (FactEvent | undefined)[], proof: readonly string[]): void => {
    breaches++
    first ??= { events, proof }
  }

  const denied = (event: FactOf<'reentry-denied'>): void => {
    const asked = reentering.get(event.hold)
    reentering.delete(event.hold)
    const grant = served.get(event.hold)
    // Under faults an attempt may fail, as any attempt may, and whoever has lost the lock cannot re-enter it.
    if (disturbed || grant === undefined) return
    breach(
      [grant, asked, event],
      [
        grantOf(facts, event.node, event.hold),
        `It asked for it once more at ${inMs(asked?.atMs ?? event.atMs)}.`,
        `However, it was turned away at ${inMs(event.atMs)}, although the lock was its own.`,
      ],
    )
  }

  const granted = (event: FactOf<'granted'>): void => {
    tokens.set(event.hold, event.token)
    if (served.has(event.hold)) return
    const crash = crashes.get(event.node)
    for (const [hold, grant] of served) {
      // A former life that went down with the lock is not the one that asks now.
      if (grant.client !== event.node || crash === undefined || crash.atMs < grant.atMs) continue
      breach(
        [grant, crash, event],
        [
          `${grant.node} had the lock granted to ${grant.client} from ${inMs(grant.atMs)} on (${hold}).`,
          `${grant.client} crashed at ${inMs(crash.atMs)}, and its work with it.`,
          `However, its next life was let in at ${inMs(event.atMs)} (${event.hold}) as if it were the holder that had died.`,
        ],
      )
    }
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'service-granted':
          served.set(event.hold, event)
          break
        case 'service-revoked': {
          const leaving = outer.get(event.hold)
          served.delete(event.hold)
          // A release may also end the session that the outer hold lives in.
          if (event.cause !== 'request' && event.cause !== 'session-ended') break
          if (leaving === undefined || event.by?.hold !== event.hold) break
          outer.delete(event.hold)
          breach(
            [leaving, event],
            [
              grantOf(facts, event.client, event.hold),
              `It took it once more and began to release the inner grant at ${inMs(leaving.atMs)}.`,
              `However, ${event.node} freed the whole lock at ${inMs(event.atMs)}, while ${event.client} was still in its outer section.`,
            ],
          )
          break
        }
        case 'granted':
          granted(event)
          break
        case 'reentering':
          attempts++
          disturbed = activeFaults > 0
          reentering.set(event.hold, event)
          break
        case 'reentered':
          entered++
          reentering.delete(event.hold)
          if (event.token !== tokens.get(event.hold)) tokensChanged++
          break
        case 'reentry-denied':
          denied(event)
          break
        case 'leaving-inner':
          outer.set(event.hold, event)
          break
        case 'releasing':
          outer.delete(event.hold)
          break
        case 'crashed':
          crashes.set(event.node, event)
          for (const [hold, left] of outer) if (left.node === event.node) outer.delete(hold)
          for (const [hold, asked] of reentering)
            if (asked.node === event.node) reentering.delete(hold)
          break
        case 'fault-began':
          activeFaults++
          disturbed = true
          break
        case 'fault-ended':
          activeFaults--
          break
        default:
      }
    },
    end(end) {
      let waits = 0
      for (const asked of reentering.values()) {
        const sinceMs = Math.max(asked.atMs, end.faultsOverAtMs)
        if (end.idle !== true && end.atMs - sinceMs < boundMs) {
          waits++
          continue
        }
        breach(
          [served.get(asked.hold), asked, facts.at(-1)],
          [
            grantOf(facts, asked.node, asked.hold),
            `It asked for it once more at ${inMs(asked.atMs)}.`,
            `However, it had no answer up to ${inMs(end.atMs)}${end.idle === true ? ', and nothing was left that could happen' : ''}: it waits for itself.`,
          ],
        )
      }
      const measures = { violations: breaches, attempts, entered, tokensChanged }
      const evidence = `${countOf(attempts, 'attempt')} to take it again, ${entered} let in`
      if (first !== undefined) {
        return violated(
          promise,
          `${evidence}, ${countOf(breaches, 'breach', 'breaches')}`,
          measures,
          {
            events: inTraceOrder(facts, first.events),
            proof: first.proof,
          },
        )
      }
      if (entered === 0) return vacuous(promise, 'no holder took the lock again', measures)
      const news =
        tokensChanged === 0 ? '' : `; ${countOf(tokensChanged, 'inner grant')} had another token`
      const open = waits === 0 ? '' : `; ${countOf(waits, 'attempt')} still waited`
      return held(promise, `${evidence}${news}${open}${cutOff(end)}`, measures)
    },
  }
}

const notOfferedAt: Judgement = {
  see() {},
  end: () => notOffered(promise, 'the lock does not say that its holder may take it again'),
}

/**
 * Judged where the workload nests (`workload.nested`). Broken when the holder is turned away or waits for itself with no
 * fault in sight, when the release of the inner grant frees the outer, and when a new life of a crashed client
 * inherits the lock of the old one. That an inner grant has another token is counted (`tokensChanged`), not judged.
 */
export const reentrancy = defineChecker({
  promise,
  mood: 'always',
  summary: 'the holder can take the lock again, and only the last release frees it',
  occasional: true,
  source: 'Jepsen, ReentrantMutex and ReentrantFencedMutex models (Hazelcast tests)',
  sees: [
    'service-granted',
    'service-revoked',
    'granted',
    'reentering',
    'reentered',
    'reentry-denied',
    'leaving-inner',
    'releasing',
    'crashed',
    'fault-began',
    'fault-ended',
  ],
  start: (header, history) => (header.offersReentry ? judgeReentry(header, history) : notOfferedAt),
})
