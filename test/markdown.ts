/** Reads the pages of documentation as far as they can be tested: code blocks with their marks, links, headings. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A fenced block. A comment on the line right above it says what is to be done with it: `<!-- exit 1 -->`. */
export interface Block {
  readonly language: string
  /** Its marks, by name: `exit`, `file`, `output`, `faults`, `source`, `table`, `defaults`, `outside`, `message`. */
  readonly marks: ReadonlyMap<string, string>
  readonly text: string
  /** Where `text` is in the page. */
  readonly start: number
  readonly end: number
  /** Its line, counted from 1. */
  readonly line: number
}

/** Every page that people read, by its path. */
export const pages = (root: string): readonly string[] => [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .sort(),
]

const marksIn = (comment: string): ReadonlyMap<string, string> => {
  const [, name = '', value = ''] = /^\s*(\w+):?\s*([^]*?)\s*$/.exec(comment) ?? []
  return new Map([[name, value]])
}

/** The fenced blocks of a page, in order. */
export const blocksOf = (page: string): readonly Block[] => {
  const pattern = /(?:^<!--((?:(?!-->)[^])*)-->\n+)?^```(\w*)\n([^]*?)^```$/gm
  return [...page.matchAll(pattern)].map((match) => {
    const [whole, comment = '', language = '', text = ''] = match
    const end = match.index + whole.length - '```'.length
    const line = page.slice(0, end - text.length).split('\n').length
    return { language, marks: marksIn(comment), text, start: end - text.length, end, line }
  })
}

/** The page without its fenced blocks and comments: what is prose. */
const proseOf = (page: string): string =>
  page.replace(/^```[^]*?^```$/gm, '').replace(/<!--[^]*?-->/g, '')

/** Where the links of a page lead. */
export const linksOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

/** Commands of ours in the prose, such as `locksim list faults`; not those with a `<name>` to be filled in. */
export const inlineCommandsOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/`(?:npx )?locksim ([^`<]+)`/g)].map(([, words = '']) => words)

/** Names by which headings can be linked to, as GitHub makes them. */
export const anchorsOf = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
