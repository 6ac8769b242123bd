/** The ZooKeeper lock recipe: ephemeral sequential nodes, each client watching the one before its own. */

import { monotonic, receive } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { duration, flag, oneOf } from './parameters.ts'
import {
  byNumber,
  byNumberOnCircle,
  directoryOf,
  everyNode,
  lowestOwner,
  ownersOf,
  SEQUENTIAL_NODE,
} from './zk-holders.ts'
import { connect, isOver, livingSession, remove, removeAll, sessionTimeout } from './zk-sessions.ts'
import type { Connected } from './zk-sessions.ts'

const RECIPE = 'zookeeper recipes.md, "Locks" and "Recoverable Errors and the GUID"'
const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), ephemeral sequential nodes'
const FENCING = 'fpj.systems, "Note on fencing and distributed locks" (2016)'

interface Held extends Grant {
  readonly path: string
  /** Prefix of all our nodes, if an unanswered create may have left more than one. */
  readonly leftovers: string | undefined
}

const orderOf = (overflow: 'ignored' | 'foreseen') =>
  overflow === 'ignored' ? byNumber : byNumberOnCircle

/**
 * The recipe of the ZooKeeper documentation. Exact in the servers' data and in order of arrival; a client
 * that sleeps through the end of its session believes for a moment in a lock that is somebody else's, which
 * is what the token is for: the transaction that created the node.
 */
export const zkSequential = defineAlgorithm({
  name: 'zk-sequential',
  summary: 'ZooKeeper: ephemeral sequential nodes, the lowest holds, each watches the one before',
  sources: [RECIPE, ARTICLE, FENCING],
  steps: [
    'Create an ephemeral sequential node with a name of our own in the lock’s directory.',
    'List the directory; whose node is the lowest has the lock.',
    'Otherwise watch the node right before ours, and look again when anything happens to it.',
    'Release: delete our node; the end of our session deletes it as well.',
  ],
  useWhen:
    'Where a second holder is costly and the resource checks the token (the transaction that created the node). Without that check a long pause still lets two in.',
  claims: [
    { promise: 'exclusion/service', from: RECIPE },
    { promise: 'exclusion/belief', from: RECIPE },
    { promise: 'fencing', from: FENCING },
    { promise: 'deadlock-freedom', from: RECIPE },
    { promise: 'ownership', from: RECIPE },
    { promise: 'fairness', from: ARTICLE },
    { promise: 'availability', from: ARTICLE },
  ],
  needs: { zookeeper: 3 },
  scales: 'zookeeper',
  parameters: {
    sessionTimeoutMs: sessionTimeout,
    patienceMs: duration(60_000, 'how long one call of acquire waits before it gives up its place'),
    stopOnDisconnect: flag(
      true,
      'whether a client stops believing when its connection is gone, not only when its session is',
    ),
    overflow: oneOf(
      ['ignored', 'foreseen'],
      'ignored',
      'whether sequence numbers are compared as plain numbers, or so that a 32-bit overflow does no harm',
    ),
  },
  gives: () => ({ token: true, validity: false }),
  leaseMs: ({ sessionTimeoutMs }) => sessionTimeoutMs,

  *open(me, { sessionTimeoutMs, stopOnDisconnect }): Process<Connected> {
    return { zookeeper: yield* connect(me, sessionTimeoutMs, stopOnDisconnect) }
  },

  doorway: {
    name: SEQUENTIAL_NODE,
    waiting: ({ zookeeper }, lock) => ownersOf(zookeeper, directoryOf(lock), everyNode),
  },

  *acquire(me, parameters): Process<Held | undefined> {
    const { patienceMs, overflow } = parameters
    const zookeeper = yield* livingSession(me, parameters)
    const directory = directoryOf(me.lock)
    // Unique, so that a node whose create was never answered is found again.
    const prefix = `${me.token()}-lock-`
    const watcher = me.services.zookeeper.watcher()
    const untilMs = (yield* monotonic()) + patienceMs
    let leftovers: string | undefined
    let created: { readonly path: string; readonly czxid: number } | undefined
    let hasNode = false

    for (;;) {
      const leftMs = untilMs - (yield* monotonic())
      if (leftMs <= 0) break

      if (!hasNode) {
        const reply = yield* zookeeper.create(`${directory}/${prefix}`, {
          ephemeral: true,
          sequential: true,
        })
        if (reply.ok) {
          created = reply.value
          hasNode = true
        } else if (isOver(reply)) return undefined
        else if (reply.code === 'NONODE') {
          // Whoever comes first makes the directory; NODEEXISTS means that it was not we.
          const made = yield* zookeeper.create(directory)
          if (isOver(made)) return undefined
          continue
        } else if (reply.why === 'timeout') {
          leftovers = prefix
          // The server that we are connected to now may not have heard of the node yet.
          const synced = yield* zookeeper.sync()
          if (isOver(synced)) return undefined
        }
      }

      const listed = yield* zookeeper.getChildren(directory)
      if (!listed.ok) {
        if (isOver(listed)) return undefined
        continue
      }
      const names = [...listed.value].sort(orderOf(overflow))
      const position = names.findIndex((name) => name.startsWith(prefix))
      const mine = names[position]
      if (mine === undefined) {
        // Gone with the session, which we shall hear of; or the create did not get through.
        if (hasNode) return undefined
        continue
      }
      hasNode = true
      const path = `${directory}/${mine}`

      if (position === 0) {
        if (created?.path === path) return { path, leftovers, token: created.czxid }
        const found = yield* zookeeper.exists(path)
        if (found.ok && found.value !== undefined) {
          return { path, leftovers, token: found.value.czxid }
        }
        if (isOver(found)) return undefined
        continue
      }

      const before = yield* zookeeper.exists(`${directory}/${names[position - 1]}`, watcher)
      if (isOver(before)) return undefined
      // Already gone, or nobody knows: judge again. Any event, too, only means to look again.
      if (before.ok && before.value !== undefined) {
        const event = yield* receive(watcher, Math.max(0, untilMs - (yield* monotonic())))
        if (event?.state === 'Expired') return undefined
      }
    }
    if (leftovers !== undefined) yield* removeAll(zookeeper, directory, prefix)
    else if (created !== undefined) yield* remove(zookeeper, created.path)
    return undefined
  },

  *release(me, { path, leftovers }) {
    const { zookeeper } = me.session
    const outcome = yield* remove(zookeeper, path)
    if (leftovers !== undefined) yield* removeAll(zookeeper, directoryOf(me.lock), leftovers)
    return outcome
  },

  holders: ({ zookeeper }, lock, { overflow }) =>
    lowestOwner(zookeeper, directoryOf(lock), everyNode, orderOf(overflow)),
})
