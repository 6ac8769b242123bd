/** Apache ZooKeeper: a replicated tree of nodes with sessions, ephemeral and sequential nodes, and watches. */

import type { Origin } from '../../kernel/index.ts'
import { defineService } from '../service.ts'
import type { Input } from '../service.ts'
import { newZooKeeperClient } from './client.ts'
import { loseMemory } from './deliver.ts'
import { look } from './election.ts'
import { nextMs, onPeer, onPeerClosed, onTick } from './ensemble.ts'
import type { Body, Peer } from './protocol.ts'
import { goOn, onClosed, onRequest } from './requests.ts'
import type { ZooKeeperOptions, ZooKeeperState } from './state.ts'
import { createState, isServing } from './state.ts'

/** A child of a node, for judges. */
interface ChildView {
  readonly name: string
  /** On whose behalf it was created; undefined for the servers' own. */
  readonly origin: Origin | undefined
  readonly czxid: number
  readonly ephemeralOwner: number
}

/**
 * One server's committed state. It stays what it is while the server is down: what is committed is on
 * the disks of a majority. Of several servers, the one with the highest `zxid` knows most.
 */
export interface ZooKeeperView {
  /** Whether it believes to be the leader. */
  isLeader(): boolean
  /** Last transaction that it has applied. */
  zxid(): number
  children(path: string): readonly ChildView[]
  exists(path: string): boolean
}

/** The service. */
export const zookeeper = defineService({
  name: 'zookeeper',
  summary:
    'Apache ZooKeeper: ephemeral and sequential nodes, sessions, watches; an ensemble by ZAB',
  sources: [
    'https://zookeeper.apache.org/doc/current/zookeeperProgrammers.html',
    'https://zookeeper.apache.org/doc/current/zookeeperInternals.html',
    'zookeeper server/SessionTrackerImpl.java, ExpiryQueue.java, DataTree.java; client ClientCnxn.java, ZKWatchManager.java',
    'Junqueira, Reed, Serafini: Zab, high-performance broadcast for primary-backup systems (DSN 2011)',
  ],
  nodeName: 'zookeeper',
  firstLeader: (size: number) => size - 1,
  clock: 'monotonic',
  options: { tickTimeMs: 2_000, initLimit: 10, syncLimit: 5, sequenceStart: 0 } as ZooKeeperOptions,
  optionWords: {},
  create: createState,

  step(state, input: Input<Body, Peer>, nowMs, out) {
    switch (input.kind) {
      case 'request':
        onRequest(state, input, nowMs, out)
        break
      case 'peer':
        onPeer(state, input.from, input.body, nowMs, out)
        break
      case 'peer-closed':
        onPeerClosed(state, input.from, nowMs, out)
        break
      case 'tick':
        onTick(state, nowMs, out)
        break
      case 'closed':
        onClosed(state, input.connection, out)
        break
      case 'crash':
        state.up = false
        loseMemory(state)
        break
      case 'restart':
        state.up = true
        look(state, nowMs, out)
        break
      case 'promote':
      case 'demote':
        // Leadership is the ensemble's own business: nobody outside can give it away.
        break
    }
    if (state.ready.length > 0) goOn(state, nowMs, out)
  },

  wakeAtMs: (state: ZooKeeperState) => (state.up ? nextMs(state) : Infinity),

  client: newZooKeeperClient,

  view: (state): ZooKeeperView => ({
    isLeader: () => state.up && state.mode.role === 'leading' && isServing(state),
    zxid: () => state.tree.zxid,
    children(path) {
      const node = state.tree.nodes.get(path)
      if (node === undefined) return []
      return [...node.children.values()]
    },
    exists: (path) => state.tree.nodes.has(path),
  }),
})
