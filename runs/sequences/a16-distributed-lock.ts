/** Every defect of the published Java class `DistributedLock`, each alone, and each mended alone. */

import type { SequencePlan } from './sequence.ts'
import { defineSequences, withParameters } from './sequence.ts'
import { GRANTED, ONE_MS, lost } from './timelines.ts'

const lock = 'zk-sequential-published'
const SERVERS = ['zookeeper-1', 'zookeeper-2', 'zookeeper-3']
/** Who waits 30 s in vain goes on waiting: the first defect out of the way of the others. */
const PATIENT = { awaitResult: 'obeyed' }

const slowHolder: SequencePlan = { workload: { startMs: [0, 100], workMs: 40_000 } }

const waiterDies: SequencePlan = {
  clients: 3,
  parameters: PATIENT,
  workload: { startMs: [0, 1_000, 2_000], workMs: 60_000 },
  faults: [{ kind: 'crash', node: 'client-2', at: 10_000 }],
}

const deathBetweenListAndWatch: SequencePlan = {
  clients: 3,
  servers: 1,
  parameters: PATIENT,
  network: ONE_MS,
  workload: { startMs: [0, 1_000, 30_000], workMs: 60_000 },
  faults: [
    { kind: 'crash', node: 'client-2', at: 3_000 },
    {
      kind: 'pause',
      node: 'client-3',
      at: { node: 'client-3', event: 'acquiring', afterMs: 7.5 },
      forMs: 8_000,
    },
  ],
}

const blip: SequencePlan = {
  clients: 3,
  servers: 1,
  parameters: PATIENT,
  workload: { startMs: [0, 1_000, 2_000], workMs: 20_000 },
  faults: [{ kind: 'crash', node: 'zookeeper', at: 5_000, forMs: 1_000 }],
}

const eventBeforeLatch: SequencePlan = {
  servers: 1,
  parameters: PATIENT,
  network: ONE_MS,
  workload: { startMs: [0, 10_000], workMs: 12_000 },
  faults: [
    {
      kind: 'pause',
      node: 'client-2',
      at: { node: 'client-2', event: 'acquiring', afterMs: 9 },
      forMs: 5_000,
    },
  ],
  progressWithinMs: 10_000,
}

const timedTry: SequencePlan = {
  parameters: { call: 'tryLock(time)' },
  workload: { startMs: [0, 1_000], workMs: 3_000 },
}

const tryOnce: SequencePlan = {
  parameters: { call: 'tryLock' },
  workload: { startMs: [0, 1_000], workMs: 2_000, retryMs: 1_000 },
}

/** One answer to client-2 is lost. */
const lostAnswer = (operation: string): SequencePlan => ({
  servers: 1,
  parameters: PATIENT,
  workload: { startMs: [0, 1_000], workMs: 5_000, retryMs: 1_000 },
  faults: [
    { kind: 'message', from: 'zookeeper', to: 'client-2', operation, at: 0, action: 'lose' },
  ],
})

const lostDelete: SequencePlan = {
  servers: 1,
  parameters: PATIENT,
  workload: { startMs: [0, 1_000], workMs: 5_000 },
  faults: [lost('delete', 'client-1', 'zookeeper')],
}

const usedTwice: SequencePlan = {
  parameters: { oneObject: true },
  rounds: 2,
  workload: { startMs: [0, 100], workMs: 1_000, retryMs: 1_000 },
}

const nestedObject: SequencePlan = {
  parameters: { oneObject: true },
  workload: { nested: true, startMs: [0, 31_000], workMs: 15_000 },
}

const nested: SequencePlan = {
  workload: { nested: true, startMs: [0, 1_000] },
  progressWithinMs: 10_000,
  horizonMs: 25_000,
}

const cutHolder: SequencePlan = {
  parameters: { ...PATIENT, judgeAgain: true },
  workload: { startMs: [0, 1_000], workMs: 60_000 },
  faults: [{ kind: 'partition', groups: [['client-1'], SERVERS], at: GRANTED, forMs: 100_000 }],
}

const noFirstConnection: SequencePlan = {
  parameters: { oneObject: true },
  workload: { retryMs: 1_000 },
  faults: [{ kind: 'partition', groups: [['client-2'], SERVERS], at: 0, forMs: 20_000 }],
}

const firstUsers: SequencePlan = {
  servers: 1,
  parameters: { oneObject: true },
  network: ONE_MS,
  workload: { retryMs: 1_000 },
}

const shortPause: SequencePlan = {
  services: { zookeeper: { tickTimeMs: 1_000 } },
  workload: { startMs: [0, 2_000], workMs: 5_000 },
  faults: [{ kind: 'pause', node: 'client-1', at: { ...GRANTED, afterMs: 1_000 }, forMs: 26_000 }],
}

const overflow: SequencePlan = {
  services: { zookeeper: { sequenceStart: 2_147_483_647 } },
  workload: { startMs: [0, 100], workMs: 5_000 },
}

const staleWatch: SequencePlan = {
  clients: 4,
  parameters: {
    call: 'tryLock(time)',
    honoursUnit: true,
    waitMs: 12_000,
    awaitResult: 'returned',
    oneObject: true,
    cleansUp: true,
  },
  workload: { startMs: [0, 1_000, 3_000, 16_000], workMs: 36_000, retryMs: 8_000 },
  faults: [
    { kind: 'crash', node: 'client-2', at: 2_000 },
    { kind: 'crash', node: 'client-4', at: 17_000 },
  ],
}

/** zhisheng 2018, DistributedLock, read line by line. */
export const a16 = defineSequences('A16', 'ZooKeeper, the published class DistributedLock', [
  {
    row: 'A16.Z1',
    tells:
      'the holder works for 40 s; after 30 s the waiter throws latch.await’s false away and believes',
    lock,
    plan: slowHolder,
    shows: {
      'exclusion/service': 'held',
      'exclusion/belief': 'violated',
      'lost-update': 'violated',
    },
    repaired: {
      how: 'the answer of latch.await is obeyed: whose time ran out goes on waiting',
      plan: withParameters(slowHolder, PATIENT),
      shows: { 'exclusion/belief': 'held', 'lost-update': 'held' },
    },
    note: 'No fault at all.',
  },
  {
    row: 'A16.Z2',
    tells: 'waitForLock returns false after 30 s, and lock() does not look at it',
    lock,
    plan: withParameters(slowHolder, { awaitResult: 'returned' }),
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'lock() looks at it',
      plan: withParameters(slowHolder, PATIENT),
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z3',
    tells:
      'a waiter dies, its node goes with its session, and the one behind it believes without a second look',
    lock,
    plan: waiterDies,
    shows: { 'exclusion/belief': 'violated', 'exclusion/effect': 'violated' },
    repaired: {
      how: 'list the children again after waking',
      plan: withParameters(waiterDies, { judgeAgain: true }),
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held' },
    },
  },
  {
    row: 'A16.Z4',
    tells:
      'the node to watch is gone between getChildren and exists, and that is taken for the lock',
    lock,
    plan: deathBetweenListAndWatch,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'list the children again',
      plan: withParameters(deathBetweenListAndWatch, { judgeAgain: true }),
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z5',
    tells: 'the server restarts within a second: Disconnected counts every waiter’s latch down',
    lock,
    plan: blip,
    shows: { 'exclusion/belief': 'violated', 'exclusion/service': 'held' },
    repaired: {
      how: 'only the end of the watched node counts',
      plan: withParameters(blip, { eventsAsGrants: false }),
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z6',
    tells:
      'the node goes after exists() and before the latch is made: nobody counts down, and the waiter sleeps on',
    lock,
    plan: eventBeforeLatch,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'make the latch before the watch is set',
      plan: withParameters(eventBeforeLatch, { latchFirst: true }),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
    note: 'A pause of 5 s makes the answer and the event arrive together. It sleeps 30 s, and then finds the node gone.',
  },
  {
    row: 'A16.Z7',
    tells:
      'latch is not volatile, and process() checks and then uses it: a NullPointerException, or no wake-up',
    note: 'The memory of a JVM is not modelled: processes of a node see each other’s writes at once, and nothing comes between two effects. A wake-up that is lost in this way looks like A16.Z6.',
  },
  {
    row: 'A16.Z8',
    tells: 'tryLock(5, SECONDS) waits 5 ms, and then believes',
    lock,
    plan: timedTry,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'the unit is converted, and the answer of latch.await returned',
      plan: withParameters(timedTry, { honoursUnit: true }),
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z9',
    tells: 'a tryLock that fails leaves its node, which is the lowest later and held by nobody',
    lock,
    plan: tryOnce,
    shows: { 'deadlock-freedom': 'violated', 'exclusion/belief': 'held' },
    repaired: {
      how: 'an attempt that fails ends its session',
      plan: withParameters(tryOnce, { cleansUp: true }),
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z10',
    tells:
      'the answer to getChildren is lost: an exception, and the node stays as long as the process lives',
    lock,
    plan: lostAnswer('getChildren'),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'an attempt that fails ends its session',
      plan: withParameters(lostAnswer('getChildren'), { cleansUp: true }),
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'With A16.Z1 in place the next attempt believes after 30 s behind its own orphan: one defect hides the other.',
  },
  {
    row: 'A16.Z11',
    tells: 'the answer to create is lost: the node is there, nameless, and nobody looks for it',
    lock,
    plan: lostAnswer('create'),
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a unique name, by which the node is found again',
      lock: 'zk-sequential',
      plan: { ...lostAnswer('create'), parameters: {} },
      shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z12',
    tells:
      'unlock loses its delete, swallows the exception and skips close(): the session is kept alive with the lock',
    lock,
    plan: lostDelete,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'close the session whatever became of the delete',
      plan: withParameters(lostDelete, { closesAnyway: true }),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A16.Z13',
    tells: 'unlock without a lock, or twice, throws before it closes the session',
    note: 'A workload releases what it was granted, once. What comes of it, a session that nobody closes, holds no node.',
  },
  {
    row: 'A16.Z14',
    tells:
      'unlock closes the session: the object is good for one use, and every later lock() throws',
    lock,
    plan: usedTwice,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a new object for each use',
      plan: withParameters(usedTwice, { oneObject: false }),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A16.Z15',
    tells:
      'two uses of one object share myZnode and the session: the inner unlock ends the outer hold with it',
    lock,
    plan: nestedObject,
    shows: { reentrancy: 'violated', 'exclusion/belief': 'violated' },
    repaired: {
      how: 'an object, and a session, for each use',
      plan: withParameters(nestedObject, { oneObject: false }),
      shows: { 'exclusion/belief': 'held' },
    },
    note: 'A client is one thread here: the second user of the object is the holder itself, after the 30 s of A16.Z16.',
  },
  {
    row: 'A16.Z16',
    tells: 'the holder asks again, gets a node behind its own, and waits for itself',
    lock,
    plan: nested,
    shows: { reentrancy: 'violated' },
    repaired: {
      how: 'a count on the client: Curator',
      lock: 'curator-mutex',
      plan: nested,
      shows: { reentrancy: 'held' },
    },
    note: 'After 30 s A16.Z1 lets it in; its inner unlock then wakes the waiter behind it, which believes (A16.Z3).',
  },
  {
    row: 'A16.Z17',
    tells: 'the holder is cut off, its session ends, and nobody tells it; nor is there a token',
    lock,
    plan: cutHolder,
    shows: { 'exclusion/belief': 'violated', fencing: 'not offered' },
    repaired: {
      how: 'the application hears of the lost connection, and the store checks the transaction of the node',
      plan: {
        ...withParameters(cutHolder, { tellsLoss: true, token: true }),
        store: { fencing: 'all' },
      },
      shows: { 'exclusion/belief': 'held', 'exclusion/effect': 'held', fencing: 'held' },
    },
  },
  {
    row: 'A16.Z18',
    tells:
      'no server answers the constructor: the object keeps the exception, and lock() throws it for ever',
    lock,
    plan: noFirstConnection,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'a new object for each attempt',
      plan: withParameters(noFirstConnection, { oneObject: false }),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A16.Z19',
    tells:
      'tryLock does not look at the constructor’s exception: the dead object of A16.Z20 gets the lock',
    lock,
    plan: withParameters(firstUsers, { call: 'tryLock', cleansUp: true }),
    shows: { 'deadlock-freedom': 'held', 'exclusion/belief': 'held' },
    note: 'Harmless here, as its session is sound. Where there is no session at all, the real one dies of a NullPointerException.',
  },
  {
    row: 'A16.Z20',
    tells:
      'two first users see no root and both create it: the loser keeps NODEEXISTS and never locks anything',
    lock,
    plan: firstUsers,
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'NODEEXISTS is as good as having created it',
      plan: withParameters(firstUsers, { toleratesRoot: true }),
      shows: { 'deadlock-freedom': 'held' },
    },
  },
  {
    row: 'A16.Z21',
    tells:
      'asked for 30 s, the servers grant 20 ticks: with ticks of 1 s a pause of 26 s is too long',
    lock,
    plan: shortPause,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'ticks of 2 s, so that 30 s are granted',
      plan: { ...shortPause, services: { zookeeper: { tickTimeMs: 2_000 } } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z22',
    tells:
      'a lock called …_lock passes the check, and then never finds its own nodes: an IndexOutOfBoundsException',
    lock,
    plan: {
      parameters: { nameEndsInLock: true },
      workload: { startMs: [0, 100], retryMs: 1_000 },
    },
    shows: { 'deadlock-freedom': 'violated' },
    repaired: {
      how: 'another name',
      plan: { workload: { startMs: [0, 100], retryMs: 1_000 } },
      shows: { 'deadlock-freedom': 'held' },
    },
    note: 'That its nodes count as those of another lock takes two locks, and a run has one.',
  },
  {
    row: 'A16.Z23',
    tells:
      'the counter of the common parent overflows: -2147483648 sorts first, and the newcomer passes the holder',
    lock,
    plan: overflow,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'numbers are compared on a circle',
      lock: 'zk-sequential',
      plan: { ...overflow, parameters: { overflow: 'foreseen' } },
      shows: { 'exclusion/belief': 'held' },
    },
  },
  {
    row: 'A16.Z24',
    tells:
      'the session ends between create and getChildren, the own node is missing, and a negative index is used',
    note: 'Does not come about in this way: the library says CONNECTIONLOSS or SESSIONEXPIRED before it shows a list without the node, by its code; that is the case of A16.Z10. The index is used where the list is empty for another reason: A16.Z22.',
  },
  {
    row: 'A16.Z25',
    tells: 'an interrupt is wrapped without restoring the flag, and leaves the node',
    note: 'Processes are not interrupted here. The node that it leaves is that of A16.Z10.',
  },
  {
    row: 'A16.Z26',
    tells:
      'the watch of a wait that timed out fires later, and counts down the latch of the next wait',
    lock,
    plan: staleWatch,
    shows: { 'exclusion/belief': 'violated' },
    repaired: {
      how: 'only the end of the node that is waited for now counts',
      plan: withParameters(staleWatch, { eventsAsGrants: false }),
      shows: { 'exclusion/belief': 'held' },
    },
    note: 'Two dead waiters keep the second look of A16.Z3 out of it: the one behind the node that goes is dead, too.',
  },
  {
    row: 'A16.Z27',
    tells:
      'newCondition() is null, this escapes from the constructor, the list of exceptions is not synchronised',
    note: 'Faults of a Java object, none of which reaches a server.',
  },
  {
    row: 'A16.Z28',
    tells: 'all locks share one directory: each acquire lists the nodes of all of them',
    note: 'A matter of cost in a system of many locks, and a run has one.',
  },
])
