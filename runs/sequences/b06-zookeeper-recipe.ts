/** Sequences of ZooKeeper's recipe page and of the WriteLock that comes with ZooKeeper. */

import type { SequencePlan } from './sequence.ts'
import { defineSequences, withParameters } from './sequence.ts'
import { ONE_MS, lost } from './timelines.ts'

const lock = 'zk-writelock'

const goneBeforeWatch: SequencePlan = {
  servers: 1,
  network: ONE_MS,
  workload: { startMs: [0, 2_000], workMs: 4_000 },
  faults: [
    {
      kind: 'pause',
      node: 'client-2',
      at: { node: 'client-2', event: 'acquiring', afterMs: 9.5 },
      forMs: 5_000,
    },
  ],
}

const overflow: SequencePlan = {
  clients: 3,
  services: { zookeeper: { sequenceStart: 2_147_483_646 } },
  workload: { startMs: [0, 1_000, 40_000], workMs: 60_000 },
  faults: [{ kind: 'crash', node: 'client-2', at: 2_000 }],
}

const lostCreate: SequencePlan = {
  servers: 1,
  workload: { startMs: [0, 1_000], workMs: 5_000 },
  faults: [lost('create', 'zookeeper', 'client-2')],
}

const lostDelete: SequencePlan = {
  servers: 1,
  workload: { startMs: [0, 1_000], workMs: 5_000 },
  faults: [lost('delete', 'client-1', 'zookeeper')],
}

/** zookeeper recipes.md; zookeeper-recipes-lock WriteLock.java; what follows from them. */
export const b06 = defineSequences('B6', 'ZooKeeper’s recipe page and its WriteLock', [
  {
    row: 'B6.1',
    tells:
      'the node before ours goes between getChildren and exists: WriteLock logs it, and nobody ever wakes us',
    lock,
    plan: goneBeforeWatch,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'look again where exists() finds nothing',
      plan: withParameters(goneBeforeWatch, { loopsOnNull: true }),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
    note: 'Also known as apache/helix#44 and shayhatsor/zookeeper#26.',
  },
  {
    row: 'B6.2',
    tells: 'the parent’s counter overflows, and the newcomer’s number comes before the holder’s',
    lock,
    plan: overflow,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'read the sign, and compare on a circle',
      plan: withParameters(overflow, { readsSign: true }),
      shows: { 'exclusion/belief': 'held' },
    },
    note: 'ZNodeName subtracts ints, which would be right on a circle; but it takes the sign for the separator, finds 2147483648 too large for an int, and puts -1. Against 2147483647 itself that difference overflows, and each is less than the other: a dead waiter takes that number here.',
  },
  {
    row: 'B6.X1',
    tells:
      'the answer to create is lost; the node is found again without its directory, and its owner never knows that it is his turn',
    lock,
    plan: lostCreate,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'remember the whole path',
      plan: withParameters(lostCreate, { fullPath: true }),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'B6.X2',
    tells:
      'the page says that at no moment two clients think they hold it: a pause beyond the session',
    lock: 'zk-sequential',
    plan: { scenario: 'gc-pause' },
    shows: { 'exclusion/service': 'held', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'no lock can promise it; what can be promised is the effect, with a token',
      plan: { scenario: 'gc-pause', store: { fencing: 'all' } },
      shows: { 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'B6.X3',
    tells:
      'unlock deletes once, as the end of the session would delete it too; the delete is lost, and the session lives on',
    lock,
    plan: lostDelete,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a delete that is repeated until it is known to be done: Curator',
      lock: 'curator-mutex',
      plan: lostDelete,
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
    note: 'Not in the collection: drawn plans found it. The comment in the code argues with closing, but unlock does not close.',
  },
  {
    row: 'B6.D37',
    tells: 'the recipe in C chose the wrong predecessor',
    note: 'The C library’s recipe is not modelled; choosing another than the next lower node is a mutant of zk-sequential that the fairness judge catches.',
  },
])
