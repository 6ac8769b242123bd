/** Sequences of Spring Integration's lock registries: an id for a whole registry, a local lock, and the clients' clocks. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS } from './timelines.ts'

const threads = (registry: 'own' | 'shared'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { registry },
  workload: { startMs: [0, 50], workMs: 200 },
})

const fastClock = (ttlMs: number): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { ttlMs },
  workload: { startMs: [0, 100], workMs: 2_000 },
  clocks: { 'client-2': { offsetMs: 10_000 } },
})

/** 70 s of work with a key that lives 60 s, twice, and somebody else who comes once in between. */
const overrun = (localRelease: 'always' | 'if-unlocked'): SequencePlan => ({
  rounds: 2,
  network: ONE_MS,
  parameters: { localRelease },
  workload: { startMs: [0, 1_000], workMs: 70_000 },
  horizonMs: 600_000,
})

/** spring-integration's DefaultLockRepository, JdbcLockRegistry and RedisLockRegistry, and what follows from them. */
export const b14 = defineSequences('B14', 'spring-integration lock registries', [
  {
    row: 'B14.1',
    tells:
      'the local lock was evicted and made anew: two threads of one registry both find their id in the row',
    lock: 'spring-jdbc-lock',
    plan: threads('shared'),
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'what must be kept apart has an id of its own',
      plan: threads('own'),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B14.2',
    tells:
      'the key has expired during the work, unlock throws before it releases the local lock, and this process never gets the lock again (#1888, #2660)',
    lock: 'spring-redis-lock',
    plan: overrun('if-unlocked'),
    shows: { 'deadlock-freedom': 'violated', ownership: 'held' },
    repaired: {
      how: 'release the local lock in any case',
      plan: overrun('always'),
      shows: { 'deadlock-freedom': 'held', ownership: 'held' },
    },
    note: 'JdbcLockRegistry, as far as its source of 2016 was read, frees its local lock in a finally block.',
  },
  {
    row: 'B14.3',
    tells: 'the clock of one host is ahead by the time to live, so every row looks expired to it',
    lock: 'spring-jdbc-lock',
    plan: fastClock(10_000),
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a time to live far above the difference of the clocks',
      plan: fastClock(60_000),
      shows: { 'exclusion/belief': 'held' },
    },
  },
])
