/** The heartbeat of a guarded thread: which run it has begun, in memory that the main thread can see while the thread is busy. */

/** Cells of the shared memory: how often the thread has said something, and the run that it is in. */
const SAID = 0
const RUN = 1
const CELLS = 2

/** Stands in the cell of the run before the first one. */
const NO_RUN = -1n

let cells: BigInt64Array | undefined

/** Memory for one task. */
export const makePulse = (): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(CELLS * BigInt64Array.BYTES_PER_ELEMENT)
  Atomics.store(new BigInt64Array(memory), RUN, NO_RUN)
  return memory
}

/** In a thread: from now on the beats are those of a task with this memory; undefined between tasks. */
export const usePulse = (memory: SharedArrayBuffer | undefined): void => {
  cells = memory === undefined ? undefined : new BigInt64Array(memory)
}

/** In a thread: still going on, e.g. at every fact of a long run. Does nothing where nobody watches. */
export const pulse = (): void => {
  if (cells !== undefined) Atomics.add(cells, SAID, 1n)
}

/** In a thread: the run of this number (an index, a seed) begins. Does nothing where nobody watches. */
export const beat = (run: number): void => {
  if (cells !== undefined) Atomics.store(cells, RUN, BigInt(run))
  pulse()
}

/** In the main thread: what a task has said last. */
export const readPulse = (
  memory: SharedArrayBuffer,
): { readonly said: bigint; readonly run: number | undefined } => {
  const watched = new BigInt64Array(memory)
  const run = Atomics.load(watched, RUN)
  return { said: Atomics.load(watched, SAID), run: run === NO_RUN ? undefined : Number(run) }
}
