/** Sequences of the npm packages redlock and redis-semaphore. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { GRANTED, ONE_MS } from './timelines.ts'

const OTHERS_ASK_OFTEN = { retryCount: 2_000, retryDelayMs: 5, retryJitterMs: 0 }

/** The next answer of this server to client-1's request for the lock takes a second and a half. */
const lateAnswer = (from: string) =>
  ({
    kind: 'message',
    action: 'delay',
    from,
    to: 'client-1',
    operation: 'set',
    at: 0,
    byMs: 1_500,
  }) as const

/** The next request for the lock on this link is overtaken by the other client's. */
const overtaken = (from: string, to: string) =>
  ({ kind: 'message', action: 'delay', from, to, operation: 'set', at: 0, byMs: 2 }) as const

/** Three servers, a lease of a second; client-2 asks when the keys are over and client-1 still waits for answers. */
const lateAnswers = {
  clients: 2,
  servers: 3,
  parameters: { ttlMs: 1_000 },
  workload: { startMs: [0, 1_200], workMs: 600 },
  faults: [lateAnswer('redis-1'), lateAnswer('redis-2')],
} satisfies SequencePlan

/** Servers 2 and 3 extend the lock, and client-1 does not hear of it. */
const unheardExtension = {
  clients: 2,
  parameters: { version: '4.2.0', ttlMs: 5_000, autoExtend: true, commandTimeoutMs: 50 },
  workload: { startMs: [0, 100], workMs: 12_000, retryMs: 20 },
  faults: [
    {
      kind: 'partition',
      groups: [['redis-2', 'redis-3'], ['client-1']],
      oneWay: true,
      at: { ...GRANTED, afterMs: 4_400 },
      forMs: 100,
    },
  ],
} satisfies SequencePlan

/** One server is down; each client gets one of the other two, and keeps it between its attempts. */
const ownMinority = {
  clients: 2,
  network: ONE_MS,
  progressWithinMs: 1_500,
  faults: [
    { kind: 'crash', node: 'redis-3', at: 0 },
    overtaken('client-1', 'redis-2'),
    overtaken('client-2', 'redis-1'),
  ],
} satisfies SequencePlan

/** Of four servers each client gets two. */
const evenSplit = {
  clients: 2,
  servers: 4,
  network: ONE_MS,
  faults: [
    overtaken('client-1', 'redis-3'),
    overtaken('client-1', 'redis-4'),
    overtaken('client-2', 'redis-1'),
    overtaken('client-2', 'redis-2'),
  ],
} satisfies SequencePlan

const usingParameters = { ttlMs: 5_000, autoExtend: true }

/** From right before its extension on, client-1 reaches no server. */
const cutOff = {
  clients: 2,
  parameters: { ...usingParameters, commandTimeoutMs: 10 },
  workload: { startMs: [0, 4_700], workMs: 10_000, retryMs: 20 },
  faults: [
    {
      kind: 'partition',
      groups: [['client-1'], ['redis-1', 'redis-2', 'redis-3']],
      at: { ...GRANTED, afterMs: 4_400 },
    },
  ],
} satisfies SequencePlan

/** client-1's event loop is blocked for 600 ms right before its timer. */
const blockedLoop = {
  clients: 2,
  parameters: { ...usingParameters, ...OTHERS_ASK_OFTEN },
  workload: { startMs: [0, 4_700], workMs: 10_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 4_430 }, forMs: 600 }],
} satisfies SequencePlan

/** The server is restarted with all its data while the refresh is due. */
const failedRefresh = {
  clients: 2,
  services: { redis: { persistence: 'always' } },
  workload: { startMs: [0, 100], workMs: 20_000 },
  faults: [{ kind: 'crash', node: 'redis', at: 7_900, forMs: 200 }],
} satisfies SequencePlan

/** client-1's event loop is blocked for 2.1 s right before its timer. */
const lateRefresh = {
  clients: 2,
  workload: { startMs: [0, 100], workMs: 20_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 7_950 }, forMs: 2_100 }],
} satisfies SequencePlan

/** node-redlock 4.2.0, 5.0.0-beta.2 and main; redis-semaphore 5.7.0. */
export const b03 = defineSequences('B3', 'npm packages: redlock and redis-semaphore', [
  {
    row: 'B3a.1',
    tells:
      'an extension whose answers are lost is taken back everywhere, and can never succeed again',
    lock: 'node-redlock',
    plan: unheardExtension,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'version 5 leaves the keys alone and tries again',
      plan: {
        ...unheardExtension,
        parameters: { ...unheardExtension.parameters, version: 'main' },
      },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B3a.2',
    tells: 'retryCount 0 counts as no option, and version 4 tries eleven times',
    lock: 'node-redlock',
    plan: {
      clients: 2,
      parameters: { version: '4.2.0', retryCount: 0 },
      workload: { startMs: [0, 100], workMs: 1_000 },
    },
    shows: { 'exclusion/belief': 'held', 'deadlock-freedom': 'held' },
    note: 'No promise is broken: client-2 gets the lock in the one call that should have failed at once, as the story shows.',
  },
  {
    row: 'B3a.3',
    tells: 'releasing a lock that is over is an error',
    lock: 'node-redlock',
    plan: { scenario: 'slow-holder', parameters: { version: '4.2.0' } },
    shows: { ownership: 'held', 'exclusion/belief': 'violated' },
    note: 'The story shows released: not-held, which the package throws as an exception.',
  },
  {
    row: 'B3b.1',
    tells: 'version 5 hands out a lock whose expiration is in the past',
    lock: 'node-redlock',
    plan: { ...lateAnswers, workload: { startMs: [0, 3_000], workMs: 100 } },
    shows: { 'exclusion/validity': 'held', 'exclusion/belief': 'held' },
    note: 'client-1 is granted a lock at 1,500 ms that was over at 988 ms: the story shows that its validity has ended as it begins. In B3b.7 a second client is there meanwhile.',
  },
  {
    row: 'B3b.2',
    tells:
      'what each attempt leaves on a minority stands in the way of the next one, its own included',
    lock: 'node-redlock',
    plan: ownMinority,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'version 4 unlocks after each attempt',
      plan: { ...ownMinority, parameters: { version: '4.2.0' } },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: '1.5 s are allowed. Only the last of eleven attempts, after some 2 s, cleans up.',
  },
  {
    row: 'B3b.3',
    tells: 'with four servers two say yes and two say no, and version 5 waits for ever',
    lock: 'node-redlock',
    plan: evenSplit,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'an odd number of servers',
      plan: { ...evenSplit, servers: 5 },
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'B3b.4',
    tells: 'an extension is refused when the lock is over, and the application is told',
    lock: 'node-redlock',
    plan: {
      clients: 2,
      parameters: { autoExtend: true },
      workload: { startMs: [0, 11_000], workMs: 1_000, careful: true },
      faults: [
        {
          kind: 'pause',
          node: 'client-1',
          at: { node: 'client-1', event: 'read-returned' },
          forMs: 15_000,
        },
      ],
    },
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'held' },
    note: 'A careful client that wakes up looks at the expiration and does not write.',
  },
  {
    row: 'B3b.5',
    tells:
      'using() aborts only when all attempts to extend have failed, long after the lock is over',
    lock: 'node-redlock',
    plan: cutOff,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'no retries: extend is then tried again and again up to the end, and the abort comes in time',
      plan: { ...cutOff, parameters: { ...cutOff.parameters, retryCount: 0 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B3b.5b',
    tells: 'if calls hang instead of failing, the abort never comes',
    lock: 'node-redlock',
    plan: { ...cutOff, parameters: { ...usingParameters, retryCount: 0 } },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a timeout for commands',
      plan: { ...cutOff, parameters: { ...cutOff.parameters, retryCount: 0 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B3b.6',
    tells: 'the event loop is blocked when the timer is due, and the extension comes too late',
    lock: 'node-redlock',
    plan: blockedLoop,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a threshold of 2 s',
      plan: {
        ...blockedLoop,
        parameters: { ...blockedLoop.parameters, automaticExtensionThresholdMs: 2_000 },
      },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B3b.7',
    tells: 'the answers come when the keys are over, and version 5 does not look',
    lock: 'node-redlock',
    plan: lateAnswers,
    shows: {
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
      'exclusion/validity': 'held',
    },
    repaired: {
      how: 'version 4 looks at the clock before it hands out the lock',
      plan: { ...lateAnswers, parameters: { ttlMs: 1_000, version: '4.2.0' } },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
    note: 'The validity that it states has ended before, so that the promise of the validity time is kept: whoever looks at `expiration` is safe. expirationCheck (#369) repairs version 5 in the same way.',
  },
  {
    row: 'B3b.8',
    tells: 'the process stands still after the check, whichever version',
    lock: 'node-redlock',
    plan: { scenario: 'pause-after-check', parameters: { version: '4.2.0' } },
    shows: { 'exclusion/effect': 'violated', 'exclusion/validity': 'held' },
  },
  {
    row: 'B3c.1',
    tells: 'one refresh fails, the next comes six seconds after the lock is over',
    lock: 'redis-semaphore',
    plan: failedRefresh,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'refresh four times as often, so that one may fail',
      plan: { ...failedRefresh, parameters: { refreshMs: 2_000 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B3c.2',
    tells: 'RedlockMutex counts votes that arrive when the keys are over',
    lock: 'redis-semaphore',
    plan: {
      ...lateAnswers,
      parameters: { kind: 'redlock-mutex', ttlMs: 1_000, refreshMs: 800 },
    },
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'step 3: the time gone by must be less than the lease',
      plan: {
        ...lateAnswers,
        parameters: { kind: 'redlock-mutex', ttlMs: 1_000, refreshMs: 800, elapsedCheck: true },
      },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B3c.3',
    tells: 'the event loop is blocked when the refresh is due',
    lock: 'redis-semaphore',
    plan: lateRefresh,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'refresh at a quarter of the lease',
      plan: { ...lateRefresh, parameters: { refreshMs: 2_500 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B3c.4',
    tells:
      'the package’s Semaphore scores its holders by their own clocks, and one that is ahead evicts all others',
    note: 'Not a lock: its sorted set admits several holders. redis-queue with pruneBy=client-clock has the same defect in a lock (A18.6).',
  },
])
