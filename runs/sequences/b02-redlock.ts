/** Sequences of Redlock as its page describes it. */

import { slowLink } from './a12-redlock-told.ts'
import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS } from './timelines.ts'

/** Each client reaches two of four servers first, every time. */
const lockStep = {
  clients: 2,
  servers: 4,
  network: ONE_MS,
  parameters: { attemptsMax: 10_000, retryJitter: false },
  faults: [
    slowLink('client-1', 'redis-3'),
    slowLink('client-1', 'redis-4'),
    slowLink('client-2', 'redis-1'),
    slowLink('client-2', 'redis-2'),
  ],
} satisfies SequencePlan

/** client-1 gets two votes and dies before it can take them back; a third server is down. */
const orphan = {
  clients: 2,
  workload: { startMs: [0, 100] },
  progressWithinMs: 5_000,
  faults: [
    {
      kind: 'partition',
      groups: [['client-1'], ['redis-3', 'redis-4', 'redis-5']],
      at: 0,
      forMs: 50,
    },
    { kind: 'crash', node: 'client-1', at: 20 },
    { kind: 'crash', node: 'redis-5', at: 60 },
  ],
} satisfies SequencePlan

const late = (to: string) =>
  ({
    kind: 'message',
    action: 'delay',
    from: 'client-1',
    to,
    operation: 'set',
    at: 0,
    byMs: 5_000,
  }) as const

/** Three requests of client-1's first attempt arrive after it has unlocked; client-2 comes then. */
const lateRequests = {
  clients: 2,
  workload: { startMs: [0, 5_500] },
  progressWithinMs: 5_000,
  faults: [late('redis-3'), late('redis-4'), late('redis-5')],
} satisfies SequencePlan

/** redis docs/manual/patterns/distributed-locks.md, "The Redlock algorithm". */
export const b02 = defineSequences('B2', 'Redlock', [
  {
    row: 'B2.1',
    tells: 'inside the validity time nobody else is, even if the holder stands still past it',
    lock: 'redlock',
    plan: { scenario: 'gc-pause' },
    shows: { 'exclusion/validity': 'held', 'exclusion/effect': 'violated', ownership: 'held' },
    note: 'The promise is about the validity time only: the client that wakes up writes all the same.',
  },
  {
    row: 'B2.2a',
    tells: 'the clock of one server jumps while a bare majority holds the lock',
    lock: 'redlock',
    plan: { scenario: 'clock-jump' },
    shows: { 'exclusion/validity': 'violated' },
    repaired: {
      how: 'servers that expire keys by a monotonic clock',
      plan: { scenario: 'clock-jump', services: { redis: { expiryClock: 'monotonic' } } },
      shows: { 'exclusion/validity': 'held' },
    },
  },
  {
    row: 'B2.2b',
    tells: 'one server of a bare majority crashes, forgets and comes back',
    lock: 'redlock',
    plan: { scenario: 'crash-restart' },
    shows: { 'exclusion/validity': 'violated' },
    repaired: {
      how: 'it stays away for longer than a lease',
      plan: { scenario: 'crash-restart', parameters: { delayedRestart: true } },
      shows: { 'exclusion/validity': 'held' },
    },
  },
  {
    row: 'B2.2c',
    tells: 'the client stands still while the answers are under way, and does not measure how long',
    lock: 'redlock',
    plan: { scenario: 'pause-in-flight', parameters: { elapsedCheck: false } },
    shows: { 'exclusion/effect': 'violated' },
    repaired: {
      how: 'step 3: the time gone by must be less than the lease',
      plan: { scenario: 'pause-in-flight' },
      shows: { 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B2.2d',
    tells: 'a majority of clocks runs 2 % fast, and the allowance is 1 %',
    lock: 'redlock',
    plan: { scenario: 'rate-drift' },
    shows: { 'exclusion/validity': 'violated' },
    repaired: {
      how: 'an allowance of 3 %',
      plan: { scenario: 'rate-drift', parameters: { driftPerMille: 30 } },
      shows: { 'exclusion/validity': 'held' },
    },
  },
  {
    row: 'B2.3',
    tells: 'two clients split the votes and try again after the same delay, for ever',
    lock: 'redlock',
    plan: lockStep,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a random delay, as the page asks',
      plan: { ...lockStep, parameters: { attemptsMax: 10_000 } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B2.4',
    tells:
      'a client gets two votes and dies before it unlocks, a third server is down: nobody for a lease',
    lock: 'redlock',
    plan: orphan,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'nothing but a shorter lease; 5 s are allowed here',
      plan: { ...orphan, parameters: { ttlMs: 3_000 } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B2.5',
    tells:
      'three requests arrive after their sender has unlocked, and lock three servers for a lease',
    lock: 'redlock',
    plan: lateRequests,
    shows: { 'exclusion/service': 'held', 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'nothing but a shorter lease; 5 s are allowed here',
      plan: { ...lateRequests, parameters: { ttlMs: 3_000 } },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'Kleppmann’s delayed request (C4), three times: one alone costs nothing, as in the scenario late-request.',
  },
  {
    row: 'B2.6',
    tells: 'nobody waits in any order, and the holder cannot take the lock again',
    lock: 'redlock',
    plan: { clients: 2, workload: { nested: true } },
    shows: { fairness: 'not offered', reentrancy: 'not offered' },
  },
  {
    row: 'B2.7',
    tells: 'the work takes longer than the lease',
    lock: 'redlock',
    plan: { scenario: 'slow-holder' },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the holder extends the lock, five times at most',
      plan: { scenario: 'slow-holder', parameters: { extensionsMax: 5 } },
      shows: { 'exclusion/belief': 'held' },
    },
    note: 'An extension without end would keep the lock from everybody for as long as a holder hangs. The judge of exclusion/validity goes by the validity of the grant and does not see extensions.',
  },
])
