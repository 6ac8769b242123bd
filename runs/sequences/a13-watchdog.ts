/** Sequences of the watchdog: a lease that a background thread renews. */

import { defineSequences } from './sequence.ts'
import { GRANTED } from './timelines.ts'

/** 分布式锁看这篇就够了 (zhisheng, 2018) on Redisson, with the numbers of Redisson's code: 30 s, renewed each 10 s. */
export const a13 = defineSequences('A13', 'a short lease that a watchdog renews', [
  {
    row: 'A13.1',
    tells:
      'the holder stands still for 34 s, its watchdog with it; the lease ends at 30 s, another gets the lock, and the first goes on',
    lock: 'redisson-lock',
    plan: {
      workload: { startMs: [0, 1_000], workMs: 40_000 },
      faults: [
        { kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 }, forMs: 34_000 },
      ],
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated', ownership: 'held' },
    repaired: {
      how: 'nothing can tell a process that stands still: the store refuses its old fencing token',
      lock: 'redisson-fenced',
      plan: {
        workload: { startMs: [0, 1_000], workMs: 40_000 },
        faults: [
          { kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 }, forMs: 34_000 },
        ],
      },
      shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'A13.2',
    tells:
      'the holder is cut off from 5 s to 60 s; its renewals fail, the lease ends at 30 s, another gets the lock, and nobody tells the first',
    lock: 'redisson-lock',
    plan: {
      workload: { startMs: [0, 1_000], workMs: 65_000 },
      faults: [{ kind: 'partition', groups: [['client-1'], ['redis']], at: 5_000, forMs: 55_000 }],
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the watchdog tells the application as soon as a lease has gone by without a renewal, and the application looks before it writes',
      plan: {
        parameters: { onLost: 'tell' },
        workload: { startMs: [0, 1_000], workMs: 65_000, careful: true },
        faults: [
          { kind: 'partition', groups: [['client-1'], ['redis']], at: 5_000, forMs: 55_000 },
        ],
      },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'A single renewal, sent again after each timeout of 3 s, takes up all the time from 10 s to 26.5 s; the next one would be due at 36.5 s.',
  },
  {
    row: 'A13.3',
    tells:
      'the thread that should unlock has died, but its process lives: the watchdog renews for ever, and nobody else gets in',
    lock: 'redisson-lock',
    plan: { parameters: { releasedBy: 'nobody' }, workload: { startMs: [0, 1_000] } },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'ask for a lease: then there is no watchdog, and the lock is free when the lease is over',
      plan: {
        parameters: { releasedBy: 'nobody', leaseMs: 10_000 },
        workload: { startMs: [0, 1_000] },
      },
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A13.4',
    tells:
      'without the replica check, the master dies with a lock that its replica has not heard of, and the replica is promoted',
    lock: 'redisson-lock',
    plan: { scenario: 'failover', parameters: { syncedReplicas: 'off' } },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'WAIT for the replica before the lock counts as taken (checkLockSyncedSlaves)',
      plan: { scenario: 'failover' },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
])
