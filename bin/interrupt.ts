/** Ctrl-C during a campaign: what its runs have shown is told before the command ends. A second Ctrl-C ends it at once. */

import { INTERRUPTED } from './io.ts'
import type { Io } from './io.ts'

/** A campaign that reports to a terminal how far it is, and that can be interrupted. */
export interface Interruptible {
  readonly signal: AbortSignal
  readonly progress: (share: number) => void
  /** The exit code of the command, given the one of its rows; says so if they are not all. */
  readonly exitCode: (ofRows: number) => number
}

/** `shows` is whether a line of progress is wanted, should there be a terminal. */
export const interruptible = (io: Io, shows: boolean): Interruptible => {
  const signal = io.interrupt()
  let done = 0
  return {
    signal,
    progress(share) {
      done = share
      if (io.isTTY && shows)
        io.err(share < 1 && !signal.aborted ? `\r${Math.floor(share * 100)} % ` : '\r      \r')
    },
    exitCode(ofRows) {
      if (!signal.aborted || done === 1) return ofRows
      io.err(
        done === 0
          ? 'locksim: interrupted before its first runs were done\n'
          : `locksim: interrupted after ${Math.floor(done * 100)} % of the runs; the output is about these\n`,
      )
      return INTERRUPTED
    },
  }
}
