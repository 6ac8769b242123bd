/** Sequences of Chubby, as far as they can be played without it. */

import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS } from './timelines.ts'

const lateWrite = {
  network: ONE_MS,
  workload: { startMs: [0, 100], workMs: 1_000, storeTimeoutMs: 500 },
  faults: [
    {
      kind: 'message',
      action: 'delay',
      from: 'client-1',
      to: 'store',
      operation: 'write',
      at: 0,
      count: 1,
      byMs: 75_000,
    },
    {
      kind: 'crash',
      node: 'client-1',
      at: { node: 'client-1', event: 'write-sent', afterMs: 100 },
    },
    {
      kind: 'pause',
      node: 'client-2',
      at: { node: 'client-2', event: 'read-returned' },
      forMs: 65_000,
    },
  ],
} satisfies SequencePlan

/** Burrows, The Chubby lock service for loosely-coupled distributed systems (2006), 2.4. */
export const b08 = defineSequences('B8', 'Chubby', [
  {
    row: 'B8.1',
    tells: 'the holder’s write is under way for so long that it arrives in the section of the next',
    lock: 'etcd-mutex',
    plan: lateWrite,
    shows: { 'exclusion/effect': 'violated' },
    note: 'Played with the lock of etcd, which has no lock-delay. One of a minute would only move the moment: the write would have to be later still.',
  },
  {
    row: 'B8.2',
    tells: 'with a sequencer that the resource checks, the late write is refused',
    lock: 'etcd-mutex',
    plan: { ...lateWrite, store: { fencing: 'all' } },
    shows: { 'exclusion/effect': 'held', fencing: 'held' },
    note: 'The revision of etcd’s key stands for the sequencer: lock name, mode and generation number in one.',
  },
])
