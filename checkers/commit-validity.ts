/** commit-validity: a transaction is committed only if every participant voted yes. */

import type { FactEvent } from '#sim'
import { defineChecker } from './checker.ts'
import type { Judgement, RunHeader, SharedHistory } from './checker.ts'
import { decisionOf } from './doubts.ts'
import { cutOff, held, inTraceOrder, vacuous, violated } from './verdict.ts'
import { countOf, inMs } from './words.ts'

const promise = 'commit-validity'

interface Ballot {
  readonly began: FactEvent
  readonly yes: Set<string>
  no: FactEvent | undefined
  commit: FactEvent | undefined
}

/** A commit against the votes. */
interface Breach {
  readonly ballot: Ballot
  readonly commit: FactEvent
  readonly missing: readonly string[]
}

const judgeVotes = ({ servers }: RunHeader, { facts }: SharedHistory): Judgement => {
  const ballots = new Map<string, Ballot>()
  let violations = 0
  let first: Breach | undefined

  const see = (event: FactEvent): void => {
    if (event.kind === 'transaction-began') {
      ballots.set(event.hold, { began: event, yes: new Set(), no: undefined, commit: undefined })
      return
    }
    const ballot = 'hold' in event ? ballots.get(event.hold) : undefined
    if (ballot === undefined) return
    if (event.kind === 'voted') {
      if (event.vote === 'yes') ballot.yes.add(event.node)
      else ballot.no ??= event
    } else if (event.kind === 'decided' && event.decision === 'commit') {
      if (ballot.commit !== undefined) return
      ballot.commit = event
      const missing = servers.filter((server) => !ballot.yes.has(server))
      if (missing.length === 0) return
      violations++
      first ??= { ballot, commit: event, missing }
    }
  }

  return {
    see,
    end(end) {
      const all = [...ballots.values()]
      const lacking = all.filter(({ yes }) => yes.size < servers.length).length
      const measures = { violations, lacking }
      if (lacking === 0) return vacuous(promise, 'everybody voted yes on everything', measures)
      const evidence = `${countOf(lacking, 'transaction')} without every yes, ${violations} committed all the same`
      if (first === undefined) return held(promise, `${evidence}${cutOff(end)}`, measures)
      const { ballot, commit, missing } = first
      const { began, no } = ballot
      return violated(promise, evidence, measures, {
        events: inTraceOrder(facts, [no ?? began, commit]),
        proof: [
          no === undefined
            ? `${began.node} began the transaction at ${inMs(began.atMs)}.`
            : `${no.node} voted no at ${inMs(no.atMs)}.`,
          decisionOf(commit),
          `However, ${missing.join(', ')} had not voted yes.`,
        ],
      })
    },
  }
}

/** Silence is no yes. It says nothing of what must happen when all vote yes. */
export const commitValidity = defineChecker({
  promise,
  about: 'commits',
  mood: 'always',
  summary: 'a transaction is committed only if every participant voted yes',
  occasional: true,
  source:
    'Bernstein, Hadzilacos, Goodman, Concurrency Control and Recovery in Database Systems (1987), section 7.3: AC3',
  sees: ['transaction-began', 'voted', 'decided'],
  start: judgeVotes,
})
