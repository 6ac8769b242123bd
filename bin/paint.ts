/** Colours of the terminal: the only file that knows chalk. */

import { asciiGlyphs, unicodeGlyphs } from '#runs'
import type { Style } from '#runs'
import { Chalk } from 'chalk'
import type { Io } from './io.ts'

const PALETTE = ['cyan', 'magenta', 'yellow', 'blue', 'green', 'redBright'] as const

/** The style of reports on this terminal. */
export const styleOf = ({ colourLevel, columns, unicode }: Io): Style => {
  const chalk = new Chalk({ level: colourLevel })
  return {
    paint: {
      good: (text) => chalk.green(text),
      bad: (text) => chalk.red.bold(text),
      warn: (text) => chalk.yellow(text),
      dim: (text) => chalk.dim(text),
      strong: (text) => chalk.bold(text),
      client: (index, text) => chalk[PALETTE[index % PALETTE.length] ?? 'cyan'](text),
    },
    glyphs: unicode ? unicodeGlyphs : asciiGlyphs,
    columns,
  }
}

const ASCII: Readonly<Record<string, string>> = {
  '…': '...',
  '→': '->',
  '×': 'x',
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
}

/** Writes a report, in ASCII where the terminal knows no more. */
export const writePage = (text: string, io: Io): void =>
  io.out(io.unicode ? text : text.replace(/\P{ASCII}/gu, (character) => ASCII[character] ?? '?'))
