/** The CP Subsystem of Hazelcast: sessions and FencedLocks, replicated by Raft. */

import type { Origin } from '../../kernel/index.ts'
import { ok } from '../../kernel/reply.ts'
import {
  answer,
  createReplica,
  leaderOf,
  propose,
  readLatest,
  replicaWakeAtMs,
  stepReplica,
  submit,
} from '../raft/index.ts'
import type { PeerMessage } from '../raft/index.ts'
import { defineService } from '../service.ts'
import type { Input, Outbox } from '../service.ts'
import { applyCommand } from './apply.ts'
import { hazelcastClient } from './client.ts'
import type { HazelcastCommand, HazelcastOptions, HazelcastRequest } from './requests.ts'
import { createData, forgetMemory } from './state.ts'
import type { HazelcastMachine, HazelcastReplica } from './state.ts'

/** What a judge may look at. Of several members, the one that has applied most knows best. */
export interface HazelcastView {
  /** Lines of the log that it has applied. */
  applied(): number
  /** Whether it leads, as far as it knows. */
  leads(): boolean
  /** On whose behalf the lock was acquired, and how often. */
  owner(
    lock: string,
  ): { readonly origin: Origin; readonly fence: number; readonly count: number } | undefined
  /** Whose calls wait for the lock, in order. */
  queue(lock: string): readonly Origin[]
}

/** Sessions are checked so often (CheckSessionsToExpire). */
const CHECK_MS = 1_000

const expireSessions = (replica: HazelcastReplica, out: Outbox): void => {
  const { sessions, ending, wallMs } = replica.data
  const nowMs = wallMs()
  const expired: { readonly id: number; readonly version: number }[] = []
  for (const { id, version, expiresAtMs } of sessions.values()) {
    if (expiresAtMs > nowMs || ending.has(id)) continue
    ending.add(id)
    expired.push({ id, version })
  }
  if (expired.length > 0) {
    propose(replica, { op: 'expire-sessions', sessions: expired }, undefined, out)
  }
}

const expireWaits = (replica: HazelcastReplica, nowMs: number, out: Outbox): void => {
  const { locks, ending } = replica.data
  for (const [lock, { queue }] of locks) {
    const uids = queue
      .filter(({ uid, untilMs }) => untilMs <= nowMs && !ending.has(uid))
      .map(({ uid }) => uid)
    if (uids.length === 0) continue
    for (const uid of uids) ending.add(uid)
    propose(replica, { op: 'expire-waits', lock, uids }, undefined, out)
  }
}

const machine: HazelcastMachine = {
  stream: 'election-hazelcast',
  times(options) {
    const { leaderHeartbeatMs, missedHeartbeatsMax } = options as HazelcastOptions
    const silenceMs = leaderHeartbeatMs * missedHeartbeatsMax
    return {
      heartbeatMs: leaderHeartbeatMs,
      electionTimeoutMs: silenceMs,
      quorumTimeoutMs: silenceMs,
    }
  },
  create: createData,
  request(replica, request, nowMs, out) {
    const { body } = request
    if (body.op === 'ownership') readLatest(replica, request, nowMs, out)
    else submit(replica, request, body, out)
  },
  read({ data }, request, _nowMs, out) {
    const { body } = request
    if (body.op === 'ownership') answer(request, ok(data.locks.get(body.lock)?.ownership()), out)
  },
  apply: (replica, command, index, origin, nowMs, out) =>
    applyCommand(command, { replica, index, origin, nowMs, out }),
  postponed({ data }, request) {
    if (request.body.op !== 'lock') return
    const { uid } = request.body
    const waiting = data.waiting.get(uid)
    if (waiting === undefined) data.waiting.set(uid, [request])
    else waiting.push(request)
  },
  elected({ data }, nowMs) {
    // While there was no leader nobody's heartbeat could be committed (onNewTermCommit).
    for (const session of data.sessions.values()) {
      session.expiresAtMs += data.options.sessionHeartbeatMs
    }
    data.checkAtMs = nowMs + CHECK_MS
  },
  deposed({ data }) {
    data.ending.clear()
    data.checkAtMs = Infinity
  },
  crashed: forgetMemory,
  tick(replica, nowMs, out) {
    const { data } = replica
    if (nowMs < data.checkAtMs) return
    data.checkAtMs = nowMs + CHECK_MS
    expireSessions(replica, out)
    expireWaits(replica, nowMs, out)
  },
  wakeAtMs: ({ data }) => (data.sessions.size > 0 ? data.checkAtMs : Infinity),
}

/** The other members see at once that the connections of a process that died are gone, and elect in seconds. */
const electSoon = ({ raft, data }: HazelcastReplica, nowMs: number): void => {
  const { leaderElectionMs } = data.options
  raft.mode = { role: 'following', leader: -1 }
  raft.extraMs = raft.choice.stream(raft.stream).pick(Math.max(1, leaderElectionMs))
  raft.electAtMs = nowMs + leaderElectionMs + raft.extraMs
}

/**
 * A session is kept by heartbeats that go through the log; when it ends, what it holds goes to the next in the
 * queue. A lock call is known by its uid, so that saying it again changes nothing. The fence of a hold is the
 * place of its call in the log.
 *
 * Members keep what they have applied, as with CP Subsystem Persistence; without it a member that restarts comes
 * back empty (`losesDisk`). A group has one thread a client here.
 */
export const hazelcast = defineService({
  name: 'hazelcast',
  summary:
    'Hazelcast CP Subsystem: sessions with heartbeats, FencedLock with fence, queue and re-entry',
  sources: [
    'hazelcast cp/internal/datastructures/lock/Lock.java, spi/blocking/BlockingResource.java',
    'hazelcast cp/internal/session/RaftSessionService.java, RaftSessionRegistry.java: wall clocks of the members, checked every second',
    'https://docs.hazelcast.com/imdg/latest/cp-subsystem/configuration: session TTL 300 s and heartbeat 5 s; leader heartbeat 5 s, 5 missed, election timeout 2 s',
    'https://docs.hazelcast.org/docs/latest/javadoc/com/hazelcast/cp/lock/FencedLock.html',
  ],
  nodeName: 'hazelcast',
  firstLeader: () => 0,
  // Its schedulers; sessions are judged by the wall clock.
  clock: 'monotonic',
  options: {
    sessionTtlMs: 300_000,
    sessionHeartbeatMs: 5_000,
    lockAcquireLimit: 0,
    leaderHeartbeatMs: 5_000,
    missedHeartbeatsMax: 5,
    leaderElectionMs: 2_000,
  } as HazelcastOptions,
  optionWords: {},
  create: (config): HazelcastReplica => createReplica(machine, config),

  step(
    replica: HazelcastReplica,
    input: Input<HazelcastRequest, PeerMessage<HazelcastRequest, HazelcastCommand>>,
    nowMs,
    out,
  ) {
    if (input.kind === 'peer-closed' && leaderOf(replica.raft) === input.from) {
      electSoon(replica, nowMs)
    }
    stepReplica(replica, input, nowMs, out)
  },

  wakeAtMs: replicaWakeAtMs,

  client: hazelcastClient,

  view: (replica): HazelcastView => ({
    applied: () => replica.applied,
    leads: () => replica.leads > 0,
    owner(name) {
      const lock = replica.data.locks.get(name)
      if (lock?.owner === undefined) return undefined
      const { origin, fence } = lock.owner
      return { origin, fence, count: lock.count }
    },
    queue: (name) => replica.data.locks.get(name)?.queue.map(({ origin }) => origin) ?? [],
  }),
})
