/** What a CP member knows: sessions and locks, which are replicated, and the calls that wait at it for their answers. */

import type { Asked, Machine, Replica } from '../raft/index.ts'
import type { ServerConfig } from '../service.ts'
import { FencedLockState } from './lock.ts'
import type { HazelcastCommand, HazelcastOptions, HazelcastRequest } from './requests.ts'

/** A session. Every member computes by its own wall clock when it is over; the leader's opinion counts. */
export interface CpSession {
  readonly id: number
  /** Counts heartbeats, so that an expiry that was decided before one has no effect after it. */
  version: number
  expiresAtMs: number
}

/** All of it. */
export interface HazelcastData {
  readonly options: HazelcastOptions
  readonly sessions: Map<number, CpSession>
  readonly locks: Map<string, FencedLockState>
  lastSession: number

  /** Reads the member's wall clock. */
  readonly wallMs: () => number

  // In memory.
  /** Calls that were queued, by uid, where they came in. */
  readonly waiting: Map<string, Asked<HazelcastRequest>[]>
  /** Sessions and waits whose end the leader has put into the log. */
  readonly ending: Set<number | string>
  /** When the leader looks next for sessions and waits that are over. */
  checkAtMs: number
}

/** The service's part of the Raft core's types. */
export type HazelcastReplica = Replica<HazelcastData, HazelcastRequest, HazelcastCommand>
export type HazelcastMachine = Machine<HazelcastData, HazelcastRequest, HazelcastCommand>

/** A member of a new group. */
export const createData = ({ options, wallMs }: ServerConfig<unknown>): HazelcastData => ({
  options: options as HazelcastOptions,
  sessions: new Map(),
  locks: new Map(),
  lastSession: 0,
  wallMs: wallMs ?? (() => 0),
  waiting: new Map(),
  ending: new Set(),
  checkAtMs: Infinity,
})

/** The lock of this name, which is there as soon as somebody speaks of it. */
export const lockOf = ({ locks, options }: HazelcastData, name: string): FencedLockState => {
  const known = locks.get(name)
  if (known !== undefined) return known
  const made = new FencedLockState(options.lockAcquireLimit)
  locks.set(name, made)
  return made
}

/** The process died. */
export const forgetMemory = (data: HazelcastData): void => {
  data.waiting.clear()
  data.ending.clear()
  data.checkAtMs = Infinity
}
