/** ZooKeeper's own `WriteLock`, the Java recipe that comes with it, as it is in its repository. */

import { note, receive, sleep } from '#sim'
import type { Process, Reply } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant, ReleaseOutcome } from './algorithm.ts'
import { flag } from './parameters.ts'
import {
  byNumberOnCircle,
  byText,
  directoryOf,
  everyNode,
  lowestOwner,
  ownersOf,
  SEQUENTIAL_NODE,
} from './zk-holders.ts'
import type { Order } from './zk-holders.ts'
import { connect, isOver, sessionTimeout } from './zk-sessions.ts'
import type { Session, Watcher } from './zk-sessions.ts'

const RECIPE = 'zookeeper-recipes-lock, WriteLock.java, ProtocolSupport.java, ZNodeName.java'
const HOLE = 'apache/helix#44, "exists() returned null"; shayhatsor/zookeeper#26'

const RETRIES = 10
const RETRY_DELAY_MS = 500
const INTEGER_MAX = 2_147_483_647

/**
 * ZNodeName: what comes after the last dash is the number. That of an overflowed counter has a dash of its own, which
 * is taken for the separator: 2147483648 fits no int and counts as -1, and what follows counts backwards.
 */
const sequenceOf = (name: string): number => {
  const number = Number(name.slice(name.lastIndexOf('-') + 1))
  return number <= INTEGER_MAX ? number : -1
}
const prefixOf = (name: string): string => name.slice(0, name.lastIndexOf('-'))
/** ZNodeName.compareTo: a difference of ints, then the text before the number. */
const byZNodeName: Order = (one, other) =>
  (sequenceOf(one) - sequenceOf(other)) | 0 || byText(prefixOf(one), prefixOf(other))
const orderOf = (readsSign: boolean): Order => (readsSign ? byNumberOnCircle : byZNodeName)

/** One `WriteLock`: its fields. */
interface WriteLock {
  readonly zookeeper: Session
  id: string | undefined
  ownerId: string | undefined
}
interface Mine {
  lock: WriteLock
}
interface Options {
  readonly loopsOnNull: boolean
  readonly fullPath: boolean
  readonly readsSign: boolean
}
type Attempt = Reply<boolean>

const DONE = (value: boolean): Attempt => ({ ok: true, value })

/** `retryOperation`: ten attempts while the connection is lost. Other exceptions leave it. */
function* retryOperation<Value>(operation: () => Process<Reply<Value>>): Process<Reply<Value>> {
  for (let attempt = 0; ; attempt++) {
    const reply = yield* operation()
    const lostConnection = !reply.ok && (reply.why === 'timeout' || reply.code === 'CONNECTIONLOSS')
    if (!lostConnection || attempt === RETRIES - 1) return reply
    yield* sleep(attempt * RETRY_DELAY_MS)
  }
}

/** `findPrefixInChildren`: a node that an earlier attempt of this session left is ours; otherwise a new one. */
function* findOrCreate(
  lock: WriteLock,
  directory: string,
  { fullPath }: Options,
): Process<Reply<unknown>> {
  const { zookeeper } = lock
  const prefix = `x-${zookeeper.id}-`
  const listed = yield* zookeeper.getChildren(directory)
  if (!listed.ok) return listed
  const found = listed.value.find((name) => name.startsWith(prefix))
  if (found !== undefined) {
    // The name alone, where a path is meant: it will never be equal to the owner's path.
    lock.id = fullPath ? `${directory}/${found}` : found
    return listed
  }
  const created = yield* zookeeper.create(`${directory}/${prefix}`, {
    ephemeral: true,
    sequential: true,
  })
  if (created.ok) lock.id = created.value.path
  return created
}

/** `LockZooKeeperOperation.execute`: whether the lock is ours now; if not, somebody should be watched. */
function* execute(
  lock: WriteLock,
  directory: string,
  watcher: Watcher,
  options: Options,
): Process<Attempt> {
  const { zookeeper } = lock
  const order = orderOf(options.readsSign)
  for (;;) {
    if (lock.id === undefined) {
      const made = yield* findOrCreate(lock, directory, options)
      if (!made.ok) return made
    }
    const listed = yield* zookeeper.getChildren(directory)
    if (!listed.ok) return listed
    if (listed.value.length === 0) {
      lock.id = undefined
      continue
    }
    const own = lock.id as string
    const paths = listed.value.map((name) => `${directory}/${name}`).sort(order)
    lock.ownerId = paths[0]
    const before = paths.filter((path) => order(path, own) < 0).at(-1)
    if (before === undefined) return DONE(lock.id === lock.ownerId)
    const stat = yield* zookeeper.exists(before, watcher)
    if (!stat.ok) return stat
    if (stat.value !== undefined) return DONE(false)
    // Gone since: only a line in the log, and nobody will ever wake us.
    yield* note(`Could not find the stats for less than me: ${before}`)
    if (!options.loopsOnNull) return DONE(false)
  }
}

function* ensurePathExists(zookeeper: Session, directory: string): Process<Reply<unknown>> {
  const stat = yield* zookeeper.exists(directory)
  return stat.ok && stat.value === undefined ? yield* zookeeper.create(directory) : stat
}

/** `lock()` */
function* lockOnce(
  lock: WriteLock,
  directory: string,
  watcher: Watcher,
  options: Options,
): Process<Attempt> {
  const { zookeeper } = lock
  yield* retryOperation(() => ensurePathExists(zookeeper, directory))
  return yield* retryOperation(() => execute(lock, directory, watcher, options))
}

/** `unlock()`: deletes once; whatever becomes of it, the node is forgotten. */
function* unlock(lock: WriteLock): Process<ReleaseOutcome> {
  const { zookeeper, id } = lock
  if (id === undefined) return 'not-held'
  const deleted = yield* zookeeper.delete(id)
  lock.id = undefined
  if (deleted.ok) return 'ok'
  return deleted.code === 'NONODE' || isOver(deleted) ? 'not-held' : 'unknown'
}

/**
 * As in the repository: a predecessor that goes between getChildren and exists is logged and not followed up
 * (`loopsOnNull`); the node that is found again after an unanswered create lacks its directory, so that its owner never
 * learns that it is his turn (`fullPath`); and an overflowed sequence number is misread (`readsSign`).
 */
export const zkWriteLock = defineAlgorithm({
  name: 'zk-writelock',
  summary: 'ZooKeeper: WriteLock.java, the recipe that comes with it, with the hole after exists()',
  sources: [RECIPE, HOLE],
  steps: [
    'Look for a node of our session in the lock’s directory; create an ephemeral sequential one if there is none.',
    'List the directory; whose node is the lowest has the lock.',
    'Otherwise watch the node right before ours, and do all of it again at any event.',
    'Release: delete our node, once.',
  ],
  useWhen: 'Never as it is: Curator’s mutex does the same without the hole.',
  claims: [
    { promise: 'exclusion/belief', from: RECIPE },
    { promise: 'ownership', from: RECIPE },
  ],
  needs: { zookeeper: 3 },
  scales: 'zookeeper',
  parameters: {
    sessionTimeoutMs: sessionTimeout,
    stopOnDisconnect: flag(
      false,
      'whether a client stops believing when its connection is gone, not only when its session is',
    ),
    loopsOnNull: flag(false, 'whether it looks again where the node to watch is gone already'),
    fullPath: flag(false, 'whether a node that is found again is known by its whole path'),
    readsSign: flag(false, 'whether the sign of an overflowed sequence number is understood'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ sessionTimeoutMs }) => sessionTimeoutMs,
  doorway: {
    name: SEQUENTIAL_NODE,
    waiting: ({ zookeeper }, lock) => ownersOf(zookeeper, directoryOf(lock), everyNode),
  },

  *open(me, { sessionTimeoutMs, stopOnDisconnect }): Process<Mine> {
    const zookeeper = yield* connect(me, sessionTimeoutMs, stopOnDisconnect)
    return { lock: { zookeeper, id: undefined, ownerId: undefined } }
  },

  *acquire(me, parameters): Process<Grant | undefined> {
    const { sessionTimeoutMs, stopOnDisconnect } = parameters
    if (me.session.lock.zookeeper.state === 'expired') {
      const zookeeper = yield* connect(me, sessionTimeoutMs, stopOnDisconnect)
      me.session.lock = { zookeeper, id: undefined, ownerId: undefined }
    }
    const { lock } = me.session
    const directory = directoryOf(me.lock)
    const watcher = me.services.zookeeper.watcher()
    const first = yield* lockOnce(lock, directory, watcher, parameters)
    if (!first.ok) {
      // "This also removes your request in the queue", which is what an application does that gives up.
      yield* unlock(lock)
      return undefined
    }
    let isOwner = first.value
    while (!isOwner) {
      const event = yield* receive(watcher)
      if (event?.state === 'Expired') return undefined
      // LockWatcher.process: what goes wrong here is logged, and nobody tries again.
      const again = yield* lockOnce(lock, directory, watcher, parameters)
      if (again.ok) isOwner = again.value
      else yield* note(`Failed to acquire lock: ${again.code}`)
    }
    return {}
  },

  release: (me) => unlock(me.session.lock),

  holders: ({ zookeeper }, lock, { readsSign }) =>
    lowestOwner(zookeeper, directoryOf(lock), everyNode, orderOf(readsSign)),
})
