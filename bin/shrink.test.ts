/** The command `shrink`: what it prints, what it writes, and with which exit code it ends. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { algorithmNamed, counterexampleOf, parsePlan, writeCounterexample } from '#runs'
import type { ShrinkJson } from '#runs'
import { locksim } from './on-a-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-shrink-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A plan in which much goes wrong, of which one pause matters. */
const broken = file(
  'broken.json',
  JSON.stringify({
    format: 'locksim-plan/1',
    algorithm: 'redlock',
    seed: 7,
    clients: 3,
    rounds: 2,
    faults: [
      {
        kind: 'pause',
        node: 'client-2',
        at: { node: 'client-2', event: 'write-sent' },
        forMs: 23_456,
      },
      { kind: 'clock', node: 'redis-4', at: 400, jumpMs: 12 },
    ],
  }),
)
const calm = file('calm.json', JSON.stringify({ format: 'locksim-plan/1', algorithm: 'redlock' }))

describe('locksim shrink of a counterexample', () => {
  it('is about the promise that it is kept for, though a run of it breaks others as well', async () => {
    const algorithm = algorithmNamed('redis-set-px')
    const plan = parsePlan({
      format: 'locksim-plan/1',
      algorithm: 'redis-set-px',
      faults: [
        {
          kind: 'pause',
          node: 'client-1',
          at: { node: 'client-1', event: 'granted' },
          forMs: 20_000,
        },
      ],
    })
    const promise = 'exclusion/belief'
    const path = writeCounterexample(
      folder,
      counterexampleOf({ algorithm, promise, plan, minimal: false }),
    )
    const { out } = await locksim(['shrink', path, '--json'])
    expect((JSON.parse(out) as ShrinkJson).promise).toBe(promise)
  })
})

describe('locksim shrink', () => {
  it('tells what is left, that it is minimal, why it breaks, and the story', async () => {
    const { code, out, err } = await locksim(['shrink', broken])
    expect([code, err]).toEqual([1, ''])
    expect(out).toMatch(
      /^redlock: exclusion\/effect\n\s+faults\s+clients\s+rounds\s+servers\s+events\n {2}before\s+2\s+3\s+2\s+5\s+[\d,]+\n {2}after\s+1\s+2\s+1\s+3\s+[\d,]+\n1-minimal: of the \d+ plans that are one step weaker none breaks/,
    )
    expect(out).toMatch(
      /\nits faults:\n {2}client-1 stood still for 1[01],000 ms right after it sent its write\n {4}without: exclusion\/effect holds: /,
    )
    expect(out).toMatch(
      /\ncause: client-1 stood still for 1[01],000 ms right after it sent its write; then\n/,
    )
    expect(out).toContain('✗ redlock broke exclusion/effect')
    expect(out.trimEnd().split('\n').at(-1)).toBe(`again: npx locksim shrink ${broken}`)
    expect(
      Math.max(...out.split('\n').map((line) => (line.startsWith('again') ? 0 : line.length))),
    ).toBeLessThanOrEqual(80)
  })

  it('writes the smallest plan as a person would, and it can be run', async () => {
    const path = join(folder, 'smallest.json')
    const { out } = await locksim(['shrink', broken, '--save', path])
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      format: 'locksim-plan/1',
      algorithm: 'redlock',
      seed: expect.any(Number),
      servers: 3,
      faults: [
        {
          kind: 'pause',
          node: 'client-1',
          at: { node: 'client-1', event: 'write-sent' },
          forMs: expect.any(Number),
        },
      ],
    })
    expect(out.trimEnd().split('\n').at(-1)).toBe(`again: npx locksim replay ${path}`)
    expect((await locksim(['replay', path])).code).toBe(1)
    // What is smallest stays as it is.
    const again = JSON.parse((await locksim(['shrink', path, '--json'])).out) as ShrinkJson
    expect(again.plan).toEqual(JSON.parse(readFileSync(path, 'utf8')))
  })

  it('gives the same as one JSON value', async () => {
    const { code, out } = await locksim([
      'shrink',
      broken,
      '--json',
      '--promise',
      'exclusion/belief',
    ])
    const value = JSON.parse(out) as ShrinkJson
    expect(code).toBe(1)
    expect(value).toMatchObject({
      algorithm: 'redlock',
      promise: 'exclusion/belief',
      predicate: null,
      minimal: true,
      before: { faults: 2, clients: 3, rounds: 2, servers: 5 },
      after: { faults: 1, clients: 2, rounds: 1, servers: 3 },
      necessary: [{ fault: expect.stringContaining('client-1'), without: expect.any(String) }],
      cause: expect.stringContaining('client-1 and client-2 both believed'),
      run: { hash: value.hash },
    })
    expect(value.tries).toBeGreaterThan(value.weaker)
  })

  it('asks a predicate of the user’s', async () => {
    const predicate = file('two-grants.mjs', 'export default ({ tally }) => tally.grants >= 2\n')
    const { code, out } = await locksim(['shrink', broken, '--predicate', predicate])
    expect(out).toMatch(/ {2}after {2}\s+0\s+1\s+2\s+3/)
    expect(out.trimEnd().split('\n').at(-1)).toBe(
      `again: npx locksim shrink ${broken} --predicate ${predicate}`,
    )
    // Nothing is broken any more, and a lone client puts nothing to the test.
    expect(code).toBe(4)
  })

  it('shrinks the plan of a trace', async () => {
    const trace = join(folder, 'trace.jsonl')
    await locksim(['run', 'redlock', '--scenario', 'gc-pause', '--trace', trace])
    const { code, out } = await locksim(['shrink', trace, '--json'])
    expect(code).toBe(1)
    expect((JSON.parse(out) as ShrinkJson).plan.scenario).toBeUndefined()
  })

  it('says when its tries did not suffice', async () => {
    const { code, out } = await locksim(['shrink', broken, '--tries', '2'])
    expect(out).toContain(
      'not 1-minimal: 2 plans were tried, which is as many as were allowed (--tries)',
    )
    expect(code).toBe(1)
  })

  it('has nothing to do where nothing is broken', async () => {
    const { code, out, err } = await locksim(['shrink', calm])
    expect([code, out]).toEqual([4, ''])
    expect(err).toBe(`locksim: ${calm} breaks no promise: there is nothing to shrink\n`)
    const json = await locksim(['shrink', calm, '--json', '--promise', 'fencing'])
    expect(JSON.parse(json.out)).toEqual({
      error: { exitCode: 4, message: `${calm} does not break fencing: there is nothing to shrink` },
    })
  })

  it.each([
    [
      ['--promise', 'exclusion/efect'],
      /there is no promise "exclusion\/efect" \(did you mean exclusion\/effect\?\)/,
    ],
    [['--promise', 'fencing', '--predicate', 'x.mjs'], /give one of --promise and --predicate/],
    [['--predicate', join(folder, 'none.mjs')], /none\.mjs: no such file or folder/],
    [['--predicate', file('syntax.mjs', 'export default (')], /syntax\.mjs: cannot be loaded: /],
    [
      ['--predicate', file('empty.mjs', 'export const x = 1')],
      /expected a function as default export/,
    ],
    [
      ['--predicate', file('throws.mjs', 'export default () => { throw new Error("oops") }')],
      /its predicate threw: oops/,
    ],
    [
      ['--predicate', file('odd.mjs', 'export default () => 1')],
      /its predicate returned number, expected true or false/,
    ],
  ])('refuses %j', async (options, message) => {
    const { code, err } = await locksim(['shrink', broken, ...options])
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })
})
