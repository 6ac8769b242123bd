/** HashiCorp Consul: sessions, keys that sessions lock, blocking queries; servers that agree by Raft. */

import { CONNECTION_RESET, ok, refused } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/index.ts'
import {
  abandon,
  answer,
  createReplica,
  forward,
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
import { applyCommand, startTimer } from './apply.ts'
import { consulClient } from './client.ts'
import { gossip, nextGossipMs, onAlive, watchAgents } from './gossip.ts'
import { expireWatchers, nextExpiryMs, serveGet } from './reads.ts'
import type {
  ConsulCommand,
  ConsulOptions,
  ConsulRequest,
  Gossip,
  Pair,
  SessionOptions,
} from './requests.ts'
import { createData, forgetLeadership, forgetMemory } from './state.ts'
import type { ConsulAsked, ConsulData, ConsulMachine, ConsulReplica } from './state.ts'

/** What a judge may look at. Of several servers, the one that has applied most knows best. */
export interface ConsulView {
  /** Lines of the log that it has applied. */
  applied(): number
  /** Whether it leads, as far as it knows. */
  leads(): boolean
  /** The key, and on whose behalf its lock was acquired. */
  pair(key: string): (Pair & { readonly origin: Origin | undefined }) | undefined
  /** Number of sessions. */
  sessions(): number
}

/** How long a server keeps a request for which there is no leader (rpc_hold_timeout). */
const HOLD_MS = 7_000
const TTL_MS_MIN = 10_000
const TTL_MS_MAX = 86_400_000

const isValidTtl = ({ ttlMs }: SessionOptions): boolean =>
  ttlMs === 0 || (ttlMs >= TTL_MS_MIN && ttlMs <= TTL_MS_MAX)

/** What a leader does with a request that changes something. */
const onWrite = (
  replica: ConsulReplica,
  request: ConsulAsked,
  nowMs: number,
  out: Outbox,
): void => {
  const { data } = replica
  const { body } = request
  switch (body.op) {
    case 'session-create':
      if (isValidTtl(body.options)) {
        submit(replica, request, { ...body, node: request.origin.client }, out)
      } else answer(request, refused('Invalid Session TTL, must be between 10s and 24h'), out)
      return
    case 'session-renew': {
      // The leader's own timer, and nothing in the log.
      const session = data.sessions.get(body.session)
      if (session !== undefined) startTimer(data, session, nowMs)
      answer(request, ok(session !== undefined), out)
      return
    }
    case 'acquire':
      // Before it goes into the log: what is in the log is never questioned, because clocks differ.
      if ((data.delays.get(body.key) ?? -Infinity) > nowMs) answer(request, ok(false), out)
      else submit(replica, request, body, out)
      return
    case 'get':
    case 'ping':
      return
    default:
      submit(replica, request, body, out)
  }
}

const onRequest = (
  replica: ConsulReplica,
  request: ConsulAsked,
  nowMs: number,
  out: Outbox,
): void => {
  const { body } = request
  if (body.op === 'ping') answer(request, ok(true), out)
  else if (body.op === 'get' && body.mode === 'stale') serveGet(replica, request, nowMs, out)
  else if (replica.leads === 0) {
    if (!forward(replica, request, out)) {
      replica.data.held.push({ request, untilMs: nowMs + HOLD_MS })
    }
  } else if (body.op !== 'get') onWrite(replica, request, nowMs, out)
  else if (body.mode === 'consistent') readLatest(replica, request, nowMs, out)
  // The leader believes that it still is one: for a moment after it was deposed it may be wrong.
  else serveGet(replica, request, nowMs, out)
}

/** Ends the sessions whose timers have run out. */
const expireSessions = (replica: ConsulReplica, nowMs: number, out: Outbox): void => {
  const { timers, ending } = replica.data
  for (const [session, dueMs] of timers) {
    if (dueMs > nowMs) continue
    timers.delete(session)
    ending.add(session)
    propose(replica, { op: 'session-destroy', session }, undefined, out)
  }
}

const machine: ConsulMachine = {
  stream: 'election-consul',
  times(options) {
    const { raftMultiplier } = options as ConsulOptions
    return {
      heartbeatMs: 150 * raftMultiplier,
      electionTimeoutMs: 1_000 * raftMultiplier,
      quorumTimeoutMs: 500 * raftMultiplier,
    }
  },
  create: createData,
  request: onRequest,
  read: serveGet,
  apply: (replica, command, index, origin, nowMs, out) =>
    applyCommand(command, { replica, index, origin, nowMs, out }),
  elected({ data }, nowMs) {
    // Nobody knows when the leader before last heard of them: all begin anew.
    for (const session of data.sessions.values()) startTimer(data, session, nowMs)
    watchAgents(data, nowMs)
  },
  deposed(replica, _nowMs, out) {
    forgetLeadership(replica.data)
    abandon(replica, CONNECTION_RESET, out)
  },
  crashed: forgetMemory,
  tick(replica, nowMs, out) {
    const { data } = replica
    expireWatchers(data, nowMs, out)
    if (replica.leads === 0) return
    expireSessions(replica, nowMs, out)
    gossip(replica, nowMs, out)
  },
  wakeAtMs({ data }) {
    let nextMs = Math.min(nextExpiryMs(data), nextGossipMs(data))
    for (const dueMs of data.timers.values()) if (dueMs < nextMs) nextMs = dueMs
    for (const { untilMs } of data.held) if (untilMs < nextMs) nextMs = untilMs
    return nextMs
  },
}

/** Requests that waited for a leader go on when there is one, or are refused when they waited too long. */
const goOnWithHeld = (replica: ConsulReplica, nowMs: number, out: Outbox): void => {
  const { data, raft, leads } = replica
  const leader = leaderOf(raft)
  const { held } = data
  data.held = []
  for (const waiting of held) {
    const { request, untilMs } = waiting
    // What was handed on once is not handed on again: two servers that each take the other for the leader exist.
    const isReady =
      leads > 0 || (request.kind === 'request' && leader >= 0 && leader !== raft.index)
    if (isReady) onRequest(replica, request, nowMs, out)
    else if (untilMs <= nowMs) answer(request, refused('No cluster leader'), out)
    else data.held.push(waiting)
  }
}

/** The log since the last snapshot is applied again, and each invalidation in it begins its delay anew. */
const delayAgain = (data: ConsulData, nowMs: number): void => {
  if (data.options.restartFrom === 'snapshot') return
  for (const [key, delayMs] of data.loggedDelays) data.delays.set(key, nowMs + delayMs)
}

type Peer = PeerMessage<ConsulRequest, ConsulCommand> | Gossip
type ConsulInput = Input<ConsulRequest, Peer>
type RaftInput = Input<ConsulRequest, PeerMessage<ConsulRequest, ConsulCommand>>

/** Takes what is not for Raft: gossip, and requests that were taken for the leader's; false for everything else. */
const isTaken = (
  replica: ConsulReplica,
  input: ConsulInput,
  nowMs: number,
  out: Outbox,
): boolean => {
  if (input.kind === 'alive') {
    const { client } = input
    const leader = leaderOf(replica.raft)
    if (replica.leads > 0) onAlive(replica, client, nowMs, out)
    else if (leader >= 0 && leader !== replica.raft.index) {
      out.peer(leader, { op: 'reached', client })
    }
    return true
  }
  if (input.kind !== 'peer') return false
  const { body } = input
  if (body.op === 'forward' && replica.leads === 0) {
    const { number, body: asked, origin } = body
    const request: ConsulAsked = {
      kind: 'forwarded',
      body: asked,
      origin,
      server: input.from,
      number,
    }
    replica.data.held.push({ request, untilMs: nowMs + HOLD_MS })
  } else if (body.op === 'reach') out.ping?.(body.client)
  else if (body.op === 'reached') onAlive(replica, body.client, nowMs, out)
  else return false
  return true
}

/**
 * Sessions with a TTL end by the leader's timer, two TTLs after they were renewed; a new leader begins all timers
 * anew. Every session also depends on `serfHealth`, the gossip's opinion about the machine that it was made on:
 * an agent there outlives a process that crashed or stands still, not a machine without power or network.
 *
 * Lock-delay is noted by every server when it applies an invalidation, by its own clock, and the leader refuses to
 * put an acquisition into the log while it lasts. So it survives a change of leader, and even the restart
 * of a server, which applies its log again; it does not survive the restart of all from a snapshot.
 */
export const consul = defineService({
  name: 'consul',
  summary:
    'HashiCorp Consul: sessions with TTL, health and lock-delay; keys with a lock; blocking reads',
  sources: [
    'hashicorp/consul agent/consul/session_ttl.go, session_endpoint.go, kvs_endpoint.go, rpc.go',
    'hashicorp/consul agent/consul/state/session.go, kvs.go, delay.go',
    'https://developer.hashicorp.com/consul/docs/dynamic-app-config/sessions',
    'https://developer.hashicorp.com/consul/api-docs/features/consistency and /blocking',
    'https://developer.hashicorp.com/consul/docs/reference/agent/configuration-file/gossip: probe_interval 1 s, probe_timeout 500 ms, suspicion_mult 4',
    'hashicorp/raft config.go: HeartbeatTimeout and ElectionTimeout 1 s, LeaderLeaseTimeout 500 ms; times raft_multiplier, 5 by default',
  ],
  nodeName: 'consul',
  firstLeader: () => 0,
  // Go's timers, and differences of its times, go by the monotonic clock.
  clock: 'monotonic',
  options: {
    raftMultiplier: 5,
    probeIntervalMs: 1_000,
    suspicionMs: 4_000,
    restartFrom: 'log',
  } as ConsulOptions,
  optionWords: { restartFrom: ['log', 'snapshot'] },

  create: (config): ConsulReplica => createReplica(machine, config),

  step(replica: ConsulReplica, input: ConsulInput, nowMs, out) {
    if (isTaken(replica, input, nowMs, out)) {
      // What the gossip had to say goes into the log like everything else.
      stepReplica(replica, { kind: 'tick' }, nowMs, out)
      return
    }
    if (input.kind === 'restart') delayAgain(replica.data, nowMs)
    if (input.kind === 'peer-closed' && leaderOf(replica.raft) === input.from) {
      abandon(replica, CONNECTION_RESET, out)
    }
    stepReplica(replica, input as RaftInput, nowMs, out)
    if (replica.data.held.length > 0) goOnWithHeld(replica, nowMs, out)
  },

  wakeAtMs: replicaWakeAtMs,

  client: consulClient,

  view: (replica): ConsulView => ({
    applied: () => replica.applied,
    leads: () => replica.leads > 0,
    pair: (key) => replica.data.keys.get(key),
    sessions: () => replica.data.sessions.size,
  }),
})
