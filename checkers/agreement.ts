/** agreement: nobody commits a transaction that another aborts. */

import type { FactEvent, FactOf } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, SharedHistory } from './checker.ts'
import { crashOf, crashText, decisionOf } from './doubts.ts'
import { cutOff, held, inTraceOrder, vacuous, violated } from './verdict.ts'
import { countOf } from './words.ts'

const promise = 'agreement'

interface Decisions {
  readonly nodes: Set<string>
  commit: FactOf<'decided'> | undefined
  abort: FactOf<'decided'> | undefined
}

const judgeAgreement = ({ facts }: SharedHistory): Judgement => {
  const transactions = new Map<string, Decisions>()
  let violations = 0
  let first: readonly [FactOf<'decided'>, FactOf<'decided'>] | undefined

  return {
    see(event: FactEvent) {
      if (event.kind !== 'decided') return
      let known = transactions.get(event.hold)
      if (known === undefined) {
        known = { nodes: new Set(), commit: undefined, abort: undefined }
        transactions.set(event.hold, known)
      }
      known.nodes.add(event.node)
      const agreed = known.commit === undefined || known.abort === undefined
      known[event.decision] ??= event
      const { commit, abort } = known
      if (!agreed || commit === undefined || abort === undefined) return
      violations++
      first ??= event === commit ? [abort, commit] : [commit, abort]
    },
    end(end) {
      const shared = [...transactions.values()].filter(({ nodes }) => nodes.size > 1).length
      const measures = { violations, transactions: shared }
      if (shared === 0) {
        return vacuous(promise, 'no transaction was decided by two processes', measures)
      }
      const evidence = `${countOf(shared, 'transaction')} decided by several, ${violations} in two ways`
      if (first === undefined) return held(promise, `${evidence}${cutOff(end)}`, measures)
      const [one, other] = first
      const crash = crashOf(facts, one.client, other.atMs)
      return violated(promise, evidence, measures, {
        events: inTraceOrder(facts, [one, other]),
        proof: [
          ...(crash === undefined ? [] : [crashText(crash)]),
          decisionOf(one),
          decisionOf(other),
          `However, ${one.hold} is one transaction: it is done everywhere or nowhere.`,
        ],
      })
    },
  }
}

/** Uniform: what a process decided counts even if it crashed right after. Coordinators are processes too. */
export const agreement = defineChecker({
  promise,
  about: 'commits',
  mood: 'always',
  summary: 'no process commits a transaction that another aborts',
  source:
    'Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems (1987), section 7.3: AC1 and AC2',
  sees: ['decided'],
  start: (_header, history) => judgeAgreement(history),
})
