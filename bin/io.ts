/** Where a command writes and how wide and colourful it may be; a test gives it memory instead of a process. */

import { writeSync } from 'node:fs'

/** What a command may know of the outside. */
export interface Io {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Width of the page. */
  readonly columns: number
  /** 0 for none, up to 3 for true colour, as chalk counts. */
  readonly colourLevel: 0 | 1 | 2 | 3
  readonly isTTY: boolean
  /** Where a line that changes can be shown: standard error, if it is a terminal. */
  readonly live?: NodeJS.WriteStream
  /** Whether the page shows more than ASCII. */
  readonly unicode: boolean
  /** From the first call on, the first Ctrl-C aborts this signal instead of ending the process. */
  readonly interrupt: () => AbortSignal
}

const COLUMNS_DEFAULT = 80
/** A narrower terminal is taken for one of this width. */
export const COLUMNS_MIN = 60
const COLUMNS_MAX = 120

/** The exit code of a process that was interrupted, as shells count: 128 and the number of SIGINT. */
export const INTERRUPTED = 130

/** The exit code when the output cannot be written: the question was bad, not the lock. */
const OUTPUT_LOST = 2

const isLevel = (level: number): level is Io['colourLevel'] => [0, 1, 2, 3].includes(level)

/** https://no-color.org and https://force-color.org; a flag on the command line goes before both. */
const colourLevelOf = (): Io['colourLevel'] => {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (process.argv.includes('--no-color')) return 0
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') {
    const level = Number(FORCE_COLOR)
    return FORCE_COLOR === 'false' ? 0 : isLevel(level) ? level : 1
  }
  if (NO_COLOR !== undefined && NO_COLOR !== '') return 0
  if (!process.stdout.isTTY || TERM === 'dumb') return 0
  const depth = process.stdout.getColorDepth()
  return depth >= 24 ? 3 : depth >= 8 ? 2 : depth >= 4 ? 1 : 0
}

const knowsUnicode = (): boolean => {
  const { LC_ALL, LC_CTYPE, LANG } = process.env
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '')
  return locale === undefined || process.platform === 'win32' || /utf-?8/i.test(locale)
}

/** The process's own streams. A reader that has gone (`| head`) ends the process without a word. */
export const processIo = (): Io => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit()
      // A full disk behind a redirection: what was to be told is lost, and says so if it still can.
      if (stream === process.stdout)
        writeSync(2, `locksim: cannot write the output: ${error.message}\n`)
      process.exit(OUTPUT_LOST)
    })
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    columns: Math.min(
      COLUMNS_MAX,
      Math.max(COLUMNS_MIN, process.stdout.columns ?? COLUMNS_DEFAULT),
    ),
    colourLevel: colourLevelOf(),
    isTTY: process.stdout.isTTY,
    ...(process.stderr.isTTY ? { live: process.stderr } : {}),
    unicode: knowsUnicode(),
    interrupt() {
      const controller = new AbortController()
      // It stays: who draws on terminals looks whether anybody listens, and ends the process if nobody does.
      process.on('SIGINT', () => {
        if (controller.signal.aborted) process.exit(INTERRUPTED)
        controller.abort()
      })
      return controller.signal
    },
  }
}
