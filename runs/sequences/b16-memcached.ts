/** Sequences of the memcached lock. */

import { slowWorkers } from './a09-setnx-expire.ts'
import { defineSequences } from './sequence.ts'
import type { SequencePlan } from './sequence.ts'
import { ONE_MS } from './timelines.ts'

const longWork = {
  clients: 2,
  workload: { startMs: [0, 100], workMs: 5_000 },
} satisfies SequencePlan

const evicted = {
  ...longWork,
  services: { memcached: { itemsMax: 1_000, otherStoresPerSecond: 500 } },
} satisfies SequencePlan

/** What client-1 sends to free the lock is late. */
const heldUp = (operation: string) =>
  ({
    kind: 'message',
    action: 'delay',
    from: 'client-1',
    to: 'memcached',
    operation,
    at: 0,
    byMs: 300,
  }) as const

/** The lease ends while client-1's delete is under way, and client-2 adds the item anew. */
const betweenGetAndDelete = {
  clients: 2,
  parameters: { exptimeSeconds: 2, release: 'get-then-delete' },
  workload: { startMs: [0, 100], workMs: 1_900, retryMs: 5 },
  faults: [heldUp('delete')],
} satisfies SequencePlan

/** client-2 does not reach the server that has the key. */
const resharded = {
  clients: 2,
  servers: 2,
  workload: { startMs: [0, 100], workMs: 5_000 },
  faults: [{ kind: 'partition', groups: [['client-2'], ['memcached-2']], at: 50, forMs: 4_000 }],
} satisfies SequencePlan

/** Just before the timer ticks, client-1 asks for a second. */
const shortSecond = {
  clients: 2,
  network: ONE_MS,
  parameters: { exptimeSeconds: 1 },
  workload: { startMs: [950, 960], workMs: 500, retryMs: 5 },
} satisfies SequencePlan

/** memcached doc/protocol.txt; codeigniter4/CodeIgniter4#10154; articles on `add` as a lock. */
export const b16Memcached = defineSequences('B16', 'memcached add', [
  {
    row: 'B16.m1',
    tells: 'the server needs room and evicts the item, while its holder works',
    lock: 'memcached-add',
    plan: evicted,
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a server for locks alone, with more room than locks',
      plan: longWork,
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B16.m2',
    tells: 'the server is restarted, and everything in it is gone',
    lock: 'memcached-add',
    plan: { ...longWork, faults: [{ kind: 'crash', node: 'memcached', at: 1_000, forMs: 100 }] },
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
  },
  {
    row: 'B16.m3',
    tells: 'a late holder deletes the item of the next one',
    lock: 'memcached-add',
    plan: slowWorkers,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'gets and a cas that is over at once',
      plan: { ...slowWorkers, parameters: { release: 'compare-and-expire' } },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'B16.m4',
    tells: 'looking first whose item it is does not help: get and delete are two steps',
    lock: 'memcached-add',
    plan: betweenGetAndDelete,
    shows: { ownership: 'violated' },
    repaired: {
      how: 'gets and a cas that is over at once',
      plan: {
        ...betweenGetAndDelete,
        parameters: { exptimeSeconds: 2, release: 'compare-and-expire' },
        faults: [heldUp('cas')],
      },
      shows: { ownership: 'held' },
    },
  },
  {
    row: 'B16.m5',
    tells: 'one client’s library takes a server off its ring, and the key is free on the next one',
    lock: 'memcached-add',
    plan: resharded,
    shows: { 'exclusion/service': 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'a library that fails instead',
      plan: { ...resharded, parameters: { ejectsFailed: false } },
      shows: { 'exclusion/service': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B16.m6',
    tells: 'an exptime of 1 is over at the next tick of the timer, perhaps at once',
    lock: 'memcached-add',
    plan: shortSecond,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'an exptime of 2',
      plan: { ...shortSecond, parameters: { exptimeSeconds: 2 } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B16.m7',
    tells: 'the server’s wall clock jumps, and nothing happens: its timer is monotonic',
    lock: 'memcached-add',
    plan: {
      ...longWork,
      faults: [{ kind: 'clock', node: 'memcached', at: 1_000, jumpMs: 60_000 }],
    },
    shows: { 'exclusion/belief': 'held', 'exclusion/service': 'held' },
    note: 'The opposite of Redis (B1.3), as long as exptime is a number of seconds and no Unix time.',
  },
])
