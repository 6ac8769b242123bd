/** Sequences of two-phase commit: blocked without its coordinator, and what becomes of it when somebody will not wait. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS } from './timelines.ts'

/** Ten participants; the coordinator tells five of them to commit, one a millisecond, and dies. */
const toldFiveOfTen: SequencePlan = {
  clients: 1,
  servers: 10,
  network: ONE_MS,
  progressWithinMs: 5_000,
  faults: [
    {
      kind: 'crash',
      node: 'client-1',
      at: { node: 'client-1', event: 'decided', afterMs: 4.5 },
    },
  ],
}

const allButNoWord = { node: 'participant-3', event: 'voted' } as const

/** 聂鹏程 (Nie Pengcheng), Geekbang, questions and answers no. 14. */
export const a19 = defineSequences('A19', 'two-phase commit', [
  {
    row: 'A19.1',
    tells: 'all vote yes and lock their rows, the coordinator dies before it sends a decision',
    lock: 'two-phase-commit',
    plan: {
      clients: 1,
      network: ONE_MS,
      progressWithinMs: 5_000,
      faults: [{ kind: 'crash', node: 'client-1', at: allButNoWord }],
    },
    shows: { termination: 'violated', blocking: 'violated' },
    repaired: {
      how: 'the coordinator comes back, finds no commit record in its log and aborts',
      plan: {
        clients: 1,
        network: ONE_MS,
        progressWithinMs: 5_000,
        faults: [{ kind: 'crash', node: 'client-1', at: allButNoWord, forMs: 10_000 }],
      },
      shows: { termination: 'held', agreement: 'held', blocking: 'violated' },
    },
  },
  {
    row: 'A19.2',
    tells: 'five of ten are told to commit, the others abort when their patience ends',
    lock: 'two-phase-commit',
    plan: { ...toldFiveOfTen, parameters: { onTimeout: 'abort' } },
    shows: { agreement: 'violated', blocking: 'held', termination: 'held' },
    repaired: {
      how: 'who has voted yes asks the others instead, and learns of the commit',
      plan: { ...toldFiveOfTen, parameters: { onTimeout: 'ask' } },
      shows: { agreement: 'held', blocking: 'held', termination: 'held' },
    },
  },
  {
    row: 'A19.3',
    tells: 'six of ten vote yes, a majority, and the coordinator commits; four have aborted',
    lock: 'majority-commit',
    plan: {
      clients: 1,
      servers: 10,
      network: ONE_MS,
      services: { participant: { votesNo: 4 } },
    },
    shows: { agreement: 'violated', 'commit-validity': 'violated' },
    repaired: {
      how: 'all must vote yes',
      lock: 'two-phase-commit',
      plan: {
        clients: 1,
        servers: 10,
        network: ONE_MS,
        services: { participant: { votesNo: 4 } },
      },
      shows: { agreement: 'held', 'commit-validity': 'held' },
    },
  },
  {
    row: 'A19.R1',
    tells: 'the coordinator dies when it has told five of ten: five commit, five are blocked',
    lock: 'two-phase-commit',
    plan: toldFiveOfTen,
    shows: { agreement: 'held', blocking: 'violated', termination: 'violated' },
    note: 'The article’s own case. Nobody disagrees: those who are blocked have not decided.',
  },
])
