/** exclusion/effect: at the protected store, no hold's operations are interleaved with another client's. */

import type { FactEvent, FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, SharedHistory, Witness } from './checker.ts'
import { grantOf, lifeOf, writeSentMs } from './history.ts'
import { cutOff, held, vacuous, violated } from './verdict.ts'
import { countOf, inMs, numeral } from './words.ts'

const promise = 'exclusion/effect'

type Effect = FactOf<'store-read'> | FactOf<'store-written'>
type Triple = readonly [Effect, Effect, Effect]

const did = (effect: Effect): string =>
  effect.kind === 'store-read'
    ? `${effect.client} read ${numeral(effect.value)} at ${inMs(effect.atMs)}`
    : `${effect.client} wrote ${numeral(effect.value)} over ${numeral(effect.before)} at ${inMs(effect.atMs)}`

const tell = (history: readonly FactEvent[], [first, between, last]: Triple): Witness => {
  const sentMs = last.kind === 'store-written' ? writeSentMs(history, last.hold) : undefined
  const late = sentMs !== undefined && sentMs < between.atMs ? `, sent at ${inMs(sentMs)}` : ''
  return {
    events: [first, between, last],
    proof: [
      ...lifeOf(history, first.client, first.hold, last),
      grantOf(history, between.client, between.hold),
      `${did(first)}.`,
      `${did(between)}.`,
      last.kind === 'store-written'
        ? `However, ${did(last)}${late}: this stale write came after ${between.client} had been at the store, so the two sections are interleaved.`
        : `However, ${did(last)}: it looked again after ${between.client} had been at the store, so the two sections are interleaved.`,
    ],
  }
}

const judgeEffect = ({ facts, clients: competition }: SharedHistory): Judgement => {
  const effects: Effect[] = []
  const firstEffect = new Map<string, number>()
  const clients: string[] = []
  let refused = 0
  let violations = 0
  let first: Triple | undefined

  /** The triple x < y < z that ends with the newest effect z, the latest y and x if there are several. */
  const tripleUpTo = (z: Effect, firstOfHold: number): Triple | undefined => {
    for (let middle = effects.length - 1; middle > firstOfHold; middle--) {
      const y = effects[middle]
      if (y === undefined || y.client === z.client) continue
      for (let start = middle - 1; start >= firstOfHold; start--) {
        const x = effects[start]
        if (x === undefined || x.hold !== z.hold) continue
        if (
          x.kind === 'store-written' ||
          y.kind === 'store-written' ||
          z.kind === 'store-written'
        ) {
          return [x, y, z]
        }
      }
    }
    return undefined
  }

  return {
    see(event) {
      switch (event.kind) {
        case 'store-read':
        case 'store-written': {
          if (!clients.includes(event.client)) clients.push(event.client)
          const start = firstEffect.get(event.hold)
          if (start === undefined) firstEffect.set(event.hold, effects.length)
          const triple = start === undefined ? undefined : tripleUpTo(event, start)
          effects.push(event)
          if (triple !== undefined) {
            violations++
            first ??= triple
          }
          break
        }
        case 'store-refused':
          if (!clients.includes(event.client)) clients.push(event.client)
          refused++
          break
        default:
      }
    },
    end(end) {
      const measures = { violations, effects: effects.length, refused }
      const seen = `${countOf(effects.length, 'operation')} by ${countOf(clients.length, 'client')} at the store, ${numeral(refused)} refused`
      if (first !== undefined) {
        return violated(
          promise,
          `${seen}, ${countOf(violations, 'operation')} in a section that another client had broken`,
          measures,
          tell(facts, first),
        )
      }
      if (clients.length < 2) {
        return vacuous(promise, `${seen}: no two clients came to it`, measures)
      }
      if (competition.began() === undefined) {
        return vacuous(promise, `${seen}, but no two clients competed`, measures)
      }
      return held(promise, `${seen}, no section interleaved with another${cutOff(end)}`, measures)
    },
  }
}

/**
 * Violated when x < y < z in the order of the store, x and z of one hold, y of another client's, and at least one of the
 * three a write. Reads count: a holder that read, then was overtaken, computes from what is no longer
 * true. Independent of belief: a late write breaks it when nobody else believed, and a store that
 * refuses stale writes keeps it when two do.
 */
export const exclusionEffect = defineChecker({
  promise,
  mood: 'always',
  summary: "at the store, one hold's operations are never interleaved with another client's",
  source:
    'Martin Kleppmann, How to do distributed locking (2016): "Protecting a resource with a lock"',
  sees: ['store-read', 'store-written', 'store-refused'],
  start: (_header, history) => judgeEffect(history),
})
