/** Sequences of Hazelcast's FencedLock: re-entry, calls in doubt, and what the fence is for. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS, READ } from './timelines.ts'

const nested: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  workload: { startMs: [0, 50], workMs: 200, nested: true },
}

/** No member's answer to the first lock call gets through for a while. */
const lostAnswer = (retryUid: 'same' | 'new'): SequencePlan => ({
  clients: 2,
  network: ONE_MS,
  parameters: { retryUid },
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  progressWithinMs: 20_000,
  faults: ['hazelcast-1', 'hazelcast-2', 'hazelcast-3'].map((from) => ({
    kind: 'message',
    from,
    to: 'client-1',
    operation: 'lock',
    action: 'lose',
    count: 1,
    at: 0,
    forMs: 5_000,
  })),
})

/** The second client waits for two seconds and is interrupted, while the first works for five, and tries again later. */
const interrupted = (unlockOnInterrupt: boolean): SequencePlan => ({
  clients: 3,
  network: ONE_MS,
  parameters: { interruptMs: 2_000, unlockOnInterrupt },
  // The third comes when the first is done, and finds the lock with somebody who has gone away.
  workload: { startMs: [0, 1_000, 6_000], workMs: 5_000, retryMs: 4_000 },
  progressWithinMs: 10_000,
})

const paused: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: READ, forMs: 45_000 }],
}

/** The wall clock of the member that leads is set ahead by more than the TTL. */
const clockJump: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  workload: { startMs: [0, 500], workMs: 10_000 },
  faults: [{ kind: 'clock', node: 'hazelcast-1', at: 3_000, jumpMs: 60_000 }],
}

/** The leader and the holder are on the side of the minority for a while. */
const minority: SequencePlan = {
  clients: 2,
  network: ONE_MS,
  workload: { startMs: [0, 1_000], workMs: 1_000 },
  rounds: 2,
  faults: [
    {
      kind: 'partition',
      groups: [
        ['hazelcast-1', 'client-1'],
        ['hazelcast-2', 'hazelcast-3', 'client-2'],
      ],
      at: READ,
      forMs: 90_000,
    },
  ],
}

/** Hazelcast's documentation and sources, and Jepsen's tests of what came before. */
export const b16 = defineSequences('B16', 'Hazelcast FencedLock', [
  {
    row: 'B16.1',
    tells:
      'the holder takes the lock again inside its section: the same fence, and the first unlock frees nothing',
    lock: 'hazelcast-fenced-lock',
    plan: { ...nested, store: { fencing: 'all' } },
    shows: { reentrancy: 'held', fencing: 'held', 'exclusion/effect': 'held' },
  },
  {
    row: 'B16.2',
    tells:
      'the lock call is applied and its answer lost; said again as a new call it counts twice, and one unlock is not enough',
    lock: 'hazelcast-fenced-lock',
    plan: lostAnswer('new'),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'say the same call again, which the servers know by its uid',
      plan: lostAnswer('same'),
      shows: { 'deadlock-freedom': 'held', ownership: 'held' },
    },
  },
  {
    row: 'B16.3',
    tells:
      'a caller that waits is interrupted and goes; its call still stands in the queue and gets the lock, for nobody (hazelcast/hazelcast#15513)',
    lock: 'hazelcast-fenced-lock',
    plan: interrupted(false),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'unlock after an interrupted call: it cancels the wait',
      plan: interrupted(true),
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'If the caller calls again it re-enters what it did not know that it had, and unlocks once too few. The session is then in no use and sends no heartbeats, so the lock comes free when its TTL is over: 30 s here, 300 s by default.',
  },
  {
    row: 'B16.4',
    tells: 'the holder stands still for longer than its session lives, and writes when it runs on',
    lock: 'hazelcast-fenced-lock',
    plan: paused,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated', fencing: 'held' },
    repaired: {
      how: 'check the fence at the store, as the documentation demands',
      plan: { ...paused, store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'B16.5',
    tells:
      'the wall clock of the leading member is set ahead: it finds all sessions over, and a living holder has lost its lock',
    lock: 'hazelcast-fenced-lock',
    plan: clockJump,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'check the fence at the store',
      plan: { ...clockJump, store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
    note: 'RaftSessionRegistry compares expirations with Clock.currentTimeMillis of the leader.',
  },
  {
    row: 'B16.6',
    tells:
      'a partition leaves the leader and the holder in the minority: only the majority grants the lock, where ILock did on both sides (Jepsen)',
    lock: 'hazelcast-fenced-lock',
    plan: minority,
    shows: { 'exclusion/service': 'held', 'deadlock-freedom': 'held' },
  },
])
