/** The gossip among agents, as far as it ends sessions: which client machines are there, and which are gone. */

// The leader probes for all; whom it does not reach itself it has the other servers try. In a real group every
// member probes, and all come to the same.

import type { Outbox } from '../service.ts'
import { propose } from '../raft/index.ts'
import type { Agent, ConsulData, ConsulReplica } from './state.ts'

/** How long a probe may take before others are asked to try (memberlist's probe_timeout). */
const PROBE_TIMEOUT_MS = 500

/** Begins to look after the machine of a client. */
export const watchAgent = (data: ConsulData, client: string, nowMs: number): void => {
  if (data.agents.has(client)) return
  data.agents.set(client, {
    aliveAtMs: nowMs,
    pingedAtMs: nowMs,
    suspectedSinceMs: Infinity,
    told: false,
  })
  if (data.probeAtMs === Infinity) data.probeAtMs = nowMs + data.options.probeIntervalMs
}

/** A new leader looks after all machines that have sessions or are known to be gone. */
export const watchAgents = (data: ConsulData, nowMs: number): void => {
  for (const { node } of data.sessions.values()) watchAgent(data, node, nowMs)
  for (const node of data.failed) watchAgent(data, node, nowMs)
}

/** A machine has answered, here or at another server. */
export const onAlive = (
  replica: ConsulReplica,
  client: string,
  nowMs: number,
  out: Outbox,
): void => {
  const { data } = replica
  const agent = data.agents.get(client)
  if (agent === undefined) return
  agent.aliveAtMs = nowMs
  agent.suspectedSinceMs = Infinity
  if (!data.failed.has(client) || agent.told) return
  agent.told = true
  propose(replica, { op: 'health', node: client, alive: true }, undefined, out)
}

const isUnanswered = ({ aliveAtMs, pingedAtMs }: Agent): boolean => aliveAtMs < pingedAtMs

const isOfInterest = ({ sessions, failed }: ConsulData, client: string): boolean => {
  if (failed.has(client)) return true
  for (const { node } of sessions.values()) if (node === client) return true
  return false
}

/** Probes all, and draws the consequences of what was not answered since the last time. */
const probe = (replica: ConsulReplica, nowMs: number, out: Outbox): void => {
  const { data } = replica
  const { suspicionMs, probeIntervalMs } = data.options
  for (const [client, agent] of data.agents) {
    if (!isOfInterest(data, client)) {
      data.agents.delete(client)
      continue
    }
    if (isUnanswered(agent) && agent.suspectedSinceMs === Infinity) agent.suspectedSinceMs = nowMs
    const isGone = nowMs - agent.suspectedSinceMs >= suspicionMs
    if (isGone && !agent.told && !data.failed.has(client)) {
      agent.told = true
      propose(replica, { op: 'health', node: client, alive: false }, undefined, out)
    }
    agent.pingedAtMs = nowMs
    out.ping?.(client)
  }
  const goesOn = data.agents.size > 0
  data.probeAtMs = goesOn ? nowMs + probeIntervalMs : Infinity
  data.askOthersAtMs = goesOn ? nowMs + PROBE_TIMEOUT_MS : Infinity
}

/** Has the other servers try to reach those that did not answer in time. */
const askOthers = ({ data, raft }: ConsulReplica, out: Outbox): void => {
  data.askOthersAtMs = Infinity
  for (const [client, agent] of data.agents) {
    if (!isUnanswered(agent)) continue
    for (let other = 0; other < raft.size; other++) {
      if (other !== raft.index) out.peer(other, { op: 'reach', client })
    }
  }
}

/** What the leader does when time has passed. */
export const gossip = (replica: ConsulReplica, nowMs: number, out: Outbox): void => {
  const { data } = replica
  if (nowMs >= data.askOthersAtMs) askOthers(replica, out)
  if (nowMs >= data.probeAtMs) probe(replica, nowMs, out)
}

/** When it wants to do something next. */
export const nextGossipMs = ({ agents, probeAtMs, askOthersAtMs }: ConsulData): number => {
  if (askOthersAtMs < probeAtMs) {
    for (const agent of agents.values()) if (isUnanswered(agent)) return askOthersAtMs
  }
  return probeAtMs
}
