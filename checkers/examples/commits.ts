/** Traces of commit protocols, written by hand: one transaction of one coordinator and two participants. */

import type { DecisionCause, FactEvent } from '#sim'
import { at, finished, header } from './example.ts'
import type { Example } from './example.ts'

const client = 'client-1'
const hold = 'client-1#1'

/** A run with two participants. */
export const commitHeader = {
  ...header,
  clients: [client],
  servers: ['participant-1', 'participant-2'],
  progressWithinMs: 1_000,
}

/** The coordinator takes the transaction on. */
export const began = (atMs: number): FactEvent =>
  at(atMs, client, { kind: 'transaction-began', hold })

/** The participant of this number votes. */
export const votes = (atMs: number, number: number, vote: 'yes' | 'no', locked = true): FactEvent =>
  at(atMs, `participant-${number}`, { kind: 'voted', client, hold, vote, locked })

/** The participant of this number pre-commits. */
export const preCommits = (atMs: number, number: number): FactEvent =>
  at(atMs, `participant-${number}`, { kind: 'pre-committed', client, hold })

/** The participant of this number, or the coordinator (0), decides. */
export const decides = (
  atMs: number,
  number: number,
  decision: 'commit' | 'abort',
  cause: DecisionCause = number === 0 ? 'votes' : 'coordinator',
): FactEvent =>
  at(atMs, number === 0 ? client : `participant-${number}`, {
    kind: 'decided',
    client,
    hold,
    decision,
    cause,
  })

/** A fault strikes a node. */
export const struck = (atMs: number, node: string): FactEvent =>
  at(atMs, node, { kind: 'fault-began', fault: 0, what: 'crash', text: `${node} crashes` })

/** The coordinator dies. */
const coordinatorDies = (atMs: number): FactEvent =>
  at(atMs, client, { kind: 'crashed', silent: true })

/** One votes no, everybody aborts, and a fault strikes meanwhile: every promise holds. */
export const goodCommit: Example = {
  header: { ...commitHeader, faults: 1 },
  events: [
    began(0),
    votes(2, 1, 'yes'),
    struck(2, 'participant-2'),
    votes(3, 2, 'no'),
    decides(3, 2, 'abort', 'votes'),
    decides(5, 0, 'abort'),
    decides(7, 1, 'abort'),
    at(7, client, { kind: 'finished' }),
  ],
  end: { ...finished(8), faultsOverAtMs: 4 },
}

/** The coordinator dies before it has told anybody, and comes back no more: whoever voted yes waits. */
export const deadCoordinator: Example = {
  header: { ...commitHeader, faults: 1 },
  events: [began(0), votes(2, 1, 'yes'), votes(3, 2, 'yes'), struck(4, client), coordinatorDies(4)],
  end: { atMs: 4, why: 'finished', idle: true, faultsOverAtMs: 4 },
}

/** One commits when its patience ends, the other aborts. */
export const twoMinds: Example = {
  header: { ...commitHeader, faults: 1 },
  events: [
    began(0),
    votes(2, 1, 'yes'),
    votes(3, 2, 'yes'),
    preCommits(5, 1),
    struck(6, client),
    coordinatorDies(6),
    decides(103, 2, 'abort', 'timeout'),
    decides(105, 1, 'commit', 'timeout'),
  ],
  end: finished(105),
}

/** The coordinator commits although one voted no. */
export const outvoted: Example = {
  header: commitHeader,
  events: [
    began(0),
    votes(2, 1, 'yes'),
    votes(3, 2, 'no'),
    decides(3, 2, 'abort', 'votes'),
    decides(5, 0, 'commit'),
    decides(7, 1, 'commit'),
  ],
  end: finished(8),
}

/** For each promise of commit protocols, a trace that keeps it and one that does not. */
export const commitExamples = {
  agreement: { holds: goodCommit, breaks: twoMinds },
  'commit-validity': { holds: goodCommit, breaks: outvoted },
  blocking: { holds: goodCommit, breaks: deadCoordinator },
  termination: { holds: goodCommit, breaks: deadCoordinator },
} as const
