/** The library: what it exports is a list that changes on purpose only, and a page explains every name. UPDATE=1 rewrites the message on it. */

import * as library from 'locksim'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import 'locksim/vitest'
import { myLock } from './examples/my-lock.ts'
import { blocksOf } from './markdown.ts'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/library.md')
const page = (): string => readFileSync(PAGE, 'utf8').replaceAll('\r', '')

const VALUES = `
  InputError LocksimBug PLAN_FORMAT SimulationError VERSION algorithmNamed algorithms all asciiGlyphs auditDeterminism breaks check checkers
  clock commitCheckers count defineAlgorithm defineChecker defineProtocol defineScenario drawClassPlan drawPlan
  causeOf counterexampleOf duration failsWhere faultClassNamed faultClasses flag fuzz fuzzHere isProtocol judgeTrace loadAlgorithms lockCheckers
  matrixOfLock monotonic necessaryFaults note
  oneOf openTrace outcomeOf parsePlan plainPaint plainStyle planScenario plansFor post race randomChoice readCounterexample readPlan readTrace recheck
  receive recordingChoice referenceOf replay replayingChoice run runCampaign runJson scenarioNamed scenarios shrink sleep weakenings
  sparsePlan spawn stop tell unicodeGlyphs writeCounterexample writePlan`

/** Types leave nothing behind at run time: they are read from the source. */
const typesIn = (source: string): readonly string[] =>
  [...source.matchAll(/^export type \{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').flatMap((name) => name.trim() || []),
  )

describe('the library', () => {
  it('exports these names, and no other', () => {
    expect(Object.keys(library).sort()).toEqual(VALUES.trim().split(/\s+/).sort())
  })

  it('is explained on its page, name by name', () => {
    const types = typesIn(readFileSync(join(ROOT, 'runs/library.ts'), 'utf8'))
    expect(types.length).toBeGreaterThan(40)
    const named = new Set([...page().matchAll(/`([^`\n]+)`/g)].map(([, name]) => name))
    expect([...Object.keys(library), ...types].filter((name) => !named.has(name))).toEqual([])
  })

  it('keeps a trace of a lock that is in no registry, judges it and plays it again', () => {
    const { judgeTrace, openTrace, parsePlan, readTrace, replay, run } = library
    const folder = mkdtempSync(join(tmpdir(), 'locksim-library-'))
    try {
      const path = join(folder, 'trace.jsonl')
      const plan = parsePlan({ format: 'locksim-plan/1', algorithm: myLock.name, seed: 8 })
      const writer = openTrace(path, plan)
      const result = run(plan, { algorithm: myLock, record: (event) => writer.event(event) })
      writer.end(result)
      const trace = readTrace(path)
      expect(judgeTrace(trace, undefined, myLock).verdicts).toEqual(result.verdicts)
      const [first] = library.lockCheckers
      if (first === undefined) throw new Error('there are judges')
      expect(judgeTrace(trace, [first], myLock).verdicts).toEqual([result.verdicts[0]])
      expect(replay(path, { algorithm: myLock }).difference).toBeUndefined()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('has a page that shows what a failed matcher says', () => {
    const block = blocksOf(page()).find(({ marks }) => marks.has('message'))
    let message = ''
    try {
      expect(myLock).toHold('exclusion/effect', { under: ['pause'] })
    } catch (error) {
      message = `${(error as Error).message.replaceAll('./test/examples/', './')}\n`
    }
    if (process.env['UPDATE'] === '1' && block !== undefined) {
      writeFileSync(PAGE, page().slice(0, block.start) + message + page().slice(block.end))
    }
    expect(blocksOf(page()).find(({ marks }) => marks.has('message'))?.text).toBe(message)
  })
})
