/** Sequences of the DynamoDB lock client: a lease that each observer measures with its own monotonic clock. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS, lost } from './timelines.ts'

// The lease and the heartbeat of the README's example.
const LEASE = { leaseMs: 10_000, heartbeatMs: 3_000 } as const

/** The holder stands still from just after its grant, for longer than the lease. */
const paused: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  parameters: LEASE,
  workload: { startMs: [0, 1_000], workMs: 500 },
  faults: [
    {
      kind: 'pause',
      node: 'client-1',
      at: { node: 'client-1', event: 'read-returned', afterMs: 100 },
      forMs: 24_000,
    },
  ],
}

const fastClock = (heartbeatMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { leaseMs: 10_000, heartbeatMs },
  workload: { startMs: [0, 500], workMs: 9_000 },
  clocks: { 'client-2': { driftPpm: 3_000_000 } },
})

/** The first conditional put is applied and its answer is lost; the SDK says it again. */
const lostPut = (adoptOwn: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { ...LEASE, adoptOwn },
  workload: { startMs: [0, 100], workMs: 500 },
  progressWithinMs: 5_000,
  faults: [lost('put', 'dynamodb', 'client-1')],
})

/** The answers to one heartbeat are lost, to all attempts of the SDK. */
const lostHeartbeat = (acceptAttempted: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { ...LEASE, sdkAttempts: 1, acceptAttempted },
  workload: { startMs: [0, 100], workMs: 25_000 },
  faults: [
    {
      kind: 'message',
      from: 'dynamodb',
      to: 'client-1',
      operation: 'update',
      action: 'lose',
      at: GRANTED,
    },
  ],
})

const shortLived = (remembers: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { ...LEASE, skipWait: true, remembers },
  workload: { startMs: [0, 100], workMs: 1_000, retryMs: 500 },
  progressWithinMs: 30_000,
  horizonMs: 120_000,
  faults: [{ kind: 'crash', node: 'client-1', at: { node: 'client-1', event: 'read-returned' } }],
})

/** A heartbeat is on its way when the release begins, and its answer comes late. */
const releaseBesideHeartbeat = (serialised: boolean): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { ...LEASE, serialised },
  workload: { startMs: [0, 100], workMs: 3_100 },
  progressWithinMs: 5_000,
  faults: [
    {
      kind: 'message',
      from: 'dynamodb',
      to: 'client-1',
      operation: 'update',
      action: 'delay',
      byMs: 500,
      at: GRANTED,
    },
  ],
})

/** awslabs AmazonDynamoDBLockClient, its issues, and what follows from them. */
export const b10 = defineSequences('B10', 'DynamoDB lock client', [
  {
    row: 'B10.1',
    tells:
      'the holder stands still past its lease, another sees the version stand still and takes the item, the first wakes up and writes',
    lock: 'dynamodb-lease',
    plan: paused,
    shows: {
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
      'exclusion/validity': 'held',
    },
    repaired: {
      how: 'ask isExpired before the write; a pause between the question and the write would still break it',
      plan: { ...paused, workload: { ...paused.workload, careful: true } },
      shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B10.2',
    tells:
      'the clock of the one that waits runs four times as fast: its lease is over between two heartbeats, and it takes a living lock',
    lock: 'dynamodb-lease',
    plan: fastClock(3_000),
    shows: { 'exclusion/validity': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a heartbeat every two seconds, more often than the fast lease of two and a half',
      plan: fastClock(2_000),
      shows: { 'exclusion/validity': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B10.3',
    tells:
      'the put is applied and its answer lost; the SDK says it again, fails on its own version, and everybody waits a lease for nobody',
    lock: 'dynamodb-lease',
    plan: lostPut(false),
    shows: { 'deadlock-freedom': 'violated', 'exclusion/belief': 'held' },
    repaired: {
      how: 'know the versions that one has tried to write',
      plan: lostPut(true),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B10.3b',
    tells:
      'the same with a heartbeat (cirello-io/dynamolock#280): it is applied, unanswered, and the next fails on the version that the holder itself has written',
    lock: 'dynamodb-lease',
    plan: lostHeartbeat(false),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'a heartbeat accepts every version that one has tried to write',
      plan: lostHeartbeat(true),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B10.4',
    tells:
      'the holder dies; processes that live for one attempt only never see the version stand still for a lease',
    lock: 'dynamodb-lease',
    plan: shortLived(false),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'one process remembers what it saw from attempt to attempt',
      plan: shortLived(true),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B10.5',
    tells:
      'the holder wakes up after the item was taken and releases: owner and version do not match',
    lock: 'dynamodb-lease',
    plan: paused,
    shows: { ownership: 'held' },
    note: 'A heartbeat behind a release cannot bring an item back: its condition names owner and version, and a deleted item has none. With isReleased the version stays, so the heartbeat is accepted, but the mark stays as well. What pull request #116 mends is the holder’s own idea of its item.',
  },
  {
    row: 'B10.5b',
    tells:
      'a release begins while a heartbeat is under way (tristanls/dynamodb-lock-client#21): it names the version before, fails, and the item stays for a lease',
    lock: 'dynamodb-lease',
    plan: releaseBesideHeartbeat(false),
    shows: { 'deadlock-freedom': 'violated', ownership: 'held' },
    repaired: {
      how: 'heartbeat and release exclude one another',
      plan: releaseBesideHeartbeat(true),
      shows: { 'deadlock-freedom': 'held', ownership: 'held' },
    },
  },
])
