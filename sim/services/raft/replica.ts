/** Makes a service out of a deterministic state machine: the same commands, in the same order, on every server of a Raft group. */

// A command is applied, and its client answered, in the step in which its server gets to know that it is committed.

import type { Input, Outbox, ServerConfig } from '../service.ts'
import {
  forgetTerm,
  loseMemory,
  nextRaftMs,
  onRaftMessage,
  onRaftTick,
  restartRaft,
} from './consensus.ts'
import type { Machine, PeerMessage, Replica } from './machine.ts'
import {
  answer,
  confirmIndex,
  nextRetryMs,
  pass,
  retryReads,
  serveReads,
  setReadable,
  settleConfirmed,
  takePending,
} from './requests.ts'
import { isEstablished, leaderOf, newRaft } from './state.ts'

const applyCommitted = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  nowMs: number,
  out: Outbox,
): void => {
  const { raft, machine } = replica
  while (replica.applied < raft.committed) {
    const item = raft.log[replica.applied++]?.item
    if (item === undefined) continue
    const { command, origin, server, number } = item
    const reply = machine.apply(replica, command, replica.applied, origin, nowMs, out)
    if (server !== raft.index) continue
    const request = takePending(replica, number)
    if (request === undefined) continue
    if (reply === undefined) machine.postponed?.(replica, request)
    else answer(request, reply, out)
  }
}

/** Tells the machine that its server has become the leader, or is it no more. */
const noticeLeadership = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  nowMs: number,
  out: Outbox,
): void => {
  const { raft, machine } = replica
  const leads = isEstablished(raft) ? raft.term : 0
  if (leads === replica.leads) return
  if (replica.leads > 0) machine.deposed?.(replica, nowMs, out)
  replica.leads = leads
  if (leads > 0) machine.elected?.(replica, nowMs, out)
}

/** Draws the consequences of an input. Mostly there are none. */
const settle = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  nowMs: number,
  out: Outbox,
): void => {
  const { raft } = replica
  do {
    applyCommitted(replica, nowMs, out)
    noticeLeadership(replica, nowMs, out)
    if (replica.homeless.length > 0 && leaderOf(raft) >= 0) {
      const proposals = replica.homeless
      replica.homeless = []
      for (const proposal of proposals) pass(replica, proposal, out)
    }
    if (replica.unconfirmed.length > 0) settleConfirmed(replica, out)
    if (replica.reads.length > 0) serveReads(replica, nowMs, out)
  } while (replica.applied < raft.committed)
}

const onPeer = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  from: number,
  message: PeerMessage<Body, Command>,
  nowMs: number,
  out: Outbox,
): void => {
  const { raft, machine } = replica
  switch (message.op) {
    case 'propose':
      // Handed on once only: two servers that each take the other for the leader would play ball with it.
      if (raft.mode.role === 'leading') pass(replica, message.proposal, out)
      return
    case 'read-index':
      confirmIndex(replica, from, message.number, out)
      return
    case 'readable':
      setReadable(replica, message.number, message.index)
      return
    case 'forward': {
      if (replica.leads === 0) return
      const { number, body, origin } = message
      machine.request(
        replica,
        { kind: 'forwarded', body, origin, server: from, number },
        nowMs,
        out,
      )
      return
    }
    case 'forwarded': {
      const request = takePending(replica, message.number)
      if (request !== undefined) answer(request, message.reply, out)
      return
    }
    default:
      onRaftMessage(raft, from, message, nowMs, out)
  }
}

/** A server of a new group, whose first server leads it in its first term. */
export const createReplica = <Data, Body, Command>(
  machine: Machine<Data, Body, Command>,
  config: ServerConfig<unknown>,
): Replica<Data, Body, Command> => {
  const { index, size, options, choice } = config
  const { stream } = machine
  return {
    machine,
    raft: newRaft(index, size, machine.times(options), choice, `${stream}-${index + 1}`),
    data: machine.create(config),
    up: true,
    applied: 0,
    leads: 0,
    requests: 0,
    pending: new Map(),
    homeless: [],
    reads: [],
    unconfirmed: [],
  }
}

const crash = <Data, Body, Command>(replica: Replica<Data, Body, Command>): void => {
  replica.up = false
  replica.leads = 0
  loseMemory(replica.raft)
  replica.pending.clear()
  replica.homeless = []
  replica.reads = []
  replica.unconfirmed = []
  replica.machine.crashed?.(replica.data)
}

/**
 * The process is back. A server that comes back without having gone down is a new one: its disk was lost with the
 * process. Raft has no answer to that: what it had promised and acknowledged is forgotten.
 */
const restart = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  nowMs: number,
  out: Outbox,
): void => {
  const { raft } = replica
  if (replica.up) forgetTerm(raft)
  replica.up = true
  // Numbers of requests must not come again, even if nothing is left to count on (etcd's idutil).
  replica.requests = Math.max(replica.requests, Math.ceil(nowMs) * 256)
  restartRaft(raft, nowMs, out)
}

/** Takes one input: the `step` of the service. */
export const stepReplica = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
  input: Input<Body, PeerMessage<Body, Command>>,
  nowMs: number,
  out: Outbox,
): void => {
  const { machine, raft } = replica
  if (input.kind === 'crash') {
    crash(replica)
    return
  }
  if (input.kind !== 'restart') noticeLeadership(replica, nowMs, out)
  switch (input.kind) {
    case 'request':
      machine.request(replica, input, nowMs, out)
      break
    case 'peer':
      onPeer(replica, input.from, input.body, nowMs, out)
      break
    case 'tick':
      onRaftTick(raft, nowMs, out)
      if (replica.reads.length > 0) retryReads(replica, nowMs, out)
      machine.tick?.(replica, nowMs, out)
      break
    case 'closed':
      machine.closed?.(replica, input.connection, nowMs, out)
      break
    case 'restart':
      restart(replica, nowMs, out)
      break
    case 'peer-closed':
      // A connection that breaks makes nobody run for election: only silence does.
      break
    case 'promote':
    case 'demote':
      // Leadership is the group's own business: nobody outside can give it away.
      break
  }
  settle(replica, nowMs, out)
}

/** The `wakeAtMs` of the service. */
export const replicaWakeAtMs = <Data, Body, Command>(
  replica: Replica<Data, Body, Command>,
): number => {
  if (!replica.up) return Infinity
  const ownMs = replica.machine.wakeAtMs?.(replica) ?? Infinity
  const raftMs = nextRaftMs(replica.raft)
  const nextMs = ownMs < raftMs ? ownMs : raftMs
  return replica.reads.length === 0 ? nextMs : Math.min(nextMs, nextRetryMs(replica))
}
