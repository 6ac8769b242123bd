/** What a lock costs: alone, in a crowd, and after the death of its holder, each measured in a run of its own. */

import type { AnyAlgorithm } from '#algorithms'
import type { FactEvent } from '#sim'
import { referenceOf } from '../modules/registry.ts'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { PlanInput } from '../plan.ts'
import { run } from '../run.ts'
import type { RunResult } from '../run.ts'
import { roleOf } from '../scenarios/scenario.ts'
import { groupsOf, parametersOf } from '../settle.ts'

/** Measured costs of a lock, with one-way latencies of 1 ms. */
export interface LockCosts {
  /** With nobody else: requests, and round trips that were waited for, by grant. */
  readonly acquireRequests: number
  readonly acquireRoundTrips: number
  readonly releaseRequests: number
  readonly releaseRoundTrips: number
  /** Among the servers, by grant. */
  readonly peerMessages: number
  /** In a crowd of ten: clients woken by each release, and requests of all of them for each grant. */
  readonly crowdWakeUps: number
  readonly crowdRequests: number
  /** From the death of the holder until somebody has the lock; undefined if nobody gets it within ten leases. */
  readonly takeOverMs: number | undefined
  /** The same when the machine loses power, so that nobody is told. */
  readonly takeOverSilentMs: number | undefined
}

const ROUNDS = 4
const CROWD = 10

const runOf = (
  algorithm: AnyAlgorithm,
  input: Omit<PlanInput, 'format' | 'algorithm'>,
  fact: (event: FactEvent) => void = () => undefined,
): RunResult =>
  run(
    parsePlan({
      format: PLAN_FORMAT,
      algorithm: referenceOf(algorithm),
      network: { latencyMs: { minMs: 1, maxMs: 1 } },
      ...input,
    }),
    { algorithm, fact },
  )

const per = (amount: number, count: number): number =>
  count === 0 ? 0 : Math.round((10 * amount) / count) / 10

const takeOver = (
  algorithm: AnyAlgorithm,
  leaseMs: number,
  silent: boolean,
): number | undefined => {
  const { verdicts } = runOf(algorithm, {
    workload: { startMs: [0, leaseMs / 20], workMs: leaseMs / 2, retryMs: leaseMs / 100 },
    horizonMs: leaseMs * 11,
    progressWithinMs: leaseMs * 10,
    faults: [
      {
        kind: 'crash',
        node: 'client-1',
        at: { node: 'client-1', event: 'granted', afterMs: leaseMs / 10 },
        silent,
      },
    ],
  })
  return verdicts.find(({ promise }) => promise === 'deadlock-freedom')?.measures['takeOverMs']
}

/** Measured costs of a commit protocol, with one-way latencies of 1 ms. */
export interface CommitCosts {
  /** Requests of the coordinator, by transaction. */
  readonly requests: number
  /** Among the participants, by transaction. */
  readonly peerMessages: number
  /** Until the coordinator has decided. */
  readonly decidedMs: number
  /** How long a row stays locked in doubt when the coordinator dies before it decides; undefined if for ever. */
  readonly blockedMs: number | undefined
}

/** Measures a commit protocol. */
export const commitCostsOf = (algorithm: AnyAlgorithm): CommitCosts => {
  let decidedMs = 0
  const alone = runOf(algorithm, { clients: 1, rounds: ROUNDS }, ({ kind, atMs }) => {
    if (kind === 'decided' && decidedMs === 0) decidedMs = atMs
  })
  const last = groupsOf(algorithm, undefined).at(-1)?.nodes.at(-1) ?? 'client-1'
  const lost = runOf(algorithm, {
    clients: 1,
    faults: [{ kind: 'crash', node: 'client-1', at: { node: last, event: 'voted' } }],
  })
  const blocked = lost.verdicts.find(({ promise }) => promise === 'blocking')
  const { acquiring, releasing, peerMessages } = alone.costs
  return {
    requests: per(acquiring.requests + releasing.requests, ROUNDS),
    peerMessages: per(peerMessages, ROUNDS),
    decidedMs,
    blockedMs: blocked?.verdict === 'held' ? blocked.measures['blockedMs'] : undefined,
  }
}

/** Measures a lock. */
export const costsOf = (
  algorithm: AnyAlgorithm,
  given: Readonly<Record<string, number | boolean | string>> = {},
): LockCosts => {
  const { leaseMs } = roleOf(algorithm, parametersOf(algorithm, given))
  const workMs = Math.min(leaseMs / 20, 100)
  const alone = runOf(algorithm, {
    clients: 1,
    rounds: ROUNDS,
    workload: { workMs, thinkMs: workMs },
  })
  const crowd = runOf(algorithm, {
    clients: CROWD,
    rounds: ROUNDS,
    workload: { workMs, thinkMs: workMs, retryMs: Math.max(workMs, 50) },
    horizonMs: leaseMs * 100,
  })
  const { acquiring, releasing, peerMessages } = alone.costs
  const { grants, releases } = alone.tally
  return {
    acquireRequests: per(acquiring.requests, grants),
    acquireRoundTrips: per(acquiring.roundTrips, grants),
    releaseRequests: per(releasing.requests, releases),
    releaseRoundTrips: per(releasing.roundTrips, releases),
    peerMessages: per(peerMessages, grants),
    crowdWakeUps: per(crowd.costs.wakeUps, crowd.tally.releases),
    crowdRequests: per(crowd.costs.acquiring.requests, crowd.tally.grants),
    takeOverMs: takeOver(algorithm, leaseMs, false),
    takeOverSilentMs: takeOver(algorithm, leaseMs, true),
  }
}
