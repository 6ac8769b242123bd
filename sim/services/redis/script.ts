/** The contract of a script: what it is given, and whether it writes. */

import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import type { Outbox } from '../service.ts'
import type { EvalRequest } from './requests.ts'
import type { RedisState } from './state.ts'

/** A script. `writes` decides whether a replica may run it. */
export interface Script {
  readonly writes: boolean
  readonly source: string
  run(state: RedisState, request: EvalRequest, origin: Origin, out: Outbox): Reply<unknown>
}

/** One of the key or argument names of a script; Lua would see nil for a missing one. */
export const given = (list: readonly string[], index: number): string => list[index] ?? ''

/** Checks a script's shape. */
export const defineScript = (script: Script): Script => script
