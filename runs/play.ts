/** What a kind of algorithm plays in a run: who does what on the nodes of the clients, and who watches the servers. */

import { SimulationError } from '#sim'
import type { FactEvent, Node, Origin, Process, RevokeCause, Server, Stream, World } from '#sim'
import type { Settled } from './settle.ts'

/** Where it is played. */
export interface Scene {
  readonly world: World
  readonly settled: Settled
  /** The nodes of the clients, in order. */
  readonly clients: readonly Node[]
  /** The typed clients of the services that the algorithm needs, for one life of a process on this node. */
  readonly services: (node: Node) => unknown
  /** The stream of this kind of a client. */
  readonly stream: (kind: string, client: string) => Stream
}

/** A play: made when the servers stand, begun when the faults are armed. */
export interface Play {
  begin(): void
  /** A fact was stated. */
  saw?(event: FactEvent): void
  /** A server's data changed in a way that matters to the judges. */
  changed?(server: Server, cause: RevokeCause, by: Origin | undefined): void
  /** No client is left that will do anything. */
  deserted?(): void
}

/** Before a client does anything. */
export const IDLE: Origin = { client: '', hold: '', activity: 'opening' }

/** When the client of this index begins; the last time goes for the rest. */
export const startOf = (startMs: readonly number[], index: number): number =>
  startMs[Math.min(index, startMs.length - 1)] as number

/** What an algorithm's function returned, if it can be stepped through; what is not TypeScript may return anything. */
export const generator = <Answer>(name: string, returned: Process<Answer>): Process<Answer> => {
  const { next } = (returned ?? {}) as Partial<Process<Answer>>
  if (typeof next === 'function') return returned
  throw new SimulationError(
    `${name} is not a generator function; write \`*${name}(…)\`, without async, and \`yield*\` instead of await`,
  )
}
