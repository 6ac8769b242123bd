/** The same recipe as the article's Java class `DistributedLock` really does it, bugs included. */

import { note, post, receive, sleep, spawn } from '#sim'
import type { Process, Reply, ServiceClients } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { duration } from './parameters.ts'
import { lowestOwner } from './zk-holders.ts'

const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), DistributedLock'

type ZooKeeper = ServiceClients['zookeeper']
type Session = ReturnType<ZooKeeper['connect']> extends Process<infer Made> ? Made : never
type Watcher = ReturnType<ZooKeeper['watcher']>

interface Held extends Grant {
  readonly zk: Session
  readonly myZnode: string
}
/** The fields that the lock object and its event thread share. */
interface Shared {
  latch: Watcher | undefined
}

const ROOT = '/locks'
const SPLIT = '_lock_'
const isOf = (lock: string) => (name: string) => name.split(SPLIT)[0] === lock

/** `process()`: counts down whatever the event is, those of the session as well, and only if there is a latch. */
function* process(events: Watcher, shared: Shared): Process {
  for (;;) {
    const event = yield* receive(events)
    if (event !== undefined && shared.latch !== undefined) yield* post(shared.latch, event)
  }
}

/** The exception leaves the method; session and node stay behind, and the session is kept alive for ever. */
function* lockException(where: string, reply: Reply<unknown>): Process<undefined> {
  yield* note(`LockException: ${where}: ${reply.ok ? '' : reply.code}`)
  return undefined
}

/**
 * The published code:
 *
 * - `waitForLock` throws the answer of `latch.await` away: who has waited 30 s has the lock;
 * - after waking nobody looks whether his node is the lowest now: a waiter's end lets the next one in;
 * - any event wakes, `Disconnected` and `SyncConnected` too: a torn connection hands the lock to all waiters;
 * - a predecessor that is gone already counts as the lock, whoever stands before it;
 * - the watch is set before the latch is there: an event in between is lost;
 * - a create without an answer is an exception, and what it made stays as long as the process lives;
 * - `unlock` swallows a lost connection: the node stays, and the session is not closed but kept alive;
 * - `unlock` closes the session, so that every lock needs a new object with a new session;
 * - the end of the session while the lock is held is noticed by nobody.
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
  ],
  needs: { zookeeper: 3 },
  scales: 'zookeeper',
  parameters: {
    sessionTimeoutMs: duration(30_000, 'session timeout, and also the longest wait for the lock'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ sessionTimeoutMs }) => sessionTimeoutMs,

  *acquire(me, { sessionTimeoutMs }): Process<Held | undefined> {
    // new DistributedLock(config, lockName): one session for each use, because unlock() closes it.
    const shared: Shared = { latch: undefined }
    const watcher = me.services.zookeeper.watcher()
    yield* spawn('event thread', process(watcher, shared))
    const zk = yield* me.services.zookeeper.connect({ sessionTimeoutMs, watcher })
    const root = yield* zk.exists(ROOT)
    if (!root.ok) return yield* lockException('constructor', root)
    if (root.value === undefined) {
      // Looks, then creates: of two first users one gets NODEEXISTS, and an object that never works.
      const made = yield* zk.create(ROOT)
      if (!made.ok) return yield* lockException('constructor', made)
    }

    // tryLock()
    const created = yield* zk.create(`${ROOT}/${me.lock}${SPLIT}`, {
      ephemeral: true,
      sequential: true,
    })
    // The node may exist; nobody looks for it, and it has no name to find it by.
    if (!created.ok) return yield* lockException('create', created)
    const myZnode = created.value.path
    const children = yield* zk.getChildren(ROOT)
    if (!children.ok) return yield* lockException('getChildren', children)
    const nodes = children.value.filter(isOf(me.lock)).sort()
    if (myZnode === `${ROOT}/${nodes[0]}`) return { zk, myZnode }
    const waitNode = nodes[nodes.indexOf(myZnode.slice(ROOT.length + 1)) - 1]
    if (waitNode === undefined) {
      yield* note('IndexOutOfBoundsException: own node is not among the children')
      return undefined
    }

    // waitForLock(waitNode, sessionTimeout)
    const stat = yield* zk.exists(`${ROOT}/${waitNode}`, watcher)
    if (!stat.ok) return yield* lockException('exists', stat)
    if (stat.value !== undefined) {
      // The event thread may run here, and finds no latch yet.
      yield* sleep(0)
      const latch = me.services.zookeeper.watcher()
      shared.latch = latch
      // Whether it was counted down or the time is over makes no difference to what follows.
      yield* receive(latch, sessionTimeoutMs)
      shared.latch = undefined
    }
    // No look at who is the lowest now; also where the predecessor was gone already.
    return { zk, myZnode }
  },

  *release(_me, { zk, myZnode }) {
    const deleted = yield* zk.delete(myZnode)
    if (!deleted.ok) {
      // printStackTrace(), and close() is skipped: the node stays as long as this process lives.
      yield* note(`unlock: ${deleted.code}`)
      if (deleted.why === 'timeout') return 'unknown'
      return 'not-held'
    }
    yield* zk.close()
    return 'ok'
  },

  holders: ({ zookeeper }, lock) => lowestOwner(zookeeper, ROOT, isOf(lock)),
})
