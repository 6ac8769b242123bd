/** How reports may look: colours, characters and the width of the page. No report knows where they come from. */

type Colour = (text: string) => string

/** Colours by meaning. */
export interface Paint {
  readonly good: Colour
  readonly bad: Colour
  readonly warn: Colour
  readonly dim: Colour
  readonly strong: Colour
  /** The colour of the nth client, from 0. */
  readonly client: (index: number, text: string) => string
}

/** Characters that a report draws with. */
export interface Glyphs {
  readonly good: string
  readonly bad: string
  /** A promise that is broken, but was never made. */
  readonly flaw: string
  readonly none: string
  readonly unsure: string
  /** A client that does not believe to hold, one that does, and one whose validity is over. */
  readonly idle: string
  readonly believes: string
  readonly expired: string
  /** A participant that has voted yes and not decided. */
  readonly doubt: string
  /** A node that stands still, is down, is cut off; one that acts. */
  readonly paused: string
  readonly down: string
  readonly cut: string
  readonly acts: string
  readonly nobody: string
  readonly rule: string
  readonly fault: string
}

/** All that a report needs to know of the page it is written on. */
export interface Style {
  readonly paint: Paint
  readonly glyphs: Glyphs
  readonly columns: number
}

const same: Colour = (text) => text

/** No colours. */
export const plainPaint: Paint = {
  good: same,
  bad: same,
  warn: same,
  dim: same,
  strong: same,
  client: (_index, text) => text,
}

/** For terminals that know Unicode. */
export const unicodeGlyphs: Glyphs = {
  good: '✓',
  bad: '✗',
  flaw: '×',
  none: '·',
  unsure: '?',
  idle: '│',
  believes: '█',
  expired: '▒',
  doubt: '▒',
  paused: '║',
  down: '×',
  cut: '╎',
  acts: '●',
  nobody: '·',
  rule: '─',
  fault: '▶',
}

/** For all others. */
export const asciiGlyphs: Glyphs = {
  good: '+',
  bad: 'X',
  flaw: 'x',
  none: '.',
  unsure: '?',
  idle: '|',
  believes: '#',
  expired: ':',
  doubt: ':',
  paused: '=',
  down: 'x',
  cut: '~',
  acts: 'o',
  nobody: '.',
  rule: '-',
  fault: '>',
}

/** Text in a pipe, 80 columns wide. */
export const plainStyle: Style = { paint: plainPaint, glyphs: unicodeGlyphs, columns: 80 }

// Everything below U+0020 and the C1 controls, which a terminal may obey.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/** The text without characters that a terminal would obey: traces and notes may come from anywhere. */
export const printable = (text: string): string => text.replace(CONTROL, '\uFFFD')

/** The narrowest column that still holds a sentence. */
const SENTENCE_COLUMNS_MIN = 16

/** How much room is left for sentences on a page behind `taken` columns. */
export const roomBehind = (taken: number, { columns }: Style): number =>
  Math.max(SENTENCE_COLUMNS_MIN, columns - taken)

/** Breaks a text into lines of at most `columns`. A single longer word gets a line of its own. */
export const wrap = (text: string, columns: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines
}
