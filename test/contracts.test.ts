/** Contracts over the registries: whatever is listed is named, described and sourced, and whatever is there is listed. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms, isProtocol } from '#algorithms'
import { checkers } from '#checkers'
import { drawPlan, run, scenarios } from '#runs'
import type { TraceEvent } from '#runs'
import { FACT_KINDS, faults, services } from '#sim'

const ROOT = join(import.meta.dirname, '..')
const KEBAB_CASE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

const sourcesIn = (folder: string, deep = true): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: deep, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

const textOf = (path: string): string => readFileSync(path, 'utf8')

/** Files of a registry folder in which something is defined with this function. */
const filesDefining = (folder: string, define: string): readonly string[] =>
  sourcesIn(folder).filter(
    (path) =>
      !path.endsWith('.test.ts') &&
      new RegExp(`^export const \\w+ = ${define}[(<]`, 'm').test(textOf(path)),
  )

interface Listed {
  readonly name: string
  readonly summary: string
  readonly sources: readonly string[]
}

interface Registry {
  readonly entries: readonly Listed[]
  /** The folder of its files, and the function with which each defines its entry. */
  readonly folder: string
  readonly define: string
  /** The file that an entry must be in. */
  readonly fileOf: (name: string) => string
}

const registries: Readonly<Record<string, Registry>> = {
  algorithms: {
    entries: algorithms.filter((algorithm) => !isProtocol(algorithm)),
    folder: 'algorithms',
    define: 'defineAlgorithm',
    fileOf: (name) => name,
  },
  protocols: {
    entries: algorithms.filter(isProtocol),
    folder: 'algorithms',
    define: 'defineProtocol',
    fileOf: (name) => name,
  },
  services: {
    entries: Object.values(services),
    folder: 'sim/services',
    define: 'defineService',
    fileOf: (name) => name,
  },
  faults: {
    entries: Object.values(faults).map(({ kind, summary }) => ({
      name: kind,
      summary,
      sources: ['design'],
    })),
    folder: 'sim/faults',
    define: 'defineFault',
    fileOf: (name) => name,
  },
  scenarios: {
    entries: scenarios.map(({ name, summary, source }) => ({ name, summary, sources: [source] })),
    folder: 'runs/scenarios',
    define: 'defineScenario',
    fileOf: (name) => name,
  },
  checkers: {
    entries: checkers.map(({ promise, summary, source }) => ({
      name: promise,
      summary,
      sources: [source],
    })),
    folder: 'checkers',
    define: 'defineChecker',
    fileOf: (name) => name.replace('/', '-'),
  },
}

describe.each(Object.entries(registries))(
  'the registry of %s',
  (_name, { entries, folder, define, fileOf }) => {
    const defining = filesDefining(folder, define)
    const names = entries.map(({ name }) => name)

    it('has unique names in kebab-case', () => {
      expect(new Set(names).size).toBe(names.length)
      for (const name of names) for (const word of name.split('/')) expect(word).toMatch(KEBAB_CASE)
    })

    it.runIf(['algorithms', 'services'].includes(folder.split('/').at(-1) ?? ''))(
      'is in alphabetical order',
      () => {
        expect(names).toEqual([...names].sort())
      },
    )

    it('lists everything that is defined in its folder, so that nothing can be forgotten', () => {
      const definitions = defining.flatMap((path) => [
        ...textOf(path).matchAll(new RegExp(`^export const \\w+ = ${define}[(<]`, 'gm')),
      ])
      expect(defining.length).toBeGreaterThan(0)
      expect(definitions).toHaveLength(entries.length)
    })

    it('has each entry in the file of its name, or beside its nearest relatives', () => {
      const files = new Map(defining.map((path) => [basename(path, '.ts'), textOf(path)]))
      for (const name of names) {
        // A file may define a variation or two; then their names stand in it.
        const text =
          files.get(fileOf(name)) ??
          [...files.values()].find((other) => other.includes(`'${name}'`))
        expect(text ?? `no file for ${name}`).toContain(`'${name}'`)
      }
      for (const file of files.keys()) expect(names.map(fileOf)).toContain(file)
    })

    it.each(entries.map((entry) => [entry.name, entry] as const))(
      'sums up %s in one line, and says where it comes from',
      (_entry, { summary, sources }) => {
        expect(summary).toMatch(/^\S[^\n]{8,158}\S$/)
        expect(summary).not.toMatch(/[.!]$/)
        expect(sources.length).toBeGreaterThan(0)
        for (const source of sources) expect(source).toMatch(/\S{3}/)
      },
    )
  },
)

describe.each(algorithms.map((algorithm) => [algorithm.name, algorithm] as const))(
  'lock %s',
  (_name, algorithm) => {
    it('claims only promises that a judge can judge, each once, and says who made them', () => {
      const promises = algorithm.claims.map(({ promise }) => promise)
      expect(new Set(promises).size).toBe(promises.length)
      for (const { promise, from } of algorithm.claims) {
        expect(checkers.map((checker) => checker.promise)).toContain(promise)
        expect(from).toMatch(/\S{3}/)
      }
    })

    it('tells its steps, and when to use it', () => {
      expect(algorithm.steps?.length).toBeGreaterThan(1)
      for (const step of algorithm.steps ?? []) expect(step).toMatch(/^\S.{8,}\.$/s)
      expect(algorithm.useWhen).toMatch(/^\S.{8,}\.$/s)
    })

    it('needs services that exist, and scales one of them if any', () => {
      for (const service of Object.keys(algorithm.needs))
        expect(Object.keys(services)).toContain(service)
      const { scales = Object.keys(algorithm.needs)[0] } = algorithm
      expect(scales === undefined || scales in algorithm.needs).toBe(true)
    })

    it('explains its parameters, whose names end in their unit', () => {
      for (const [name, definition] of Object.entries(algorithm.parameters)) {
        expect(name).toMatch(/^[a-z][A-Za-z0-9]*$/)
        expect(definition.about).toMatch(/^\S.{8,}/s)
        expect(definition.type === 'duration').toBe(name.endsWith('Ms'))
        const { words = [definition.default] } = definition as {
          readonly words?: readonly unknown[]
        }
        expect(words).toContain(definition.default)
      }
    })
  },
)

describe.each(algorithms.map((algorithm) => [algorithm.name, algorithm] as const))(
  'the messages of %s',
  (_name, algorithm) => {
    it('all say what they are about: faults aim at that, and the trace hash tells them apart by it', () => {
      const unnamed: unknown[] = []
      const record = (event: TraceEvent): void => {
        if (event.kind !== 'request-sent' && event.kind !== 'peer-arrived') return
        const { op, kind } = event.body as { readonly op?: unknown; readonly kind?: unknown }
        if (typeof (op ?? kind) !== 'string') unnamed.push(event)
      }
      for (let seed = 1; seed <= 3; seed++) run(drawPlan(algorithm, seed), { record })
      expect(unnamed).toEqual([])
    })
  },
)

describe('checkers', () => {
  it('want to see only facts that exist', () => {
    for (const { sees } of checkers) for (const kind of sees) expect(FACT_KINDS).toContain(kind)
  })
})

describe('every source file', () => {
  const folders = ['sim', 'algorithms', 'checkers', 'runs', 'bin', 'test', 'bench']
  const files = folders
    .flatMap((folder) => sourcesIn(folder))
    .map((path) => path.slice(ROOT.length + 1))

  it('begins with one sentence that says what it is', () => {
    // A test says what it is about with `describe`.
    const sources = files.filter((path) => !path.endsWith('.test.ts'))
    const without = sources.filter(
      (path) => !/^(#!.*\n)?\/\*\* [^\n]+[.:!?)] \*\/\n/.test(textOf(join(ROOT, path))),
    )
    expect(without).toEqual([])
  })

  it('says it in one line of its own: no two files have the same', () => {
    const sentences = new Map<string, string[]>()
    for (const path of files) {
      const [first = ''] = textOf(join(ROOT, path)).split('\n')
      if (!first.startsWith('/**')) continue
      sentences.set(first, [...(sentences.get(first) ?? []), path])
    }
    expect([...sentences.values()].filter((paths) => paths.length > 1)).toEqual([])
  })
})

describe.each(Object.values(services))('the service $name', ({ options, optionWords }) => {
  it('lists the words of every option that is a word, its default among them', () => {
    for (const [name, byDefault] of Object.entries(options)) {
      if (typeof byDefault !== 'string') continue
      const words = (optionWords as Readonly<Record<string, readonly string[]>>)[name]
      expect([name, words]).toEqual([name, expect.arrayContaining([byDefault])])
    }
  })
})
