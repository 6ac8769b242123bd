/** Mutants of the commit protocols and of their participants. */

import type { AnyMutant, PlanProbe } from './mutant.ts'

/** The first has pre-committed and dies with the coordinator; the others abort and die; then the first is back. */
const backWhenAllAreGone = {
  clients: 1,
  network: { latencyMs: { minMs: 1, maxMs: 1 } },
  parameters: { betweenSendsMs: 4 },
  faults: [
    { kind: 'crash', node: 'client-1', at: { node: 'participant-1', event: 'pre-committed' } },
    {
      kind: 'crash',
      node: 'participant-1',
      at: { node: 'participant-1', event: 'pre-committed' },
      forMs: 1_000,
    },
    { kind: 'crash', node: 'participant-2', at: { node: 'participant-3', event: 'decided' } },
    { kind: 'crash', node: 'participant-3', at: { node: 'participant-3', event: 'decided' } },
  ],
} satisfies PlanProbe['plan']

/** One or two a rule. */
export const commitMutants: readonly AnyMutant[] = [
  {
    fault: 'silence is a yes',
    file: 'algorithms/commit-rounds.ts',
    find: "reply.ok && reply.value !== 'aborted'",
    replace: "!reply.ok || reply.value !== 'aborted'",
    probe: { lock: 'two-phase-commit', under: 'partition', promise: 'commit-validity' },
  },
  {
    fault: 'one yes will do',
    file: 'algorithms/two-phase-commit.ts',
    find: 'votes.every(isYes)',
    replace: 'votes.some(isYes)',
    probe: { sequence: 'A19.3/repaired' },
  },
  {
    fault: 'the decision is sent before it is in the log',
    file: 'algorithms/two-phase-commit.ts',
    find: "if (decision === 'commit')",
    replace: 'if (false)',
    probe: {
      lock: 'two-phase-commit',
      scenario: 'coordinator-crash-mid-decision',
      promise: 'agreement',
    },
  },
  {
    fault: 'a coordinator that is back commits what it had only begun',
    file: 'algorithms/two-phase-commit.ts',
    find: "record === 'commit' ? 'commit' : 'abort'",
    replace: "record === 'abort' ? 'abort' : 'commit'",
    probe: { lock: 'two-phase-commit', under: 'client-crash', promise: 'commit-validity' },
  },
  {
    fault: 'the decision is told once, and not again to those who did not hear it',
    file: 'algorithms/commit-rounds.ts',
    find: 'if (left.length === 0)',
    replace: 'if (true)',
    probe: { lock: 'two-phase-commit', under: 'partition', promise: 'termination' },
  },
  {
    fault: 'what the participants did without it is no concern of a coordinator that is back',
    file: 'algorithms/three-phase-commit.ts',
    find: "record === 'pre-commit'",
    replace: 'false',
    probe: { lock: 'three-phase-commit', under: 'client-crash', promise: 'agreement' },
  },
  {
    fault: 'the coordinator does not look whether one has aborted at the pre-commit',
    file: 'algorithms/three-phase-commit.ts',
    find: "if (stages.includes('aborted'))",
    replace: "if (stages.includes('never'))",
    probe: {
      lock: 'three-phase-commit',
      under: 'client-pause',
      promise: 'agreement',
    },
  },
  {
    fault: 'the row is free as soon as the vote is cast',
    file: 'sim/services/participant/transactions.ts',
    find: "state.options.executesAt === 'vote'",
    replace: 'false',
    probe: { sequence: 'A20.R3/repaired' },
  },
  {
    fault: 'an abort for a transaction that it does not know is forgotten',
    file: 'sim/services/participant/transactions.ts',
    find: "decide(state, transaction, 'abort', 'coordinator', nowMs, out)",
    replace: "if (known) decide(state, transaction, 'abort', 'coordinator', nowMs, out)",
    probe: { lock: 'two-phase-commit', under: 'late-message', promise: 'termination' },
  },
  {
    fault: 'the new coordinator does not ask whether anybody has pre-committed',
    file: 'sim/services/participant/termination.ts',
    find: "stages.has('pre-committed')",
    replace: 'false',
    probe: {
      lock: 'three-phase-commit',
      promise: 'agreement',
      plan: {
        clients: 1,
        faults: [{ kind: 'crash', node: 'client-1', at: { node: 'client-1', event: 'decided' } }],
      },
    },
  },
  {
    fault: 'a participant that was down counts as one that has heard everything',
    file: 'sim/services/participant/participant.ts',
    find: 'transaction.isRecovering = true',
    replace: 'transaction.isRecovering = false',
    probe: { lock: 'three-phase-commit', promise: 'agreement', plan: backWhenAllAreGone },
  },
  {
    fault: 'by its stage it aborts what it has pre-committed',
    file: 'sim/services/participant/termination.ts',
    find: "transaction.stage === 'pre-committed' ? 'commit' : 'abort'",
    replace: "transaction.stage === 'pre-committed' ? 'abort' : 'abort'",
    probe: { sequence: 'A20.R1/repaired' },
  },
  {
    fault: 'a run ends with its last coordinator',
    file: 'runs/run.ts',
    find: 'play.deserted?.()',
    replace: 'world.kernel.halt()',
    probe: { sequence: 'A20.3/repaired' },
  },
  {
    fault: 'a vote is forgotten in a crash',
    file: 'sim/services/participant/participant.ts',
    find: 'state.waiting = []',
    replace: 'state.waiting = []; state.open = []; state.transactions.clear(); state.locks.clear()',
    probe: { lock: 'two-phase-commit', scenario: 'participant-crash', promise: 'termination' },
  },
  {
    fault: 'a row is locked by two transactions',
    file: 'sim/services/participant/transactions.ts',
    find: '!transaction.isLocking && locks.has(transaction.row)',
    replace: 'false',
    probe: { sequence: 'A20.2' },
  },
  {
    fault: 'aborts after a restart whatever the log says',
    file: 'algorithms/two-phase-commit.ts',
    find: "record === 'commit' ? 'commit' : 'abort'",
    replace: "'abort'",
    probe: {
      lock: 'two-phase-commit',
      scenario: 'coordinator-crash-mid-decision',
      promise: 'agreement',
    },
  },
  {
    fault: 'a no counts as a yes',
    file: 'algorithms/commit-rounds.ts',
    find: "reply.ok && reply.value !== 'aborted'",
    replace: 'reply.ok',
    probe: { lock: 'two-phase-commit', scenario: 'commit-calm', promise: 'commit-validity' },
  },
  {
    fault: 'one yes suffices',
    file: 'algorithms/three-phase-commit.ts',
    find: 'votes.every(isYes)',
    replace: 'votes.some(isYes)',
    probe: { lock: 'three-phase-commit', under: 'late-message', promise: 'commit-validity' },
  },
  {
    fault: 'all become coordinators at the same time',
    file: 'sim/services/participant/state.ts',
    find: 'timeoutMs * (1 + index)',
    replace: 'timeoutMs',
    probe: { lock: 'three-phase-commit', scenario: 'coordinator-crash', promise: 'blocking' },
  },
]
