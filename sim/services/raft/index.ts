/** A small Raft for services that are replicated state machines; `machine.ts` says what such a service must provide. */

export type { Asked, Machine, PeerMessage, Replica } from './machine.ts'
export { createReplica, replicaWakeAtMs, stepReplica } from './replica.ts'
export { abandon, answer, forward, propose, readLatest, submit } from './requests.ts'
export { leaderOf } from './state.ts'
