/** The Redis service: servers as pure state machines, alone or as a master with replicas. */

import { ok } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { defineService } from '../service.ts'
import type { Connection, Input, Outbox, RequestInput } from '../service.ts'
import { blpop, serveOverdue, serveReady, serveWaits, unblockAll, wait } from './blocking.ts'
import { redisClients } from './client.ts'
import type { RedisClients } from './client.ts'
import { evaluate, execute, mayWrite } from './execute.ts'
import { KeySpace } from './key-space.ts'
import { expire, firstExpiryMs, isMaster } from './keys.ts'
import { loadDisk, loseMemory, syncEverySecond } from './persistence.ts'
import { NO_REPLICAS, NO_WAIT_ON_REPLICA, NOT_LISTENING, READ_ONLY } from './refusals.ts'
import {
  demote,
  disconnectPeer,
  forgetStream,
  hasGoodReplicas,
  newReplication,
  promote,
  pump,
  receiveFromPeer,
  rejoin,
} from './replication.ts'
import type { PeerMessage } from './replication.ts'
import type { RedisRequest } from './requests.ts'
import type { Entry, RedisOptions, RedisState } from './state.ts'

/** What a judge sees of one server. */
export interface RedisView {
  role(): 'master' | 'replica'
  /** What is stored under a key, whether or not a clock says that it is over. */
  peek(key: string): Entry | undefined
  /** The same where it grants something: on a master. */
  granted(key: string): Entry | undefined
  size(): number
  /** Who pushed each element of a list, first to last, where it grants something: on a master. */
  pushed(key: string): readonly Origin[]
  /** Who has popped an element of a list and not pushed it back, longest first. */
  taken(key: string): readonly Origin[]
  /** Who is blocked in BLPOP on a list, longest first. */
  waiting(key: string): readonly Origin[]
}

const NOBODY: readonly Origin[] = []

/**
 * A class, because the judges look at every server after every write: methods of one class are inlined
 * there, closures that each server has of its own are not.
 */
class View implements RedisView {
  private readonly state: RedisState

  constructor(state: RedisState) {
    this.state = state
  }

  role(): 'master' | 'replica' {
    return isMaster(this.state) ? 'master' : 'replica'
  }

  granted(key: string): Entry | undefined {
    return isMaster(this.state) ? this.state.keys.get(key) : undefined
  }

  peek(key: string): Entry | undefined {
    return this.state.keys.get(key)
  }

  size(): number {
    return this.state.keys.size
  }

  pushed(key: string): readonly Origin[] {
    return this.granted(key)?.origins ?? NOBODY
  }

  taken(key: string): readonly Origin[] {
    const { taken } = this.state
    if (taken.length === 0 || !isMaster(this.state)) return NOBODY
    return taken.filter((each) => each.key === key).map(({ origin }) => origin)
  }

  waiting(key: string): readonly Origin[] {
    const { blocked } = this.state
    if (blocked.length === 0) return NOBODY
    return blocked
      .filter(({ body }) => body.op === 'blpop' && body.keys.includes(key))
      .map(({ request }) => request.origin)
  }
}

const subscribe = (state: RedisState, connection: Connection, channel: string): void => {
  const listeners = state.subscribers.get(channel)
  if (listeners === undefined) state.subscribers.set(channel, [connection])
  else if (!listeners.includes(connection)) listeners.push(connection)
}

const unsubscribe = (state: RedisState, connection: Connection, channel: string): void => {
  const left = state.subscribers.get(channel)?.filter((each) => each !== connection) ?? []
  if (left.length === 0) state.subscribers.delete(channel)
  else state.subscribers.set(channel, left)
}

const run = (state: RedisState, request: RequestInput<RedisRequest>, out: Outbox): void => {
  const { body, connection } = request
  switch (body.op) {
    case 'blpop':
      return blpop(state, request, body, out)
    case 'wait':
      return isMaster(state)
        ? wait(state, request, body, out)
        : out.reply(request, NO_WAIT_ON_REPLICA)
    case 'subscribe':
      subscribe(state, connection, body.channel)
      return out.reply(request, ok(body.channel))
    case 'unsubscribe':
      unsubscribe(state, connection, body.channel)
      return out.reply(request, ok(body.channel))
    case 'eval':
      return out.reply(request, evaluate(state, body, request.origin, out))
    default:
      return out.reply(request, execute(state, body, request.origin, out))
  }
}

const handle = (
  state: RedisState,
  request: RequestInput<RedisRequest>,
  out: Outbox,
  resumed: RequestInput<RedisRequest>[],
): void => {
  if (state.clockMs < state.servesFromMs) return out.reply(request, NOT_LISTENING)
  if (state.blocked.length > 0) {
    const busy = state.blocked.find((each) => each.request.connection === request.connection)
    if (busy !== undefined) {
      busy.deferred.push(request)
      return
    }
  }
  const { replication } = state
  if (replication !== undefined && mayWrite(request.body)) {
    if (replication.role === 'replica') return out.reply(request, READ_ONLY)
    if (!hasGoodReplicas(state)) return out.reply(request, NO_REPLICAS)
  }
  const before = state.changes
  const blocked = state.blocked.length
  run(state, request, out)
  // Who has begun to wait stands in a queue from now on.
  if (state.blocked.length !== blocked) out.changed('request', request.origin)
  if (state.changes === before) return
  replication?.lastWrite.set(request.connection, replication.offset)
  out.changed('request', request.origin)
  if (state.ready.length > 0) serveReady(state, out, resumed)
}

const forget = (state: RedisState, connection: Connection, out: Outbox): void => {
  for (const channel of [...state.subscribers.keys()]) unsubscribe(state, connection, channel)
  const blocked = state.blocked.length
  state.blocked = state.blocked.filter((each) => each.request.connection !== connection)
  if (state.blocked.length !== blocked) out.changed('session-ended')
  state.replication?.lastWrite.delete(connection)
}

const crash = (state: RedisState): void => {
  loseMemory(state)
  if (state.blocked.length > 0) state.lostInCrash = true
  state.subscribers.clear()
  state.blocked = []
  state.ready = []
  if (state.replication !== undefined) forgetStream(state, state.replication)
}

const restart = (state: RedisState, out: Outbox): void => {
  loadDisk(state)
  state.servesFromMs = state.clockMs + state.options.delayedRestartMs
  if (state.lostInCrash) out.changed('lost')
  expire(state, out)
  if (state.replication !== undefined) rejoin(state, state.replication, out)
}

const take = (
  state: RedisState,
  input: Input<RedisRequest, PeerMessage>,
  out: Outbox,
  resumed: RequestInput<RedisRequest>[],
): void => {
  const { replication } = state
  switch (input.kind) {
    case 'request':
      return handle(state, input, out, resumed)
    case 'closed':
      return forget(state, input.connection, out)
    case 'tick':
      return
    case 'peer': {
      const before = state.changes
      receiveFromPeer(state, input.from, input.body, out)
      if (state.changes !== before) out.changed('lost')
      if (state.blocked.length > 0) serveWaits(state, out, resumed)
      return
    }
    case 'peer-closed':
      return disconnectPeer(state, input.from)
    case 'promote':
      if (replication === undefined || replication.role === 'master') return
      promote(state, replication, out)
      out.changed('lost')
      return expire(state, out)
    case 'demote':
      if (replication === undefined || input.leader === state.index) return
      unblockAll(state, out, resumed)
      demote(state, replication, input.leader, out)
      return out.changed('lost')
    default:
      return
  }
}

const step = (
  state: RedisState,
  input: Input<RedisRequest, PeerMessage>,
  nowMs: number,
  out: Outbox,
): void => {
  state.clockMs = nowMs
  state.nowMs = Math.floor(nowMs)
  if (state.options.persistence === 'everysec') syncEverySecond(state)
  if (input.kind === 'crash') return crash(state)
  if (input.kind === 'restart') return restart(state, out)
  expire(state, out)
  const resumed: RequestInput<RedisRequest>[] = []
  take(state, input, out, resumed)
  if (state.blocked.length > 0) serveOverdue(state, out, resumed)
  for (let next = resumed.shift(); next !== undefined; next = resumed.shift()) {
    handle(state, next, out, resumed)
  }
  pump(state, out)
}

const wakeAtMs = (state: RedisState): number => {
  const { replication } = state
  let wakeMs = isMaster(state) ? firstExpiryMs(state) + 1 : Infinity
  for (const { deadlineMs } of state.blocked) if (deadlineMs < wakeMs) wakeMs = deadlineMs
  if (replication === undefined) return wakeMs
  return Math.min(wakeMs, replication.sendAtMs, replication.acknowledgeAtMs)
}

/**
 * Redis 7. Expiry goes by the server's wall clock in whole ms; commands and scripts run one at a time.
 *
 * Not modelled: sets, streams and other data types, MULTI, memory limits, cluster mode, snapshots (with `none` a crash
 * loses everything, which is the worst that snapshots allow), and RESP2's ban on other commands while subscribed.
 */
export const redis = defineService<
  RedisState,
  RedisRequest,
  PeerMessage,
  RedisOptions,
  RedisClients,
  RedisView
>({
  name: 'redis',
  summary:
    'Redis masters, or a master with asynchronous replicas; leases by the server’s wall clock',
  sources: [
    'redis docs/commands/set.md, expire.md, getset.md, blpop.md, wait.md',
    'redis docs/management/persistence.md, replication.md, sentinel.md',
    'redis src/db.c, t_string.c, blocked.c, replication.c',
    'transcripts of Redis 7.0.15',
  ],
  nodeName: 'redis',
  clock: 'wall',
  replicas: { replication: 'asynchronous' },
  clockWith: ({ expiryClock }) => expiryClock,
  options: {
    expiryClock: 'wall',
    persistence: 'none',
    delayedRestartMs: 0,
    replication: 'none',
    replicationDelayMs: 0,
    minReplicasToWrite: 0,
    minReplicasMaxLagMs: 10_000,
  },
  optionWords: {
    expiryClock: ['wall', 'monotonic'],
    persistence: ['none', 'everysec', 'always'],
    replication: ['none', 'asynchronous'],
  },
  create: ({ index, size, options }) => ({
    options,
    index,
    size,
    clockMs: 0,
    nowMs: 0,
    keys: new KeySpace(),
    firstExpiryMs: Infinity,
    changes: 0,
    disk: new KeySpace(),
    unsynced: [],
    syncedSecond: -Infinity,
    lostInCrash: false,
    servesFromMs: -Infinity,
    subscribers: new Map(),
    blocked: [],
    ready: [],
    taken: [],
    replication: options.replication === 'none' ? undefined : newReplication(index, size),
  }),
  step,
  wakeAtMs,
  client: redisClients,
  view: (state) => new View(state),
})
