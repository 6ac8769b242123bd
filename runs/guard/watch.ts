/** The watch over the threads of a pool: which of them hangs, and which takes all memory, as the main thread can see it. */

import { makePulse, readPulse } from './heartbeat.ts'

/** How much a thread may take. */
export interface Limits {
  /** How long it may be silent within a task, in ms of the wall clock; 10 s if left out. */
  readonly stallMs?: number
  /** How much memory its objects may take, in MiB; 512 if left out. */
  readonly heapMb?: number
}

/** A task that is watched. */
export interface Watched {
  readonly memory: SharedArrayBuffer
  /** Ends its thread. */
  readonly stop: AbortController
  /** Why it was ended, if it was. */
  blame: 'stalled' | 'out-of-memory' | undefined
  /** Whether others ran beside it then, so that the memory may have been theirs. */
  isSuspect: boolean
  /** What it had said at the last look, for how many looks it has said nothing more, and the memory at that time. */
  said: bigint
  silentLooks: number
  residentBytes: number
}

const LOOK_MS = 50
const MEBIBYTE = 2 ** 20

/** Opens a watch. It keeps no process alive. */
export const openWatch = ({ stallMs, heapMb }: Required<Limits>) => {
  const tasks = new Set<Watched>()

  const end = (watched: Watched, blame: Watched['blame']): void => {
    watched.blame = blame
    watched.isSuspect = [...tasks].some((other) => other !== watched && other.said !== 0n)
    watched.stop.abort()
  }

  /** Tasks that have begun and have said nothing since the last look. */
  const silent = (residentBytes: number): readonly Watched[] =>
    [...tasks].filter((watched) => {
      const { said } = readPulse(watched.memory)
      // Nothing at all: it stands in the queue.
      const isSilent = said !== 0n && said === watched.said && watched.blame === undefined
      watched.silentLooks = isSilent ? watched.silentLooks + 1 : 0
      if (!isSilent) watched.residentBytes = residentBytes
      watched.said = said
      return isSilent
    })

  const look = (): void => {
    const residentBytes = process.memoryUsage.rss()
    const quiet = silent(residentBytes)
    // V8's own limit knows objects only, no buffers, and is no help against one array that grows by half at a time.
    for (const watched of quiet) {
      if (residentBytes - watched.residentBytes > heapMb * MEBIBYTE) end(watched, 'out-of-memory')
    }
    // Looks are counted, not time: while this thread stood still, nobody looked.
    for (const watched of quiet) {
      if (watched.blame === undefined && watched.silentLooks * LOOK_MS > stallMs) {
        end(watched, 'stalled')
      }
    }
  }

  const timer = setInterval(look, LOOK_MS)
  timer.unref()

  return {
    /** Begins to watch a task that is about to be queued. */
    begin(): Watched {
      const watched: Watched = {
        memory: makePulse(),
        stop: new AbortController(),
        blame: undefined,
        isSuspect: false,
        said: 0n,
        silentLooks: 0,
        residentBytes: 0,
      }
      tasks.add(watched)
      return watched
    },
    end: (watched: Watched): void => void tasks.delete(watched),
    close: (): void => clearInterval(timer),
  }
}
