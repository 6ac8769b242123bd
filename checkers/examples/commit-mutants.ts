/** Checkers of commit protocols broken on purpose: what each would do wrong, and the trace that tells. */

import type { FactEvent, FactKind } from '#sim'
import type { RunHeader } from '../checker.ts'
import {
  began,
  commitHeader,
  decides,
  goodCommit,
  outvoted,
  preCommits,
  struck,
  twoMinds,
  votes,
} from './commits.ts'
import { at } from './example.ts'

type Change = (event: FactEvent) => FactEvent | undefined

interface CommitMutant {
  readonly fault: string
  readonly change: Change
  readonly trace: readonly FactEvent[]
  readonly header: Partial<RunHeader>
}

const blindTo =
  (...kinds: readonly FactKind[]): Change =>
  (event) =>
    kinds.includes(event.kind) ? undefined : event

const mutant = (fault: string, change: Change, trace: readonly FactEvent[]): CommitMutant => ({
  fault,
  change,
  trace,
  header: commitHeader,
})

const node = 'participant-1'
const down = (atMs: number): FactEvent => at(atMs, node, { kind: 'crashed', silent: false })
const back = (atMs: number): FactEvent => at(atMs, node, { kind: 'restarted' })
const estimate = [
  began(0),
  votes(2, 1, 'yes', false),
  votes(2, 2, 'no', false),
  struck(3, 'client-1'),
]

/** For each promise of commit protocols. */
export const commitMutants = {
  agreement: [
    mutant(
      'misses those who decide on their own',
      (event) => (event.kind === 'decided' && event.cause === 'timeout' ? undefined : event),
      twoMinds.events,
    ),
    mutant(
      'looks at participants only',
      (event) => (event.kind === 'decided' && event.node === event.client ? undefined : event),
      [began(0), decides(3, 2, 'abort', 'votes'), decides(5, 0, 'commit')],
    ),
    mutant(
      'takes every decision for a commit',
      (event) => (event.kind === 'decided' ? { ...event, decision: 'commit' } : event),
      twoMinds.events,
    ),
  ],
  'commit-validity': [
    mutant(
      'takes a no for a yes',
      (event) => (event.kind === 'voted' ? { ...event, vote: 'yes' } : event),
      outvoted.events,
    ),
    mutant('misses votes', blindTo('voted'), [
      began(0),
      votes(2, 1, 'yes'),
      votes(2, 2, 'yes'),
      decides(5, 0, 'commit'),
    ]),
    mutant(
      'looks at the coordinator only',
      (event) => (event.kind === 'decided' && event.node !== event.client ? undefined : event),
      [began(0), votes(2, 1, 'yes'), decides(100, 1, 'commit', 'timeout')],
    ),
  ],
  blocking: [
    mutant('misses decisions', blindTo('decided'), goodCommit.events),
    mutant(
      'counts doubts without a lock',
      (event) => (event.kind === 'voted' ? { ...event, locked: true } : event),
      [...estimate, decides(5_000, 1, 'abort')],
    ),
    mutant('misses pre-commits', blindTo('pre-committed'), [
      ...estimate,
      preCommits(5, 1),
      decides(5_000, 1, 'commit'),
    ]),
    mutant('counts the time of who is down', blindTo('crashed', 'restarted'), [
      ...goodCommit.events.slice(0, 5),
      down(10),
      back(5_000),
      decides(5_100, 1, 'abort'),
    ]),
  ],
  termination: [
    mutant('misses decisions', blindTo('decided'), goodCommit.events),
    mutant('forgets who was down', blindTo('restarted'), [
      ...goodCommit.events.slice(0, 5),
      down(10),
      back(20),
    ]),
    mutant('waits for the dead', blindTo('crashed'), [...goodCommit.events.slice(0, 5), down(10)]),
  ],
} as const
