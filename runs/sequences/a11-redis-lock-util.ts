/** Sequences of every defect of the class RedisLockUtil (R) and of its use (U). */

import { crashBetween, lostSetnx, rushHour, slowWorkers } from './a09-setnx-expire.ts'
import {
  betweenGetAndDel,
  heldUp,
  lateRelease,
  milliseconds,
  shortened,
  skewed,
} from './a10-setnx-getset.ts'
import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { HOLDER_DIES, ONE_MS, lost } from './timelines.ts'

const SECONDS = { unitMs: 1_000 }

const lostExpire = {
  clients: 2,
  workload: { startMs: [0, 100] },
  faults: [lost('expire', 'client-1', 'redis')],
} satisfies SequencePlan

/** client-1 (SETNX and EXPIRE) holds for 60 s; client-2 (a stamp) comes while it works. */
const mixed = {
  clients: 2,
  workload: { startMs: [0, 1_000], workMs: 5_000 },
} satisfies SequencePlan

/** client-1 (SETNX and EXPIRE) dies with the lock, client-2 (a stamp) takes it over and dies, too; client-3 is as client-1. */
const timeToLiveErased = {
  clients: 3,
  parameters: { expire: 10 },
  workload: { startMs: [0, 100, 5_000] },
  faults: [
    HOLDER_DIES,
    { kind: 'crash', node: 'client-2', at: { node: 'client-2', event: 'granted' } },
  ],
} satisfies SequencePlan

/** client-2 (a stamp, no time to live) dies with the lock; only client-1 (SETNX and EXPIRE) is left. */
const stampLeft = {
  clients: 2,
  workload: { startMs: [1_000, 0] },
  faults: [{ kind: 'crash', node: 'client-2', at: { node: 'client-2', event: 'granted' } }],
} satisfies SequencePlan

/** client-2's clock is a minute ahead; client-1's DEL arrives between its GET and its GETSET. */
const deletedBeforeGetset = {
  clients: 2,
  network: ONE_MS,
  parameters: { ...SECONDS, expire: 60 },
  workload: { startMs: [0, 1_005], workMs: 1_000, retryMs: 70_000 },
  clocks: { 'client-2': { offsetMs: 61_000 } },
  progressWithinMs: 10_000,
} satisfies SequencePlan

/** zhisheng, 分布式锁看这篇就够了 (2018): the class and the lines that use it. */
export const a11 = defineSequences('A11', 'every defect of RedisLockUtil and of its use', [
  {
    row: 'A11.R1',
    tells: 'SETNX and EXPIRE are two commands, and the holder crashes between them',
    lock: 'redis-setnx-expire',
    plan: crashBetween,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'one command, SET with NX and EX',
      plan: { ...crashBetween, parameters: { atomic: true } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A11.R2',
    tells: 'EXPIRE fails, the exception goes up, and the key stays without time to live',
    lock: 'redis-setnx-expire',
    plan: lostExpire,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'delete the key before the exception goes up',
      plan: { ...lostExpire, parameters: { onExpireFailure: 'delete' } },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'With onExpireFailure=ignore the caller gets the lock all the same, and whoever crashes then leaves it for ever.',
  },
  {
    row: 'A11.R2b',
    tells:
      'EXPIRE fails and nobody looks: the caller holds a lock without time to live, and crashes',
    lock: 'redis-setnx-expire',
    plan: {
      clients: 2,
      workload: { startMs: [0, 100] },
      parameters: { onExpireFailure: 'ignore' },
      faults: [...lostExpire.faults, HOLDER_DIES],
    },
    shows: { 'deadlock-freedom': 'violated' },
  },
  {
    row: 'A11.R3',
    tells: 'the answer to SETNX is lost: an exception, a key, and nobody who owns it',
    lock: 'redis-setnx-expire',
    plan: lostSetnx,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a time to live in the same command, and a look at whether the value is ours',
      lock: 'redis-set-px',
      plan: {
        clients: 2,
        workload: { startMs: [0, 100] },
        parameters: { onUnknown: 'read-back' },
        faults: [lost('set', 'redis', 'client-1')],
      },
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.R4',
    tells: 'all store the same value, so that no release can tell whose lock it is',
    lock: 'redis-setnx-expire',
    plan: slowWorkers,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'a value of its own for each hold, compared at the release',
      plan: { ...slowWorkers, parameters: { release: 'compare-and-delete' } },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'A11.R5',
    tells: 'unLock1 deletes without asking, and frees the lock of another',
    lock: 'redis-setnx-expire',
    plan: slowWorkers,
    shows: { ownership: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'compare and delete',
      plan: { ...slowWorkers, parameters: { release: 'compare-and-delete' } },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'A11.R6',
    tells: 'lock2 adds seconds to milliseconds: the lease is a thousandth of what was asked for',
    lock: 'redis-setnx-getset-published',
    plan: milliseconds,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the unit',
      plan: { ...milliseconds, parameters: SECONDS },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.R7',
    tells: 'a lock of the first scheme is a stamp of 1970 to the second, which takes it at once',
    lock: 'redis-setnx-published',
    plan: mixed,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'one scheme for all',
      lock: 'redis-setnx-expire',
      plan: mixed,
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.R7b',
    tells:
      'the GETSET that takes over erases the time to live that the first scheme had given the key',
    lock: 'redis-setnx-published',
    plan: timeToLiveErased,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'one scheme for all',
      lock: 'redis-setnx-expire',
      plan: { ...timeToLiveErased, parameters: {} },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A11.R8',
    tells:
      'the second scheme leaves a key without time to live, and the first never looks at the stamp',
    lock: 'redis-setnx-published',
    plan: stampLeft,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'one scheme for all',
      lock: 'redis-setnx-expire',
      plan: stampLeft,
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A11.R9',
    tells: 'the same number is seconds to one scheme and milliseconds to the other',
    lock: 'redis-setnx-getset-published',
    plan: { ...milliseconds, parameters: { expire: 60 } },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the same 60 in the first scheme',
      lock: 'redis-setnx-expire',
      plan: { ...milliseconds, parameters: { expireSeconds: 60 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.R10',
    tells: 'clocks of different hosts are written and compared',
    lock: 'redis-setnx-getset-published',
    plan: skewed,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the server’s clock decides (SET with PX)',
      lock: 'redis-set-px',
      plan: { ...skewed, parameters: {} },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.R11',
    tells:
      'the key goes between GET and GETSET; the answer null cannot be parsed, and the new key is nobody’s',
    lock: 'redis-setnx-getset-published',
    plan: deletedBeforeGetset,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'no GETSET: SET with NX and PX',
      lock: 'redis-set-px',
      plan: {
        ...deletedBeforeGetset,
        parameters: { ttlMs: 60_000 },
        workload: { ...deletedBeforeGetset.workload, retryMs: 100 },
      },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'The other window, between SETNX and GET, is A10.8. Here only a client whose clock is ahead gets as far as GETSET.',
  },
  {
    row: 'A11.R12',
    tells: 'a GETSET that loses overwrites the stamp of the one that won',
    lock: 'redis-setnx-getset-published',
    plan: shortened,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'no GETSET: SET with NX and PX',
      lock: 'redis-set-px',
      plan: { ...shortened, parameters: { ttlMs: 60_000 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.R13',
    tells: 'unLock2 deletes when some lock is alive, whoever’s it is',
    lock: 'redis-setnx-getset-published',
    plan: lateRelease,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'delete only the stamp that is ours',
      plan: {
        ...lateRelease,
        parameters: { ...lateRelease.parameters, release: 'compare-and-delete' },
      },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'A11.R14',
    tells: 'unLock2 looks and deletes in two steps',
    lock: 'redis-setnx-getset-published',
    plan: betweenGetAndDel,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'one step',
      plan: {
        ...betweenGetAndDel,
        parameters: { ...betweenGetAndDel.parameters, release: 'compare-and-delete' },
        faults: [heldUp('eval')],
      },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'A11.R15',
    tells: 'unLock2 asks the key how late it is, not its own clock as the text says',
    lock: 'redis-setnx-getset-published',
    plan: lateRelease,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'step 5 of the text',
      plan: { ...lateRelease, parameters: { ...lateRelease.parameters, release: 'own-elapsed' } },
      shows: { ownership: 'held' },
    },
    note: 'Step 5 is still two steps: with A10.6 in its place, own-elapsed deletes the key of another, too.',
  },
  {
    row: 'A11.R15b',
    tells: 'the text’s step 5 looks at the clock and deletes in two steps, too',
    lock: 'redis-setnx-getset-published',
    plan: {
      ...betweenGetAndDel,
      parameters: { ...betweenGetAndDel.parameters, release: 'own-elapsed' },
    },
    shows: { ownership: 'violated' },
  },
  {
    row: 'A11.R16',
    tells: 'with a lease of 60 ms every release comes too late, and the key stays for ever',
    lock: 'redis-setnx-getset-published',
    plan: { clients: 2, workload: { startMs: [0, 5_000], workMs: 500 } },
    shows: { 'deadlock-freedom': 'held', ownership: 'held' },
    note: 'Garbage, one key for each user of the article; it breaks no promise of a lock, as anybody may take over an expired stamp. The story shows released: not-held.',
  },
  {
    row: 'A11.R17',
    tells: 'nothing renews the lock, and nobody tells a slow holder that it is gone',
    lock: 'redis-setnx-expire',
    plan: { scenario: 'slow-holder' },
    shows: { 'exclusion/belief': 'violated', fencing: 'not offered' },
    repaired: {
      how: 'a lock that is refreshed while its holder works',
      lock: 'redis-semaphore',
      plan: { scenario: 'slow-holder' },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.R18',
    tells:
      'after its lease a holder that asks again takes over its own lock, and the inner release deletes it',
    lock: 'redis-setnx-getset-published',
    plan: {
      clients: 2,
      network: ONE_MS,
      parameters: { expire: 6 },
      workload: { startMs: [0, 40], nested: true, workMs: 200 },
    },
    shows: { 'exclusion/belief': 'violated', reentrancy: 'not offered' },
    note: 'The lease is 6 ms so that it is over when the holder asks again; with 60 ms it is refused like anybody else.',
  },
  {
    row: 'A11.R19',
    tells: 'a yes or no: whoever wants to wait asks again, in no order',
    lock: 'redis-setnx-expire',
    plan: rushHour,
    shows: { starvation: 'violated', fairness: 'not offered' },
  },
  {
    row: 'A11.R20',
    tells: 'one Redis with an asynchronous replica forgets the lock in a failover',
    lock: 'redis-setnx-getset-published',
    plan: { scenario: 'failover', parameters: { expire: 10, unitMs: 1_000 } },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
  },
  {
    row: 'A11.R21',
    tells: 'a value that is no number throws in every caller for as long as it is there',
    lock: 'redis-setnx-published',
    plan: {
      clients: 2,
      parameters: { firstValue: 'unique' },
      workload: { startMs: [0, 100] },
      faults: [
        { kind: 'crash', node: 'client-1', at: { node: 'redis', event: 'service-granted' } },
      ],
    },
    shows: { 'deadlock-freedom': 'violated' },
  },
  {
    row: 'A11.R22',
    tells: 'a key that has lost its time to live is never given one again',
    lock: 'redis-setnx-expire',
    plan: crashBetween,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'whoever is refused gives a time to live to a key that has none (redis-py#818)',
      plan: { ...crashBetween, parameters: { readdTtl: true } },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A11.U1',
    tells: 'the usage calls unLock, which does not exist',
    note: 'It does not compile, so there is nothing to run; redis-setnx-published guesses that each scheme releases with its own method.',
  },
  {
    row: 'A11.U2',
    tells:
      'the exception of the refused caller is made and not thrown, and it goes on without the lock',
    lock: 'redis-setnx-getset-published',
    plan: {
      clients: 2,
      parameters: { ...SECONDS, loserGoesOn: true },
      workload: { startMs: [0, 100], workMs: 1_000 },
    },
    shows: { 'exclusion/belief': 'violated', 'lost-update': 'violated' },
    repaired: {
      how: 'throw',
      plan: {
        clients: 2,
        parameters: SECONDS,
        workload: { startMs: [0, 100], workMs: 1_000 },
      },
      shows: { 'exclusion/belief': 'held', 'lost-update': 'held' },
    },
  },
  {
    row: 'A11.U3',
    tells: 'the usage asks for 60 and means seconds',
    lock: 'redis-setnx-getset-published',
    plan: milliseconds,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: '60,000',
      plan: { ...milliseconds, parameters: { expire: 60_000 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A11.U4',
    tells: 'an exception out of lock2 comes before the try, so that no finally cleans up',
    lock: 'redis-setnx-getset-published',
    plan: deletedBeforeGetset,
    shows: { 'deadlock-freedom': 'violated' },
  },
  {
    row: 'A11.U5',
    tells:
      'a mutex in the place of a mark that the work is done: the same request comes again and works again',
    lock: 'redis-setnx-getset-published',
    plan: {
      clients: 2,
      rounds: 2,
      parameters: SECONDS,
      workload: { workMs: 500 },
    },
    shows: { 'exclusion/belief': 'held', 'lost-update': 'held', 'exclusion/effect': 'held' },
    note: 'Every promise of a lock is kept, and the counter goes up four times: "at most once" is not among them.',
  },
])
