/** Apache Curator's InterProcessMutex: the recipe with local re-entry, protected creates and guaranteed deletes. */

import { clock, receive } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import {
  createProtected,
  deleteGuaranteed,
  mayRetry,
  retrying,
  startCurator,
} from './curator-framework.ts'
import type { ConnectionState, Curator } from './curator-framework.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import {
  byText,
  directoryOf,
  everyNode,
  lowestOwner,
  ownersOf,
  SEQUENTIAL_NODE,
} from './zk-holders.ts'
import type { Order } from './zk-holders.ts'
import { sessionTimeout } from './zk-sessions.ts'
import type { Watcher } from './zk-sessions.ts'

const CURATOR = 'curator-recipes locks/InterProcessMutex.java, LockInternals.java'
const FRAMEWORK =
  'curator-framework imps/CreateBuilderImpl.java, ProtectedMode.java, state/ConnectionStateManager.java'
const PAGE = 'curator.apache.org, Shared Reentrant Lock'
const STALE = 'apache/curator#784 (CURATOR-264), duplicate nodes where the list is not synchronised'

const LOCK_NAME = 'lock-'

/** An entry of `threadData`: a client here is a process with one thread. */
interface LockData {
  readonly path: string
  readonly grant: Grant
  count: number
}
interface Mutex {
  readonly curator: Curator
  data: LockData | undefined
}

const STOPS = ['suspended', 'lost', 'nothing'] as const

/** What the application makes of a change of the connection's state. */
function* heed(
  me: { lost(why: string): Process },
  stopOn: (typeof STOPS)[number],
  state: ConnectionState,
): Process {
  if (stopOn === 'nothing' || state === 'RECONNECTED') return
  if (state === 'LOST' || stopOn === 'suspended') yield* me.lost(state)
}

/** StandardLockInternalsDriver.fixForSorting: the text behind the last `lock-`. */
const suffixOf = (name: string): string =>
  name.slice(name.lastIndexOf(LOCK_NAME) + LOCK_NAME.length)
const bySuffix: Order = (one, other) => byText(suffixOf(one), suffixOf(other))

/** `internalLockLoop`: any event only wakes, and then all is looked at again. */
function* waitForTurn(
  curator: Curator,
  path: string,
  watcher: Watcher,
  patienceMs: number,
): Process<'ours' | 'given up' | 'no node' | 'failed'> {
  const slash = path.lastIndexOf('/')
  const directory = path.slice(0, slash)
  const own = path.slice(slash + 1)
  let leftMs = patienceMs
  let sinceMs = yield* clock()
  for (;;) {
    const listed = yield* retrying(curator, (zookeeper) => zookeeper.getChildren(directory))
    if (!listed.ok) return listed.code === 'NONODE' ? 'no node' : 'failed'
    const names = [...listed.value].sort(bySuffix)
    const position = names.indexOf(own)
    if (position < 0) return 'no node'
    if (position === 0) return 'ours'
    const before = `${directory}/${names[position - 1]}`
    // Not exists: that would leave a watch on a node that is gone.
    const watched = yield* retrying(curator, (zookeeper) => zookeeper.getData(before, watcher))
    if (!watched.ok) {
      if (watched.code === 'NONODE') continue
      return 'failed'
    }
    const nowMs = yield* clock()
    leftMs -= nowMs - sinceMs
    sinceMs = nowMs
    if (leftMs <= 0) return 'given up'
    yield* receive(watcher, leftMs)
  }
}

/**
 * The mutex as its code has it. It tells nobody of a loss: the application registers a listener, and the one of this
 * model stops at SUSPENDED, at LOST or never (`stopOn`). Its map of threads knows nothing of sessions: who is in it gets
 * in again without a word to ZooKeeper.
 */
export const curatorMutex = defineAlgorithm({
  name: 'curator-mutex',
  summary:
    'Apache Curator InterProcessMutex: the ZooKeeper recipe, reentrant, with a state listener',
  sources: [CURATOR, FRAMEWORK, PAGE, STALE],
  steps: [
    'If this thread has the lock already, count one up: no word to ZooKeeper.',
    'Create an ephemeral sequential node with a GUID in its name, and look for that GUID if no answer comes.',
    'List the directory; whose node is the lowest has the lock. Otherwise watch the node right before ours and look again after any event.',
    'While holding, stop when the listener hears SUSPENDED: the session may end before anybody can say so.',
    'Release: count one down; at zero delete the node, in the background for as long as it takes.',
  ],
  useWhen:
    'The lock to take on the JVM where ZooKeeper is there already, with a listener that stops on SUSPENDED. Where a second holder is costly, hand the transaction that created the node to the resource as a token.',
  claims: [
    { promise: 'exclusion/belief', from: PAGE },
    { promise: 'ownership', from: CURATOR },
    { promise: 'deadlock-freedom', from: CURATOR },
    { promise: 'fairness', from: CURATOR },
    { promise: 'reentrancy', from: PAGE },
  ],
  needs: { zookeeper: 3 },
  scales: 'zookeeper',
  parameters: {
    sessionTimeoutMs: sessionTimeout,
    patienceMs: duration(60_000, 'how long acquire(time, unit) waits before it gives up its place'),
    stopOn: oneOf(
      STOPS,
      'suspended',
      'what the application’s listener takes for the end of its hold',
    ),
    lostAfterPercent: count(
      100,
      'simulatedSessionExpirationPercent: LOST comes so much of a session timeout after SUSPENDED; 0 for never',
    ),
    checksSession: flag(
      true,
      'whether a node that is found again must be of the present session (since CURATOR-498)',
    ),
    syncsFirst: flag(false, 'whether a server is brought up to date before a node is looked for'),
    token: flag(false, 'whether the transaction that created the node is given as a token'),
  },
  gives: ({ token }) => ({ token, validity: false, reentry: true }),
  leaseMs: ({ sessionTimeoutMs }) => sessionTimeoutMs,
  doorway: {
    name: SEQUENTIAL_NODE,
    waiting: ({ zookeeper }, lock) => ownersOf(zookeeper, directoryOf(lock), everyNode),
  },

  *open(me, { sessionTimeoutMs, lostAfterPercent, stopOn }): Process<Mutex> {
    const listener = (state: ConnectionState): Process => heed(me, stopOn, state)
    const curator = yield* startCurator(me, sessionTimeoutMs, lostAfterPercent, listener)
    return { curator, data: undefined }
  },

  *acquire(me, parameters): Process<Grant | undefined> {
    const { patienceMs, token } = parameters
    const { session: mutex } = me
    if (mutex.data !== undefined) {
      mutex.data.count++
      return mutex.data.grant
    }
    const { curator } = mutex
    const directory = directoryOf(me.lock)
    const watcher = me.services.zookeeper.watcher()
    for (let attempt = 0; ; attempt++) {
      const created = yield* createProtected(curator, directory, LOCK_NAME, parameters)
      if (!created.ok) return undefined
      const { path } = created.value
      let outcome = yield* waitForTurn(curator, path, watcher, patienceMs)
      if (outcome === 'ours') {
        let { czxid } = created.value
        if (token && czxid === undefined) {
          const stat = yield* retrying(curator, (zookeeper) => zookeeper.exists(path))
          czxid = stat.ok ? stat.value?.czxid : undefined
          if (czxid === undefined) outcome = 'no node'
        }
        if (outcome === 'ours') {
          const grant: Grant = token && czxid !== undefined ? { token: czxid } : {}
          mutex.data = { path, grant, count: 1 }
          return grant
        }
      }
      yield* deleteGuaranteed(curator, path)
      if (outcome !== 'no node' || !(yield* mayRetry(curator, attempt))) return undefined
    }
  },

  *release({ session: mutex }) {
    const { data, curator } = mutex
    if (data === undefined) return 'not-held'
    if (--data.count > 0) return 'ok'
    const outcome = yield* deleteGuaranteed(curator, data.path)
    // In `finally`: also if the delete failed.
    mutex.data = undefined
    return outcome
  },

  holders: ({ zookeeper }, lock) => lowestOwner(zookeeper, directoryOf(lock), everyNode, bySuffix),
})
