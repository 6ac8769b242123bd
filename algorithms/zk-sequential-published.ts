/** The same recipe as the article's Java class `DistributedLock` really does it, bugs included. */

import { note } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { duration, flag, oneOf } from './parameters.ts'
import { belongsTo, construct, ROOT, take } from './zk-distributed-lock.ts'
import type { DistributedLock } from './zk-distributed-lock.ts'
import { byText, lowestOwner, ownersOf, SEQUENTIAL_NODE } from './zk-holders.ts'

const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), DistributedLock'

interface Held extends Grant {
  readonly object: DistributedLock
}
interface Reused {
  object: DistributedLock | undefined
}

/** The name of the lock, as the application chose it. */
const nameOf = (lock: string, endsInLock: boolean): string => (endsInLock ? `${lock}_lock` : lock)

/**
 * The published code, each of its defects with a parameter that mends it:
 *
 * - `waitForLock` throws the answer of `latch.await` away: who has waited 30 s has the lock; and `lock()` would not look
 *   at what it returned either (`awaitResult`);
 * - after waking nobody looks whether his node is the lowest now, nor where the predecessor was gone already: a waiter's
 *   end lets the next one in (`judgeAgain`);
 * - any event wakes, `Disconnected` and `SyncConnected` too (`eventsAsGrants`);
 * - the watch is set before the latch is there: an event in between is lost (`latchFirst`);
 * - the timed `tryLock` takes any unit for milliseconds (`honoursUnit`);
 * - what fails leaves its node behind, also a create whose answer was lost, and its session is kept alive (`cleansUp`);
 * - `unlock` swallows a lost connection: the node stays, and the session is not closed (`closesAnyway`);
 * - `unlock` closes the session, so that an object is good for one use; a failed constructor makes it good for none
 *   (`oneObject` uses it again all the same);
 * - two first users race for the root (`toleratesRoot`);
 * - the end of the session while the lock is held is noticed by nobody (`tellsLoss`), and no token is given (`token`);
 * - the holder that takes it again waits for itself;
 * - names are parsed so that a lock called `…_lock` is never found (`nameEndsInLock`), and sorted as text, so that an
 *   overflow of the counter lets the newcomer in.
 */
export const zkSequentialPublished = defineAlgorithm({
  name: 'zk-sequential-published',
  summary: 'ZooKeeper: ephemeral sequential nodes; the published Java code, bugs included',
  sources: [ARTICLE],
  steps: [
    'Create an ephemeral sequential node in the one directory of all locks.',
    'If it is the lowest, the lock is ours; otherwise watch the node before it, once.',
    'Any event at all, or the end of a wait of 30 s, is taken as the lock.',
    'Release: delete the node and close the session.',
  ],
  useWhen: 'Never: it is here because it is copied.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
    { promise: 'fairness', from: ARTICLE },
    { promise: 'reentrancy', from: ARTICLE },
    { promise: 'availability', from: ARTICLE },
  ],
  needs: { zookeeper: 3 },
  scales: 'zookeeper',
  parameters: {
    sessionTimeoutMs: duration(30_000, 'session timeout, and also the longest wait for the lock'),
    call: oneOf(
      ['lock', 'tryLock', 'tryLock(time)'],
      'lock',
      'the method of java.util.concurrent.locks.Lock that the application calls',
    ),
    waitMs: duration(5_000, 'the time that the application passes to tryLock(time), in seconds'),
    honoursUnit: flag(false, 'whether tryLock(time) looks at the unit; if not, 5 s are 5 ms'),
    awaitResult: oneOf(
      ['ignored', 'returned', 'obeyed'],
      'ignored',
      'whether waitForLock says that its time ran out, and whether lock() then goes on waiting',
    ),
    judgeAgain: flag(false, 'whether a waiter looks who is the lowest before it believes'),
    eventsAsGrants: flag(
      true,
      'whether any event counts as the end of the node that is waited for',
    ),
    latchFirst: flag(false, 'whether the latch is there before the watch is set'),
    cleansUp: flag(false, 'whether an attempt that fails takes its node away'),
    closesAnyway: flag(false, 'whether unlock closes the session when the delete has failed'),
    oneObject: flag(false, 'whether a client uses one DistributedLock for ever'),
    toleratesRoot: flag(false, 'whether somebody else may have made the root directory'),
    tellsLoss: flag(false, 'whether the application hears of a lost connection or session'),
    token: flag(false, 'whether the transaction that created the node is given as a token'),
    nameEndsInLock: flag(false, 'whether the lock is called `…_lock`'),
  },
  gives: ({ token }) => ({ token, validity: false, reentry: true }),
  leaseMs: ({ sessionTimeoutMs }) => sessionTimeoutMs,
  doorway: {
    name: SEQUENTIAL_NODE,
    waiting: ({ zookeeper }, lock, { nameEndsInLock }) =>
      ownersOf(zookeeper, ROOT, belongsTo(nameOf(lock, nameEndsInLock))),
  },

  *open(): Process<Reused> {
    return { object: undefined }
  },

  *acquire(me, parameters): Process<Held | undefined> {
    const { oneObject, cleansUp, token, nameEndsInLock } = parameters
    let object = oneObject ? me.session.object : undefined
    object ??= yield* construct(me, nameOf(me.lock, nameEndsInLock), parameters)
    if (oneObject) me.session.object = object
    if ((yield* take(object)) === true) {
      object.holds = true
      return token ? { object, token: object.czxid } : { object }
    }
    if (cleansUp) {
      if (oneObject) yield* object.zk.delete(object.myZnode)
      else yield* object.zk.close()
    }
    return undefined
  },

  *release(_me, { object }, { closesAnyway }) {
    const { zk, myZnode } = object
    object.holds = false
    const deleted = yield* zk.delete(myZnode)
    if (!deleted.ok) {
      // printStackTrace(), and close() is skipped: the node stays as long as this process lives.
      yield* note(`unlock: ${deleted.code}`)
      if (closesAnyway) yield* zk.close()
      return deleted.why === 'timeout' ? 'unknown' : 'not-held'
    }
    yield* zk.close()
    return 'ok'
  },

  holders: ({ zookeeper }, lock, { nameEndsInLock }) =>
    lowestOwner(zookeeper, ROOT, belongsTo(nameOf(lock, nameEndsInLock)), byText),
})
