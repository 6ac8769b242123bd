/** The simplest ZooKeeper lock: one ephemeral node, and everybody else watches the directory for its end. */

import { receive } from '#sim'
import type { Origin, Process, Reply } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant, ReleaseOutcome } from './algorithm.ts'
import { flag } from './parameters.ts'
import { directoryOf, everyNode, lowestOwner } from './zk-holders.ts'
import { connect, isOver, livingSession, sessionTimeout } from './zk-sessions.ts'
import type { Connected, Session } from './zk-sessions.ts'

const ARTICLE = '分布式锁看这篇就够了 (zhisheng, 2018), the ephemeral node of ZooKeeper'
const RECIPE = 'zookeeper recipes.md, "Locks", on the herd effect that it avoids'

const nodeOf = (lock: string): string => `${directoryOf(lock)}/holder`

/** Whether the node is there and belongs to this session: what an unanswered create or delete leaves open. */
function* isOurs(session: Session, node: string): Process<Reply<number | undefined>> {
  for (;;) {
    const found = yield* session.exists(node)
    if (found.ok) {
      const ours = found.value?.ephemeralOwner === session.id
      return { ok: true, value: ours ? found.value?.czxid : undefined }
    }
    if (isOver(found)) return found
  }
}

/**
 * As the article tells it. All losers watch the directory and compete again when a child goes: n wake-ups a handover,
 * and the quickest wins. Who sets the watch after the node has gone sleeps on: it takes another look to be sure
 * (`looksAgain`). All holders use one name, so who deletes again because no answer came may delete
 * the next one's node, and who creates again waits for himself (`checksOwner`).
 */
export const zkEphemeral = defineAlgorithm({
  name: 'zk-ephemeral',
  summary:
    'ZooKeeper: one ephemeral node; who cannot create it watches the directory, all together',
  sources: [ARTICLE, RECIPE],
  steps: [
    'Create the one ephemeral node in the lock’s directory; whoever creates it has the lock.',
    'If it is there already, watch the directory and compete again after the next event.',
    'Release: delete the node; the end of our session deletes it as well.',
  ],
  useWhen:
    'With two or three clients that do not mind who goes first. Not with many: each release wakes them all, and a slow one may never win.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'deadlock-freedom', from: ARTICLE },
  ],
  needs: { zookeeper: 3 },
  scales: 'zookeeper',
  parameters: {
    sessionTimeoutMs: sessionTimeout,
    stopOnDisconnect: flag(
      false,
      'whether a client stops believing when its connection is gone, not only when its session is',
    ),
    looksAgain: flag(false, 'whether a loser looks once more after it has set its watch'),
    checksOwner: flag(false, 'whether it looks whose node it is when an answer was lost'),
    token: flag(false, 'whether the transaction that created the node is given as a token'),
  },
  gives: ({ token }) => ({ token, validity: false }),
  leaseMs: ({ sessionTimeoutMs }) => sessionTimeoutMs,

  *open(me, { sessionTimeoutMs, stopOnDisconnect }): Process<Connected> {
    return { zookeeper: yield* connect(me, sessionTimeoutMs, stopOnDisconnect) }
  },

  *acquire(me, parameters): Process<Grant | undefined> {
    const { looksAgain, checksOwner, token } = parameters
    const zookeeper = yield* livingSession(me, parameters)
    const directory = directoryOf(me.lock)
    const node = nodeOf(me.lock)
    const watcher = me.services.zookeeper.watcher()
    const grant = (czxid: number): Grant => (token ? { token: czxid } : {})
    let inDoubt = false

    for (;;) {
      const created = yield* zookeeper.create(node, { ephemeral: true })
      if (created.ok) return grant(created.value.czxid)
      if (isOver(created)) return undefined
      if (created.code === 'NONODE') {
        const made = yield* zookeeper.create(directory)
        if (isOver(made)) return undefined
        continue
      }
      if (created.why === 'timeout') inDoubt = true
      if (created.code !== 'NODEEXISTS') continue
      if (inDoubt && checksOwner) {
        const czxid = yield* isOurs(zookeeper, node)
        if (!czxid.ok) return undefined
        if (czxid.value !== undefined) return grant(czxid.value)
      }

      const listed = yield* zookeeper.getChildren(directory, watcher)
      if (isOver(listed)) return undefined
      if (!listed.ok || (looksAgain && listed.value.length === 0)) continue
      // Events of the session say nothing about the node.
      for (;;) {
        const event = yield* receive(watcher)
        if (event?.state === 'Expired') return undefined
        if (event?.type !== 'None') break
      }
    }
  },

  *release(me, _held, { checksOwner }): Process<ReleaseOutcome> {
    const { zookeeper } = me.session
    const node = nodeOf(me.lock)
    let mayBeGone = false
    for (;;) {
      if (mayBeGone && checksOwner) {
        const czxid = yield* isOurs(zookeeper, node)
        if (!czxid.ok) return 'not-held'
        if (czxid.value === undefined) return 'ok'
      }
      const deleted = yield* zookeeper.delete(node)
      if (deleted.ok) return 'ok'
      if (deleted.code === 'NONODE') return mayBeGone ? 'ok' : 'not-held'
      if (isOver(deleted)) return 'not-held'
      if (deleted.why === 'timeout') mayBeGone = true
    }
  },

  holders: ({ zookeeper }, lock): readonly Origin[] =>
    lowestOwner(zookeeper, directoryOf(lock), everyNode),
})
