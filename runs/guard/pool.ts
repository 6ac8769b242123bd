/** A pool of threads for code that cannot be trusted: one that hangs, dies or takes all memory is replaced, and its task says so. */

import { Piscina } from 'piscina'
import type { AnyAlgorithm } from '#algorithms'
import { LocksimBug, SimulationError } from '#sim'
import { InputError } from '../errors.ts'
import { isReachable, isTrusted } from '../modules/registry.ts'
import { openGate } from './gate.ts'
import { readPulse } from './heartbeat.ts'
import type { Answered, GuardedTask, Thrown } from './thread.ts'
import { openWatch } from './watch.ts'
import type { Limits, Watched } from './watch.ts'

/** What became of a thread that did not end its task. */
export interface Mishap {
  readonly kind: 'stalled' | 'out-of-memory' | 'died' | 'closed'
  /** The last run that it began; undefined if it began none, as when a module is loaded. */
  readonly beat: number | undefined
  /** Completes "the lock …", e.g. `did not end a step within 10 s`. */
  readonly message: string
}

/** How a task ended. */
export type Ended<Answer> = { readonly answer: Answer } | { readonly mishap: Mishap }

/** Which code runs, in how many threads, and how much it may take. */
export interface PoolOptions extends Limits {
  /** A compiled module of locksim's, and the function that it exports for one task. */
  readonly filename: URL
  readonly name: string
  readonly workers: number
}

/** An open pool. */
export interface GuardedPool<Task, Answer> {
  /**
   * Does a task in one of the threads. What a task throws is thrown here; what kills its thread is not.
   */
  run(task: Task): Promise<Ended<Answer>>
  /** Ends all threads, also those that are busy: their tasks end with a mishap of the kind `closed`. */
  close(): Promise<void>
}

/** Memory beyond which V8 itself ends a thread, in multiples of what it may take: far away, because one array that grows past it ends the whole process. */
const HARD_LIMIT = 4

/** Whether there are threads to be had; not where locksim runs on its sources, as its own tests do. */
export const canGuard = import.meta.url.endsWith('.js')

/**
 * Whether these locks are better run in threads: for speed, or because one of them may hang or take all memory. One that
 * is in no file cannot be found by another thread.
 */
export const wantsThreads = (locks: readonly AnyAlgorithm[], workers: number): boolean =>
  canGuard &&
  locks.every((lock) => isReachable(lock)) &&
  (workers > 1 || !locks.every((lock) => isTrusted(lock)))

const rebuilt = ({ kind, message, stack }: Thrown): Error => {
  const error =
    kind === 'input'
      ? new InputError(message)
      : kind === 'simulation'
        ? new SimulationError(message)
        : new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}

const mishapOf = (
  error: unknown,
  { blame, run }: Pick<Watched, 'blame'> & { readonly run: number | undefined },
  { stallMs, heapMb }: Required<Limits>,
): Mishap => {
  if (blame === 'stalled') {
    const what = run === undefined ? 'did not finish loading' : 'did not end one of its steps'
    return { kind: 'stalled', beat: run, message: `${what} within ${stallMs / 1_000} s` }
  }
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  if (blame === 'out-of-memory' || code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { kind: 'out-of-memory', beat: run, message: `took more than ${heapMb} MiB of memory` }
  }
  const exit = /exited with code: (-?\d+)/.exec(message ?? '')?.[1]
  const how =
    exit === undefined
      ? `threw ${message ?? String(error)} outside of its functions`
      : `called process.exit(${exit}) or ended its thread in another way`
  return { kind: 'died', beat: run, message: how }
}

/** Opens a pool and starts its threads. */
export const openPool = <Task, Answer>({
  filename,
  name,
  workers,
  stallMs = 10_000,
  heapMb = 512,
}: PoolOptions): GuardedPool<Task, Answer> => {
  if (!canGuard) throw new LocksimBug('threads cannot load sources that were not compiled')
  const pool = new Piscina<GuardedTask, Answered>({
    filename: new URL('./thread.js', import.meta.url).href,
    name: 'runGuarded',
    // As many at least as at most: only then is one that was lost replaced while tasks wait.
    minThreads: workers,
    maxThreads: workers,
    resourceLimits: { maxOldGenerationSizeMb: HARD_LIMIT * heapMb },
  })
  // A thread that dies between two tasks is replaced like any other.
  pool.on('error', () => undefined)
  const limits = { stallMs, heapMb }
  const watch = openWatch(limits)
  const gate = openGate()
  let isClosed = false

  /** Undefined if somebody else may be to blame for what became of it. */
  const attempt = async (task: Task): Promise<Ended<Answer> | undefined> => {
    const watched = watch.begin()
    const { memory, stop } = watched
    let answered: Answered
    try {
      const sent = { filename: filename.href, name, task, memory }
      answered = await pool.run(sent, { signal: stop.signal })
    } catch (error) {
      const { run } = readPulse(memory)
      if (isClosed) return { mishap: { kind: 'closed', beat: run, message: 'was stopped' } }
      if (watched.blame === 'out-of-memory' && watched.isSuspect) return undefined
      return { mishap: mishapOf(error, { blame: watched.blame, run }, limits) }
    } finally {
      watch.end(watched)
    }
    if ('thrown' in answered) throw rebuilt(answered.thrown)
    return { answer: answered.answer as Answer }
  }

  return {
    async run(task) {
      if (isClosed) throw new LocksimBug('a task was given to a pool that is closed')
      let ended = await gate.together(() => attempt(task))
      // The same task is the same runs, so that it can be seen alone whose memory it was.
      while (ended === undefined) ended = await gate.alone(() => attempt(task))
      return ended
    },
    async close() {
      isClosed = true
      watch.close()
      await pool.destroy()
    },
  }
}
