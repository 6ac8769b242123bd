/** etcd: a replicated store of keys with revisions, leases, transactions and watches; a cluster by Raft. */

import { createReplica, replicaWakeAtMs, stepReplica } from '../raft/index.ts'
import type { PeerMessage } from '../raft/index.ts'
import { defineService } from '../service.ts'
import type { Input, ServerConfig } from '../service.ts'
import { newEtcdClient } from './client.ts'
import type { StoredKey } from './keyspace.ts'
import type { EtcdOptions, EtcdState } from './machine.ts'
import { machine } from './machine.ts'
import type { Body, Command } from './protocol.ts'

/**
 * One server's committed keys. They stay what they are while the server is down: what is committed is on the disks
 * of a majority. Of several servers, the one that has `applied` most knows most.
 */
export interface EtcdView {
  /** Whether it believes to be the leader. */
  isLeader(): boolean
  /** Lines of the log that it has applied. */
  applied(): number
  revision(): number
  key(key: string): StoredKey | undefined
  /** All keys that begin so. */
  keys(prefix: string): readonly StoredKey[]
}

/** The service. */
export const etcd = defineService({
  name: 'etcd',
  summary: 'etcd: keys with revisions, transactions, leases and watches; a cluster by Raft',
  sources: [
    'https://etcd.io/docs/v3.6/learning/api/ and api_guarantees/',
    'etcd server/lease/lessor.go, server/etcdserver/v3_server.go, server/storage/mvcc; client/v3/{lease,watch,retry}.go',
    'Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014)',
    'etcd-io/etcd#16822: the leader makes sure of its leadership before it renews a lease',
  ],
  nodeName: 'etcd',
  firstLeader: () => 0,
  clock: 'monotonic',
  options: { heartbeatMs: 100, electionTimeoutMs: 1_000 } as EtcdOptions,
  optionWords: {},
  create: (config: ServerConfig<EtcdOptions>): EtcdState => createReplica(machine, config),
  step(state, input: Input<Body, PeerMessage<Body, Command>>, nowMs, out) {
    stepReplica(state, input, nowMs, out)
  },
  wakeAtMs: (state: EtcdState) => replicaWakeAtMs(state),
  client: newEtcdClient,

  view: (state): EtcdView => ({
    isLeader: () => state.up && state.leads > 0,
    applied: () => state.applied,
    revision: () => state.data.space.revision,
    key: (key) => state.data.space.keys.get(key),
    keys(prefix) {
      const found: StoredKey[] = []
      for (const stored of state.data.space.keys.values()) {
        if (stored.kv.key.startsWith(prefix)) found.push(stored)
      }
      return found
    },
  }),
})
