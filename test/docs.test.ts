/** What the documentation says is done: its commands are run, its plans read, its links followed. UPDATE=1 rewrites what is generated. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  algorithmNamed,
  algorithms,
  matrixHead,
  matrixLegend,
  matrixLine,
  parsePlan,
  plainPaint,
  planScenario,
  rowsOfTable,
  run,
  scenarioNamed,
  settle,
  unicodeGlyphs,
} from '#runs'
import type { AnyAlgorithm, SavedTable } from '#runs'
import { FACT_KINDS } from '#sim'
import { onAPage } from '../bin/on-a-page.ts'
import { program } from '../bin/program.ts'
import { redisCounted } from './examples/redis-counted.ts'
import { redisWaiting } from './examples/redis-waiting.ts'
import { anchorsOf, blocksOf, inlineCommandsOf, linksOf, pages } from './markdown.ts'
import type { Block } from './markdown.ts'
import { referencePages } from './reference.ts'

const ROOT = join(import.meta.dirname, '..')
const UPDATE = process.env['UPDATE'] === '1'
const folder = mkdtempSync(join(tmpdir(), 'locksim-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
// A project in which nothing is installed yet, whatever there is above it.
writeFileSync(join(folder, 'package.json'), '{}')

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8').replaceAll('\r', '')

const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

/** Runs one command. Files that it names are in a folder of the test's own. */
const locksim = async (line: string): Promise<{ code: number; out: string }> => {
  let out = ''
  const put = (text: string): void => void (out += text)
  const words = wordsOf(line).map((word) =>
    /\.(jsonl?|ts)$/.test(word) ? join(folder, word) : word,
  )
  if (words[0] === 'new') words.push('--dir', folder)
  // The reader of the tutorial has listed the lock that the command names by now.
  const added: AnyAlgorithm[] = [redisCounted, redisWaiting].filter(({ name }) =>
    line.includes(name),
  )
  const registry = algorithms as AnyAlgorithm[]
  registry.push(...added)
  try {
    const { code } = await onAPage((io) => program(words, io), { out: put, err: put })
    const here = `${relative(process.cwd(), folder)}/`
    return { code, out: out.replaceAll(here, './').replaceAll(`${folder}/`, '') }
  } finally {
    registry.length -= added.length
  }
}

/** Runs an example once, and hears what it says. */
const outputOf = async (example: () => Promise<unknown>): Promise<string> => {
  let said = ''
  const log = console.log
  console.log = (...words: unknown[]) => void (said += `${words.join(' ')}\n`)
  try {
    await example()
  } finally {
    console.log = log
  }
  return said
}

const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }

/** Commands of others that the pages may show; they are not run. */
const isKnown = (command: string): boolean =>
  /^(npm ci|npm test|npm install --save-dev \S+|git clone \S+|cd \S+|UPDATE=1 npx vitest run test\/docs\.test\.ts|node .*dist\/bench\/index\.js.*)$/.test(
    command,
  ) || Object.keys(scripts).some((name) => `${command} `.startsWith(`npm run ${name} `))

/** The lines of an output from one that contains `from` to the next that contains `to`, for each pair. */
const excerpt = (out: string, ranges: string): string => {
  const lines = out.split('\n')
  let position = 0
  return ranges
    .split(';')
    .map((range) => {
      const [from = '', to = from] = range.split('..').map((part) => part.trim())
      const first = lines.findIndex((line, index) => index >= position && line.includes(from))
      const last = lines.findIndex((line, index) => index >= first && line.includes(to))
      if (first < 0 || last < 0)
        throw new Error(`the output has no lines from "${from}" to "${to}"`)
      position = last + 1
      return `${lines.slice(first, last + 1).join('\n')}\n`
    })
    .join('…\n')
}

/**
 * An example as a page shows it: without the words that say whose example it is, and the first lock of the tutorial
 * as it stands in `algorithms/`, beside what it imports. The second is no TypeScript yet.
 */
const asShown = (source: string): string =>
  source
    .replace(/^\/\*\* The example of .* \*\/\n\n/, '')
    .replace(/^\/\*\* The tutorial’s (?:second )?lock: o/, '/** O')
    .replace(/^(import .* from '\.\/[\w-]+)\.ts'$/gm, "$1.mjs'")
    .replace(
      /^(import \{ (?:duration|count|flag|oneOf).*) '#algorithms'$/gm,
      "$1 './parameters.ts'",
    )
    .replaceAll("'#algorithms'", "'./algorithm.ts'")

/** These rows of the saved table, as `matrix` shows them. */
const rowsShown = (mark: string): string => {
  const saved = JSON.parse(textOf('docs/reference/matrix.json')) as SavedTable
  const rows = rowsOfTable(saved)
  const names = mark.split(/[\s,]+/)
  const shown = names.map((name) => {
    const row = rows.find(({ algorithm }) => algorithm.name === name)
    if (row === undefined) throw new Error(`the saved table has no row for ${name}`)
    return row
  })
  const style = { paint: plainPaint, glyphs: unicodeGlyphs, columns: 80 }
  const classes = shown[0]?.campaigns.map(({ fault }) => fault.name) ?? []
  const lines = shown.map((row) => matrixLine(row, names, style)).join('')
  return `${matrixHead(classes, names, style)}${lines}\n${matrixLegend(shown, style)}`
}

/** What one page comes to when everything in it is done: its problems, and its text with what is generated brought up to date. */
const follow = async (path: string): Promise<{ problems: string[]; text: string }> => {
  const page = textOf(path)
  const problems: string[] = []
  const changes: { block: Block; text: string }[] = []
  let lastOutput = ''

  const generated = (block: Block, text: string): void => {
    if (block.text === text) return
    changes.push({ block, text })
    if (!UPDATE) problems.push(`${path}:${block.line}: expected\n${text}`)
  }
  const runLine = async (line: string, where: string, expectedCode: number): Promise<void> => {
    for (const command of line.split('&&').map((part) => part.trim())) {
      const example = /^node (\S+)\.mjs$/.exec(command)?.[1]
      if (example !== undefined) {
        lastOutput = await outputOf(() => import(`./examples/${example}.ts`))
        continue
      }
      const ours = /^(?:npx )?locksim (.*)$/.exec(command)
      if (ours === null) {
        if (!isKnown(command)) problems.push(`${where}: what is "${command}"?`)
        continue
      }
      const { code, out } = await locksim(ours[1] ?? '')
      lastOutput = out
      if (code !== expectedCode) {
        problems.push(
          `${where}: "${command}" exits with ${code}, not ${expectedCode}:\n${out.slice(-600)}`,
        )
      }
    }
  }
  const doShell = async (block: Block): Promise<void> => {
    for (const [index, written] of block.text.trimEnd().split('\n').entries()) {
      const [line = '', comment = ''] = written.split(/\s+#\s/)
      const code = /exit (\d)/.exec(comment)?.[1] ?? block.marks.get('exit') ?? '0'
      if (line.trim() !== '' && !line.startsWith('#')) {
        await runLine(line.trim(), `${path}:${block.line + index}`, Number(code))
      }
    }
  }
  const doJson = (block: Block): void => {
    const defaultsOf = block.marks.get('defaults')
    if (defaultsOf !== undefined) {
      const plan = parsePlan({ format: 'locksim-plan/1', algorithm: defaultsOf })
      generated(block, `${JSON.stringify(plan, null, 2)}\n`)
      return
    }
    const value = JSON.parse(block.text) as unknown
    const file = block.marks.get('file')
    if (file !== undefined) writeFileSync(join(folder, file), block.text)
    const base = block.marks.get('faults')
    if (base !== undefined) {
      const plan = parsePlan({ format: 'locksim-plan/1', ...JSON.parse(base), faults: value })
      const { landed } = run(plan)
      expect(landed, `${path}:${block.line}: faults that struck`).toEqual(
        plan.faults.map((_, index) => index),
      )
    } else if (block.text.includes('"locksim-plan/1"')) {
      settle(parsePlan(value))
    }
  }

  for (const block of blocksOf(page)) {
    const { marks, language } = block
    const [output, source, table] = ['output', 'source', 'table'].map((name) => marks.get(name))
    try {
      // What is done in a project of one's own is done there: test/outside.test.ts.
      if (language === 'sh' && !marks.has('outside')) await doShell(block)
      if (language === 'json') doJson(block)
      if (output !== undefined) generated(block, excerpt(lastOutput, output))
      if (source !== undefined) generated(block, asShown(textOf(source)))
      if (table !== undefined) generated(block, rowsShown(table))
    } catch (error) {
      problems.push(
        `${path}:${block.line}: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  for (const command of inlineCommandsOf(page)) {
    const { code, out } = await locksim(command)
    if (code === 2 || code === 3) problems.push(`${path}: "locksim ${command}":\n${out}`)
  }
  const text = changes.reduceRight(
    (before, { block, text: after }) =>
      before.slice(0, block.start) + after + before.slice(block.end),
    page,
  )
  return { problems, text }
}

describe.each(pages(ROOT))('%s', (path) => {
  it('says what happens: its commands, plans, examples and tables', async () => {
    const { problems, text } = await follow(path)
    if (UPDATE && text !== textOf(path)) writeFileSync(join(ROOT, path), text)
    expect(problems.join('\n')).toBe('')
  }, 60_000)

  it('links to what is there', () => {
    const broken = linksOf(textOf(path)).filter((target) => {
      if (/^https?:/.test(target)) return false
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(ROOT, found))) return true
      return anchor !== undefined && !anchorsOf(textOf(found)).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it('names no path of anybody’s machine', () => {
    expect(textOf(path)).not.toMatch(/(^|[\s"'`(])\/(home|Users|tmp|work|root)\//)
  })
})

describe('docs/reference', () => {
  it.each([...referencePages()])('%s is what its generator makes', (name, text) => {
    const path = join('docs/reference', name)
    if (UPDATE) {
      mkdirSync(join(ROOT, dirname(path)), { recursive: true })
      writeFileSync(join(ROOT, path), text)
    }
    expect(textOf(path)).toBe(text)
  })
})

describe('docs/json.md', () => {
  const path = 'docs/json.md'
  const plan = planScenario(scenarioNamed('gc-pause'), algorithmNamed('redlock'), 42)
  if ('skip' in plan) throw new Error(plan.skip)
  const { hash, events, endedAtMs, measures, tally } = run(plan)

  it('shows the hash that the run has', () => {
    const text = textOf(path).replace(/\b[0-9a-f]{16}\b/g, hash)
    if (UPDATE) writeFileSync(join(ROOT, path), text)
    expect(textOf(path)).toBe(text)
  })

  it('shows the numbers that it has', () => {
    const shown = JSON.stringify({ events, endedAtMs, measures, tally }, null, 1)
      .replace(/^ "(measures|tally)": \{[^}]*\}/gm, (field) => field.replace(/\n\s*/g, ' '))
      .split('\n')
      .slice(1, -1)
    for (const line of shown) expect(textOf(path)).toContain(line.trim())
  })
})

describe('docs/plans.md', () => {
  const page = textOf('docs/plans.md')

  it('explains every field of a plan', () => {
    const plan = parsePlan({ format: 'locksim-plan/1', algorithm: 'no-lock' })
    const named = (value: object): string[] =>
      Object.entries(value).flatMap(([name, inner]) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? [name, ...named(inner)]
          : [name],
      )
    for (const name of [...named(plan), 'scenario', 'servers', 'offsetMs', 'driftPpm']) {
      expect(page).toMatch(new RegExp(`[\`.]${name}\``))
    }
  })

  it('names every kind of fact', () => {
    for (const kind of FACT_KINDS) expect(page).toContain(`\`${kind}\``)
  })
})

describe('the example of the library', () => {
  it('runs', async () => {
    const said = await outputOf(() => import('./examples/library.ts'))
    expect(said).toMatch(/^exclusion\/belief violated/m)
  })
})
