/** What runs in a guarded thread: one task of anybody's, with its heartbeat, and whatever it throws as an answer. */

import { SimulationError, wordsOf } from '#sim'
import { InputError } from '../errors.ts'
import { pulse, usePulse } from './heartbeat.ts'

/** A task as it is sent to a thread. */
export interface GuardedTask {
  /** Module and export that does it, as `file:` URL and name. */
  readonly filename: string
  readonly name: string
  readonly task: unknown
  readonly memory: SharedArrayBuffer
}

/** An error as it is sent back: its class would not survive the journey. */
export interface Thrown {
  readonly kind: 'input' | 'simulation' | 'other'
  readonly message: string
  readonly stack: string | undefined
}

/** What comes back. What was thrown is an answer too, so that a failed promise can only mean a dead thread. */
export type Answered = { readonly answer: unknown } | { readonly thrown: Thrown }

const kindOf = (error: unknown): Thrown['kind'] =>
  error instanceof InputError ? 'input' : error instanceof SimulationError ? 'simulation' : 'other'

const thrownOf = (error: unknown): Thrown => {
  const kind = kindOf(error)
  return {
    kind,
    // Those of the user's own have no name that would help.
    message: kind === 'other' ? wordsOf(error) : (error as Error).message,
    stack: error instanceof Error ? error.stack : undefined,
  }
}

/** Does the task. */
export const runGuarded = async ({
  filename,
  name,
  task,
  memory,
}: GuardedTask): Promise<Answered> => {
  usePulse(memory)
  try {
    // From here on it is watched: before, it stood in the queue.
    pulse()
    const module = (await import(filename)) as Readonly<Record<string, (task: unknown) => unknown>>
    return { answer: await module[name]?.(task) }
  } catch (error) {
    return { thrown: thrownOf(error) }
  } finally {
    usePulse(undefined)
  }
}
