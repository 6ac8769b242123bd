/** The typed client of the participants: one stub for each, whose every answer is the stage that it is in. */

import type { Effect, Reply } from '../../kernel/index.ts'
import type { Port } from '../service.ts'
import type { ParticipantRequest, Stage } from './requests.ts'

/** The answer of a participant: how far the transaction has come there. */
export type StageReply = Reply<Stage>

/** One participant as a coordinator uses it. */
export interface ParticipantStub {
  /** Name of its node. */
  readonly server: string
  /** Executes and votes: `voted` is a yes, `aborted` a no. The first question of two-phase commit. */
  prepare(transaction: string, row: string, timeoutMs?: number): Effect<StageReply>
  /** Asks whether it could; the first question of three-phase commit. */
  canCommit(transaction: string, row: string, timeoutMs?: number): Effect<StageReply>
  preCommit(transaction: string, timeoutMs?: number): Effect<StageReply>
  commit(transaction: string, timeoutMs?: number): Effect<StageReply>
  abort(transaction: string, timeoutMs?: number): Effect<StageReply>
  /** How far it has come; changes nothing. */
  status(transaction: string, timeoutMs?: number): Effect<StageReply>
}

/** All participants, in order. */
export interface ParticipantClient {
  readonly all: readonly ParticipantStub[]
}

const stubOf = (port: Port): ParticipantStub => {
  const ask = (body: ParticipantRequest, timeoutMs?: number): Effect<StageReply> =>
    port.call<Stage>(body, timeoutMs)
  return {
    server: port.server,
    prepare: (value, row, timeoutMs) => ask({ op: 'prepare', value, row }, timeoutMs),
    canCommit: (value, row, timeoutMs) => ask({ op: 'can-commit', value, row }, timeoutMs),
    preCommit: (value, timeoutMs) => ask({ op: 'pre-commit', value }, timeoutMs),
    commit: (value, timeoutMs) => ask({ op: 'commit', value }, timeoutMs),
    abort: (value, timeoutMs) => ask({ op: 'abort', value }, timeoutMs),
    status: (value, timeoutMs) => ask({ op: 'status', value }, timeoutMs),
  }
}

/** The typed client of the group. */
export const participantClient = (ports: readonly Port[]): ParticipantClient => ({
  all: ports.map(stubOf),
})
