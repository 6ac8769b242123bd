/** Sequences of Redisson's RLock, RedLock and MultiLock, RFairLock and RFencedLock. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS, late, lost } from './timelines.ts'

type SequenceFaults = NonNullable<SequencePlan['faults']>

const cutOffAfter5s: SequenceFaults = [
  {
    kind: 'partition',
    groups: [['client-1'], ['redis']],
    at: { ...GRANTED, afterMs: 5_000 },
    forMs: 55_000,
  },
]

/** The reply to the first acquisition is lost. */
const firstReplyLost: SequenceFaults = [lost('eval', 'redis', 'client-1')]

/** The second server grants at once, but its answer is on its way for 2.4 s. */
const secondReplyLate: SequenceFaults = [late('eval', 'redis-2', 'client-1', 2_400)]

/** org/redisson/*.java and the issues named in the rows. */
export const b04a = defineSequences('B4a', 'Redisson RLock', [
  {
    row: 'B4a.1',
    tells:
      'asynchronous code unlocks on another thread: the owner is thread and client, so the lock stays, and its watchdog with it',
    lock: 'redisson-lock',
    plan: { parameters: { releasedBy: 'another-thread' }, workload: { startMs: [0, 1_000] } },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'unlock on the thread that locked, as often as it locked',
      plan: { workload: { startMs: [0, 1_000], workMs: 2_000, nested: true } },
      shows: { 'deadlock-freedom': 'held', reentrancy: 'held' },
    },
  },
  {
    row: 'B4a.2',
    tells: 'a holder that wakes up long after its lease unlocks, and frees nobody else’s lock',
    lock: 'redisson-lock',
    plan: { scenario: 'gc-pause' },
    shows: { ownership: 'held', 'exclusion/belief': 'violated' },
  },
  {
    row: 'B4a.3',
    tells:
      'cut off 5 s after it locked, the holder goes on past the end of its lease; every renewal has failed, and nothing is said',
    lock: 'redisson-lock',
    plan: { workload: { startMs: [0, 1_000], workMs: 65_000 }, faults: cutOffAfter5s },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the watchdog tells the application when a lease has gone by without a renewal',
      plan: {
        parameters: { onLost: 'tell' },
        workload: { startMs: [0, 1_000], workMs: 65_000 },
        faults: cutOffAfter5s,
      },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B4a.4',
    tells:
      'two of three replicas acknowledge the lock, the third has only just been attached and lags; it is the one that is promoted',
    lock: 'redisson-lock',
    plan: {
      servers: 4,
      workload: { startMs: [0, 3_000], workMs: 20_000 },
      faults: [
        { kind: 'partition', groups: [['redis-1'], ['redis-4']], at: 0, forMs: 5_000 },
        { kind: 'crash', node: 'redis-1', at: GRANTED, silent: true },
        { kind: 'failover', to: 'redis-4', at: 6_000 },
      ],
    },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'all replicas must acknowledge, so that the lock cannot be taken while one of them lags',
      plan: {
        servers: 4,
        parameters: { syncedReplicas: 'all' },
        workload: { startMs: [0, 3_000], workMs: 20_000 },
        faults: [
          { kind: 'partition', groups: [['redis-1'], ['redis-4']], at: 0, forMs: 5_000 },
          { kind: 'crash', node: 'redis-1', at: GRANTED, silent: true },
          { kind: 'failover', to: 'redis-4', at: 20_000 },
        ],
      },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
    note: 'The code asks for one replica at least ("None of slaves were synced"); its option’s description speaks of the actual number of replicas.',
  },
  {
    row: 'B4a.5',
    tells: 'waiters race for the lock after the message: there is no order to break',
    lock: 'redisson-lock',
    plan: { clients: 4, rounds: 5, workload: { thinkMs: 0 } },
    shows: { fairness: 'not offered', 'exclusion/belief': 'held' },
    repaired: {
      how: 'RFairLock keeps a queue',
      lock: 'redisson-fair',
      plan: { clients: 4, rounds: 5, workload: { thinkMs: 0 } },
      shows: { fairness: 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B4a.6',
    tells:
      'the message of the release is lost, and a waiter without a limit to its sleep never looks again (#1763, #5761)',
    lock: 'redisson-lock',
    plan: {
      parameters: { waitsAtMostTtl: false },
      workload: { startMs: [0, 100], workMs: 1_000 },
      network: ONE_MS,
      faults: [
        {
          kind: 'message',
          from: 'redis',
          to: 'client-2',
          at: { node: 'client-1', event: 'releasing' },
          action: 'lose',
        },
      ],
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'sleep for no longer than the lease that one was told',
      plan: {
        workload: { startMs: [0, 100], workMs: 1_000 },
        network: ONE_MS,
        faults: [
          {
            kind: 'message',
            from: 'redis',
            to: 'client-2',
            at: { node: 'client-1', event: 'releasing' },
            action: 'lose',
          },
        ],
      },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B4a.7',
    tells:
      'another thread has left its lease of 5 s in the field that all users of the object share: the watchdog’s hold gets 5 s, renewed after 10 (#3484)',
    lock: 'redisson-lock',
    plan: {
      parameters: { sharedLeaseMs: 5_000 },
      workload: { startMs: [0, 1_000], workMs: 12_000 },
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'a lease for each call',
      plan: { workload: { startMs: [0, 1_000], workMs: 12_000 } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'Clients have one thread each here: what the other thread left behind is a parameter.',
  },
  {
    row: 'B4a.D3',
    tells:
      'one renewal fails while the server restarts, and the watchdog does not try again (#775)',
    lock: 'redisson-lock',
    plan: {
      parameters: { afterError: 'stop' },
      services: { redis: { persistence: 'always' } },
      workload: { startMs: [0, 1_000], workMs: 40_000 },
      faults: [{ kind: 'crash', node: 'redis', at: 9_900, forMs: 300 }],
    },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'try again a period later',
      plan: {
        services: { redis: { persistence: 'always' } },
        workload: { startMs: [0, 1_000], workMs: 40_000 },
        faults: [{ kind: 'crash', node: 'redis', at: 9_900, forMs: 300 }],
      },
      shows: { 'exclusion/belief': 'held', 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B4a.D4',
    tells:
      'the watchdog of a hold that was lost stays in the list, so that the next hold of the same client gets none and ends at 30 s (#2515, #3194, #3712)',
    lock: 'redisson-lock',
    plan: {
      parameters: { keepsDeadEntry: true },
      rounds: 2,
      workload: { startMs: [0, 50_000], workMs: 45_000 },
      faults: [
        { kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 }, forMs: 40_000 },
      ],
      horizonMs: 400_000,
    },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a watchdog that ends leaves the list, and so does one whose unlock failed',
      plan: {
        rounds: 2,
        workload: { startMs: [0, 50_000], workMs: 45_000 },
        faults: [
          { kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 }, forMs: 40_000 },
        ],
        horizonMs: 400_000,
      },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B4a.D61',
    tells:
      'the answer to an acquisition is lost, it is sent again and counted twice: one unlock leaves a hold that nobody has (#6025)',
    lock: 'redisson-lock',
    plan: {
      parameters: { resends: true },
      workload: { startMs: [0, 1_000] },
      faults: firstReplyLost,
      progressWithinMs: 20_000,
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'the server recognises the request that comes again, as it does a release',
      plan: {
        parameters: { resends: true, acquireLatch: true },
        workload: { startMs: [0, 1_000] },
        faults: firstReplyLost,
        progressWithinMs: 20_000,
      },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'Not sending again, as Redisson does now, only moves it: an application that tries again on the same thread is counted twice as well. The hold ends with its lease, since its watchdog ended at the unlock.',
  },
])

/** org/redisson/RedissonMultiLock.java, RedissonRedLock.java. */
export const b04b = defineSequences('B4b', 'Redisson RedLock and MultiLock (deprecated)', [
  {
    row: 'B4b.1',
    tells:
      'with one of three servers down, the client pauses after its last lock for longer than the temporary lease, and its PEXPIRE then prolongs the locks of another',
    lock: 'redisson-multilock',
    plan: {
      parameters: { waitMs: 2_000 },
      workload: { startMs: [0, 1_000], workMs: 3_000 },
      network: ONE_MS,
      faults: [
        { kind: 'crash', node: 'redis-3', at: 0 },
        { kind: 'pause', node: 'client-1', at: 5, forMs: 5_000 },
      ],
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'PEXPIRE only what is ours still, and count the answers',
      plan: {
        parameters: { waitMs: 2_000, finalExpire: 'owned' },
        workload: { startMs: [0, 1_000], workMs: 3_000 },
        network: ONE_MS,
        faults: [
          { kind: 'crash', node: 'redis-3', at: 0 },
          { kind: 'pause', node: 'client-1', at: 5, forMs: 5_000 },
        ],
      },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'B4b.2',
    tells:
      'the answer of the second server takes longer than the lease of 2 s; meanwhile another has got all the locks, the first fails at the third server and succeeds with two that are over (#624)',
    lock: 'redisson-multilock',
    plan: {
      parameters: { leaseMs: 2_000, waitMs: 3_000, collectingLease: 'lease' },
      workload: { startMs: [0, 1_500], workMs: 1_900 },
      network: ONE_MS,
      faults: secondReplyLate,
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'collect with twice the waiting time, and give the real lease at the end',
      plan: {
        parameters: { leaseMs: 2_000, waitMs: 3_000 },
        workload: { startMs: [0, 1_500], workMs: 1_900 },
        network: ONE_MS,
        faults: secondReplyLate,
      },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'In the issue the second lock is contended instead; with servers asked in one order by everybody that alone gives both no majority.',
  },
  {
    row: 'B4b.D2',
    tells:
      'without a waiting time, twice of it is -2 ms: PEXPIRE deletes each lock as soon as it is taken, and everybody gets in (#2172)',
    lock: 'redisson-multilock',
    plan: {
      parameters: { waitMs: 0, collectingLease: 'always-twice-the-wait' },
      workload: { startMs: [0, 10], workMs: 1_000 },
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'without a waiting time, collect with the lease itself',
      plan: { parameters: { waitMs: 0 }, workload: { startMs: [0, 10], workMs: 1_000 } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
])

/** org/redisson/RedissonFairLock.java. */
export const b04c = defineSequences('B4c', 'Redisson RFairLock', [
  {
    row: 'B4c.1',
    tells:
      'a client whose clock is six minutes ahead throws out all who wait whenever it comes or goes, and always goes first',
    lock: 'redisson-fair',
    plan: {
      rounds: 200,
      workload: { startMs: [0, 100], workMs: 500, thinkMs: 0 },
      clocks: { 'client-1': { offsetMs: 360_000 } },
    },
    shows: { starvation: 'violated' },
    repaired: {
      how: 'clocks that agree',
      plan: { rounds: 200, workload: { startMs: [0, 100], workMs: 500, thinkMs: 0 } },
      shows: { starvation: 'held', fairness: 'held' },
    },
    note: 'Who was thrown out stands in no queue any more, so that fairness, counted from the queue, does not speak of it.',
  },
  {
    row: 'B4c.2',
    tells: 'the first in the queue has died: everybody behind it waits for its five minutes',
    lock: 'redisson-fair',
    plan: {
      clients: 3,
      workload: { startMs: [0, 500, 1_000], workMs: 3_000 },
      faults: [{ kind: 'crash', node: 'client-2', at: 2_000 }],
      horizonMs: 600_000,
    },
    shows: { 'deadlock-freedom': 'violated', 'exclusion/belief': 'held' },
    repaired: {
      how: 'the 5 s of the documentation, beside the lease of the holder',
      plan: {
        clients: 3,
        parameters: { threadWaitMs: 5_000 },
        workload: { startMs: [0, 500, 1_000], workMs: 3_000 },
        faults: [{ kind: 'crash', node: 'client-2', at: 2_000 }],
        horizonMs: 600_000,
      },
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B4c.3',
    tells:
      'the holder works for six minutes; a waiter is thrown out after five and still waits for a message to its own channel (#3004)',
    lock: 'redisson-fair',
    plan: {
      parameters: { waitsFor: 'estimate' },
      workload: { startMs: [0, 1_000], workMs: 360_000 },
      horizonMs: 1_200_000,
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'wait for the end of the holder’s lease at most, and queue again',
      plan: {
        workload: { startMs: [0, 1_000], workMs: 360_000 },
        horizonMs: 1_200_000,
      },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'The estimate of the time left becomes negative after the first lease, and lock() takes a negative one for "for ever".',
  },
  {
    row: 'B4c.D6',
    tells:
      'waiters that give up leave their time with those behind them; after two minutes of it one that dies blocks the lock for minutes (#1104, #2099)',
    lock: 'redisson-fair',
    plan: {
      clients: 5,
      parameters: { waitMs: 2_000, shiftsTimes: false },
      workload: { startMs: [0, 100, 200, 300, 400], workMs: 120_000, retryMs: 10 },
      faults: [{ kind: 'crash', node: 'client-5', at: 119_000 }],
      horizonMs: 400_000,
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'take one’s time along when one leaves',
      plan: {
        clients: 5,
        parameters: { waitMs: 2_000 },
        workload: { startMs: [0, 100, 200, 300, 400], workMs: 120_000, retryMs: 10 },
        faults: [{ kind: 'crash', node: 'client-5', at: 119_000 }],
        horizonMs: 400_000,
      },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
])

const cutThenPromoted: SequenceFaults = [
  { kind: 'partition', groups: [['redis-1'], ['redis-2']], at: 5_030, forMs: 10_000 },
  {
    kind: 'crash',
    node: 'redis-1',
    at: { node: 'client-1', event: 'granted', nth: 2 },
    silent: true,
  },
  { kind: 'failover', to: 'redis-2', at: 6_000 },
]

/** org/redisson/RedissonFencedLock.java. */
export const b04d = defineSequences('B4d', 'Redisson RFencedLock', [
  {
    row: 'B4d.1',
    tells:
      'lockAndGetToken with a lease of 10 s forgets the lease and starts a watchdog: what nobody unlocks is locked for ever',
    lock: 'redisson-fenced',
    plan: {
      parameters: { leaseMs: 10_000, releasedBy: 'nobody' },
      workload: { startMs: [0, 1_000] },
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'pass the lease on',
      plan: {
        parameters: { leaseMs: 10_000, releasedBy: 'nobody', ignoresLease: false },
        workload: { startMs: [0, 1_000] },
      },
      shows: { 'deadlock-freedom': 'held', fencing: 'held' },
    },
  },
  {
    row: 'B4d.2',
    tells: 'its acquisition does not wait for replicas: a promoted one has never heard of the lock',
    lock: 'redisson-fenced',
    plan: { scenario: 'failover' },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the replica check that RLock has',
      plan: { scenario: 'failover', parameters: { syncedReplicas: 'any' } },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B4d.3',
    tells:
      'the counter’s last step is lost in a failover, the next holder gets the same token, and the store admits both',
    lock: 'redisson-fenced',
    plan: {
      servers: 2,
      rounds: 2,
      workload: { startMs: [0, 6_500], workMs: 5_000 },
      network: ONE_MS,
      faults: cutThenPromoted,
    },
    shows: { fencing: 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'the acquisition waits for the replica; no check of the token can tell two that are the same',
      plan: {
        servers: 2,
        rounds: 2,
        parameters: { syncedReplicas: 'any' },
        workload: { startMs: [0, 6_500], workMs: 5_000 },
        network: ONE_MS,
        faults: cutThenPromoted,
      },
      shows: { fencing: 'held', 'exclusion/effect': 'held' },
    },
  },
])
