/** Sequences of Redlock as an article tells it. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS, lost } from './timelines.ts'

/** The requests for the lock from this client to this server take a ms longer, all the time. */
export const slowLink = (from: string, to: string) =>
  ({
    kind: 'message',
    action: 'delay',
    from,
    to,
    operation: 'set',
    at: 0,
    count: 100_000,
    byMs: 2,
  }) as const

const twoDown = {
  clients: 2,
  faults: [
    { kind: 'crash', node: 'redis-4', at: 0 },
    { kind: 'crash', node: 'redis-5', at: 0 },
  ],
} satisfies SequencePlan

const fastServers = {
  clients: 2,
  workload: { startMs: [0, 9_700], workMs: 10_000, retryMs: 5 },
  clocks: {
    'redis-1': { driftPpm: 9_000 },
    'redis-2': { driftPpm: 9_000 },
    'redis-3': { driftPpm: 9_000 },
    'redis-4': { driftPpm: 9_000 },
  },
} satisfies SequencePlan

/** One server is down; of the other four each client reaches two first, every time. */
const lockStep = {
  clients: 2,
  network: ONE_MS,
  parameters: { attemptsMax: 10_000 },
  faults: [
    { kind: 'crash', node: 'redis-5', at: 0 },
    slowLink('client-1', 'redis-3'),
    slowLink('client-1', 'redis-4'),
    slowLink('client-2', 'redis-1'),
    slowLink('client-2', 'redis-2'),
  ],
} satisfies SequencePlan

/** One server is down, and the answer of another is lost: three of the four votes that are needed. */
const unanswered = {
  clients: 2,
  workload: { startMs: [0, 100] },
  progressWithinMs: 5_000,
  faults: [{ kind: 'crash', node: 'redis-5', at: 0 }, lost('set', 'redis-4', 'client-1')],
} satisfies SequencePlan

/** client-1 has four; three of them crash and come back empty; client-2 gets those and the fifth. */
const forgetful = {
  clients: 2,
  workload: { startMs: [0, 1_000], workMs: 5_000 },
  faults: [
    { kind: 'partition', groups: [['client-1'], ['redis-5']], at: 0, forMs: 500 },
    { kind: 'crash', node: 'redis-2', at: 600, forMs: 100 },
    { kind: 'crash', node: 'redis-3', at: 600, forMs: 100 },
    { kind: 'crash', node: 'redis-4', at: 600, forMs: 100 },
  ],
} satisfies SequencePlan

const slowWorkers = {
  clients: 3,
  workload: { startMs: [0, 100, 200], workMs: 12_000 },
} satisfies SequencePlan

/** zhisheng, 分布式锁看这篇就够了 (2018): five steps, one of them wrong and five things left out. */
export const a12 = defineSequences('A12', 'Redlock as told by an article', [
  {
    row: 'A12.1',
    tells: 'with more than three of five, two servers that are down stop everybody',
    lock: 'redlock-published',
    plan: twoDown,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a majority: more than two',
      plan: { ...twoDown, parameters: { moreThan: 2 } },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'The article promises that two of five may fail.',
  },
  {
    row: 'A12.2',
    tells: 'servers whose clocks run 0.9 % fast end the keys before their holder’s validity',
    lock: 'redlock-published',
    plan: fastServers,
    shows: { 'exclusion/validity': 'violated' },
    repaired: {
      how: 'an allowance for drift, 1 % and 2 ms',
      plan: { ...fastServers, parameters: { driftMs: 102 } },
      shows: { 'exclusion/validity': 'held' },
    },
  },
  {
    row: 'A12.3',
    tells: 'two clients split the votes and try again after the same delay, for ever',
    lock: 'redlock-published',
    plan: lockStep,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a random delay between attempts',
      plan: { ...lockStep, parameters: { attemptsMax: 10_000, retryJitter: true } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A12.4',
    tells:
      'a server that did not answer has the key and is not unlocked: nobody gets four for a lease',
    lock: 'redlock-published',
    plan: unanswered,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'unlock all servers',
      plan: { ...unanswered, parameters: { unlocks: 'all' } },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: '5 s without the lock are allowed; a lease is 10 s.',
  },
  {
    row: 'A12.5',
    tells: 'three servers crash, forget, and come back at once',
    lock: 'redlock-published',
    plan: forgetful,
    shows: { 'exclusion/validity': 'violated' },
    repaired: {
      how: 'whoever has crashed stays away for longer than a lease',
      plan: { ...forgetful, services: { redis: { delayedRestartMs: 10_001 } } },
      shows: { 'exclusion/validity': 'held' },
    },
    note: 'Four of five overlap in three, so that one server that forgets is not enough: the one good thing about "more than three".',
  },
  {
    row: 'A12.6',
    tells: 'a late holder deletes the keys of the next one, one by one',
    lock: 'redlock-published',
    plan: slowWorkers,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'compare and delete',
      plan: { ...slowWorkers, parameters: { deletes: 'compare' } },
      shows: { ownership: 'held' },
    },
  },
])
