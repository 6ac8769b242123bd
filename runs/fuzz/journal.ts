/** The journal of a lock's campaign: each finished stretch is a line, on the disk before anything is said about it. */

import { closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs'
import { fileError, linesOf, writeAll } from '../text-file.ts'
import type { Stretch, StretchSum } from './stretch.ts'

/** What has been run, and a place to write down what is run now. */
export interface Journal {
  /** The sum of a stretch that an earlier process has run to its end. */
  known(stretch: Stretch): StretchSum | undefined
  /** Writes a sum down; when this returns it survives anything but the loss of the disk. */
  add(stretch: Stretch, sum: StretchSum): void
  close(): void
}

interface Line {
  readonly from: number
  readonly to: number
  readonly sum: StretchSum
}

/** A line that was torn when the process died is as good as none: its stretch is run again. */
const lineFrom = (text: string): Line | undefined => {
  try {
    const line = JSON.parse(text) as Partial<Line> | null
    const isWhole =
      typeof line?.from === 'number' && typeof line.to === 'number' && line.sum?.runs !== undefined
    return isWhole ? (line as Line) : undefined
  } catch {
    return undefined
  }
}

const readLines = (path: string): Map<number, Line> => {
  const lines = new Map<number, Line>()
  if (!existsSync(path)) return lines
  for (const text of linesOf(path)) {
    const line = lineFrom(text)
    if (line !== undefined) lines.set(line.from, line)
  }
  return lines
}

const endsInsideALine = (path: string): boolean => {
  const text = readFileSync(path)
  return text.length > 0 && text.at(-1) !== 0x0a
}

/**
 * Opens the journal of one lock.
 *
 * @throws InputError when the file cannot be read or written
 */
export const openJournal = (path: string): Journal => {
  const lines = readLines(path)
  const attempt = <Result>(act: () => Result): Result => {
    try {
      return act()
    } catch (error) {
      throw fileError('write the campaign to', path, error)
    }
  }
  const file = attempt(() => openSync(path, 'a'))
  if (endsInsideALine(path)) attempt(() => writeAll(file, '\n'))
  return {
    known({ from, to }) {
      const line = lines.get(from)
      lines.delete(from)
      // The last stretch of a shorter campaign is a part only.
      return line?.to === to ? line.sum : undefined
    },
    add({ from, to }, sum) {
      attempt(() => {
        writeAll(file, `${JSON.stringify({ from, to, sum })}\n`)
        fsyncSync(file)
      })
    },
    close: () => closeSync(file),
  }
}
