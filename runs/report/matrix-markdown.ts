/** The matrix as a page of Markdown: the table that is to be quoted, its legend, and the evidence of each lock. */

import { numeral } from '#checkers'
import { isProtocol } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { cellsOf } from '../matrix/cells.ts'
import type { Cell } from '../matrix/cells.ts'
import type { MatrixRow } from '../matrix/matrix.ts'
import { PROMISE_CODES } from './codes.ts'
import { exampleLine, runsOf } from './matrix-text.ts'

const tableOf = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')

/** What is broken, those promises first that decide; else that it held, or why nothing can be said. */
const cellText = (cells: readonly Cell[]): string => {
  const broken = cells.filter(({ verdict }) => verdict === 'violated')
  const deciding = broken.filter((cell) => cell.decides)
  const others = broken.filter((cell) => !cell.decides)
  if (broken.length > 0) {
    return [
      ...deciding.map(({ promise }) => `**${PROMISE_CODES[promise]}**`),
      ...others.map(({ promise }) => PROMISE_CODES[promise]),
    ].join(' ')
  }
  if (cells.every(({ runs }) => runs === 0)) return '–'
  return cells.some((cell) => cell.decides && cell.verdict === 'held') ? '✓' : '?'
}

const lineOf = (row: MatrixRow): readonly string[] => {
  const cells = cellsOf(row)
  const { name } = row.algorithm
  return [
    `[${name}](#${name})`,
    ...row.campaigns.map(({ fault }) =>
      cellText(cells.filter((cell) => cell.fault === fault.name)),
    ),
  ]
}

const WORDS = {
  held: '✓',
  violated: '✗',
  vacuous: '?',
  inconclusive: '?',
  'not offered': '·',
} as const

const evidenceOf = (cell: Cell): string => {
  if (cell.runs === 0) return '–'
  const mark = WORDS[cell.verdict]
  return cell.verdict === 'violated'
    ? `✗ ${numeral(cell.violated)}`
    : cell.verdict === 'held'
      ? `✓ ${numeral(cell.tested)}`
      : mark
}

const sectionOf = (row: MatrixRow, asked: readonly string[]): string => {
  const { algorithm, campaigns } = row
  const cells = cellsOf(row)
  const claimed = new Set<string>(algorithm.claims.map(({ promise }) => promise))
  const promises = [...new Set(cells.map(({ promise }) => promise))].filter((promise) =>
    cells.some((cell) => cell.promise === promise && cell.verdict !== 'not offered'),
  )
  const lines = promises.map((promise) => [
    claimed.has(promise) ? `**${promise}**` : promise,
    ...cells.filter((cell) => cell.promise === promise).map(evidenceOf),
  ])
  const landed = [
    'faults that struck',
    ...campaigns.map(({ result }) => numeral(result?.landed ?? 0)),
  ]
  const stories = campaigns.flatMap(({ fault }) => {
    const broken = cells.filter((cell) => cell.fault === fault.name && cell.verdict === 'violated')
    const told = broken.find((cell) => cell.decides) ?? broken[0]
    const line = told === undefined ? undefined : exampleLine(algorithm, told, asked)
    return told === undefined || line === undefined
      ? []
      : [`- ${fault.name} breaks ${told.promise}: \`${line}\``]
  })
  const skips = campaigns.flatMap(({ fault, skip }) =>
    skip === undefined ? [] : [`- ${fault.name} cannot happen: ${skip}`],
  )
  return [
    `### ${algorithm.name}`,
    `${algorithm.summary.charAt(0).toUpperCase()}${algorithm.summary.slice(1)}. [Steps and claims](${isProtocol(algorithm) ? 'protocols' : 'locks'}.md#${algorithm.name}).`,
    tableOf(['', ...campaigns.map(({ fault }) => fault.name)], [...lines, landed]),
    ...(stories.length + skips.length === 0 ? [] : [[...stories, ...skips].join('\n')]),
  ].join('\n\n')
}

const families: readonly (readonly [title: string, includes: (lock: AnyAlgorithm) => boolean])[] = [
  ['Databases', ({ needs }) => 'sql' in needs || 'dynamodb' in needs],
  ['Caches', ({ needs }) => 'redis' in needs || 'memcached' in needs],
  [
    'Consensus',
    ({ needs }) => ['zookeeper', 'etcd', 'consul', 'hazelcast'].some((name) => name in needs),
  ],
  ['Others', (algorithm) => !isProtocol(algorithm)],
  ['Commit protocols', () => true],
]

/** Locks by what they run on, each once. */
const familiesOf = (rows: readonly MatrixRow[]) => {
  const left = new Set(rows)
  return families.flatMap(([title, includes]) => {
    const members = [...left].filter(({ algorithm }) => includes(algorithm))
    for (const member of members) left.delete(member)
    return members.length === 0 ? [] : [{ title, members }]
  })
}

/** The page. `asked` are the options that change the runs, for the lines that repeat them. */
export const matrixMarkdown = (
  rows: readonly MatrixRow[],
  asked: readonly string[] = [],
): string => {
  const [first] = rows
  const faults = first?.campaigns.map(({ fault }) => fault) ?? []
  const total = rows.reduce(
    (sum, { campaigns }) =>
      sum + campaigns.reduce((part, { result }) => part + (result?.runs ?? 0), 0),
    0,
  )
  const codes = Object.entries(PROMISE_CODES)
    .filter(([promise]) => promise !== 'contention')
    .map(([promise, code]) => `${code} ${promise}`)
    .join(' · ')
  return [
    '# Which lock keeps which promise under which fault',
    `Each cell is ${runsOf(rows)} of one lock under one class of faults (${numeral(total)} runs in all); it names the promises that were broken, in **bold** those that the lock claims, or that everybody needs (exclusion/effect; of commit protocols, agreement). ✓: none was, and they were put to the test. ?: nothing was put to the test. –: this cannot happen to it.`,
    codes,
    tableOf(
      ['', ...faults.map(({ name }) => name)],
      familiesOf(rows).flatMap(({ title, members }) => [
        [`**${title}**`, ...faults.map(() => '')],
        ...members.map(lineOf),
      ]),
    ),
    ['Classes of faults:', ...faults.map(({ name, summary }) => `- \`${name}\`: ${summary}`)].join(
      '\n',
    ),
    '"Held" is evidence, not proof: so many runs were drawn, so many faults struck. `npx locksim matrix <lock> --seeds 100000` tries harder.',
    '## The evidence',
    '✗: broken in so many runs; the smallest of them is told by the line below the table. ✓: held in so many runs that put it to the test. **Bold**: claimed by the lock.',
    ...rows.map((row) => sectionOf(row, asked)),
  ]
    .join('\n\n')
    .concat('\n')
}
